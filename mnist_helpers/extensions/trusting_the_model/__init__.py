"""What only the notebook `trusting_the_model` uses."""

"""What only the notebook `common_challenges` uses."""

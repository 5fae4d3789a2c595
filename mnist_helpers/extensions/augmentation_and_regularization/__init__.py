"""What only the notebook `augmentation_and_regularization` uses."""

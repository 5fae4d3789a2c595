"""What only the notebook `architectures` uses."""

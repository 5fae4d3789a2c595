"""What only the notebook `backpropagation` uses."""

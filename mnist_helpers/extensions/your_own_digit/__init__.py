"""What only the notebook `your_own_digit` uses."""

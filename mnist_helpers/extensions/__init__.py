"""One room per extension notebook, named as it: what only that notebook uses."""

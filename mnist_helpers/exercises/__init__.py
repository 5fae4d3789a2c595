"""Checkers of the "Your turn" cells, one module per notebook."""

"""What only the notebook `error_clinic` uses."""

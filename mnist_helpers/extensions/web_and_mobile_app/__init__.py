"""What only the notebook `web_and_mobile_app` uses."""

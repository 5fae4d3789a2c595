"""Draw a digit: a web app without a server behind it, and the exporter that brings models into it."""

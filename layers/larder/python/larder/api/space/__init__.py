"""JSON and forms of the Space."""

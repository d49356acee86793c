"""Wire shapes of the Space."""

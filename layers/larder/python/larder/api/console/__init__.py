"""The JSON of the console's own routes."""

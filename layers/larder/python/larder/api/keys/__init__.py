"""JSON of API keys."""

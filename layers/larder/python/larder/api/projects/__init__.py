"""JSON of projects."""

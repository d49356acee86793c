"""JSON of uploads."""

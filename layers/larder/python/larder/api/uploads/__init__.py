"""Wire shapes of uploads."""

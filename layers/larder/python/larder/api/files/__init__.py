"""Wire shapes of files."""

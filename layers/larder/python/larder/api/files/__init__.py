"""JSON and forms of files."""

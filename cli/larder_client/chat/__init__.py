"""Chat with the file manager."""

"""Larder on the command line: `uv run larder`."""

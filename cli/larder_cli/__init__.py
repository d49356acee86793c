"""The command line of Larder: `uv run larder`."""

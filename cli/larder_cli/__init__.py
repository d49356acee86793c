"""The command line of Larder: `uv run larder`."""

__version__ = "0.1.0"

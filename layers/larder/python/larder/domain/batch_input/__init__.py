"""The validator of batch input files."""

"""Fuzzes the parsers and the API with hostile input: `make fuzz`."""

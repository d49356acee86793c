"""Input that nobody would send who meant well: `make fuzz`."""

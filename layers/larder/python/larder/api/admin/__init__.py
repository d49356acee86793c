"""JSON of what operators manage: projects, keys, the log."""

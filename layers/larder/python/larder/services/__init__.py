"""The use cases, one a module: each takes its ports by keyword and returns domain objects."""

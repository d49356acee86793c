"""The file manager that a model operates: its tools, and what they may do."""

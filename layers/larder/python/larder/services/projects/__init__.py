"""Use cases of projects, keys and usage."""

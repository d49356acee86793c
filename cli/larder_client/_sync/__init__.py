# Generated from _async/__init__.py: edit that one and run 'make sync-client'.
"""The clients: `_async` is written by hand, `_sync` is generated from it."""

# Generated from _async/__init__.py: edit that one and run 'make sync-client'.
"""The clients for asyncio; `_sync`, those with blocking calls, is generated from them."""

"""The clients for asyncio; `_sync`, those with blocking calls, is generated from them."""

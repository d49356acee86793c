"""One description of a request flow, run by threads or by asyncio."""

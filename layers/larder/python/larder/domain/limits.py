"""Limits that several operations share."""

MAX_INLINE_BYTES = 4 * 2**20
"""Bytes of an answer that Lambda and the gateway carry: 6 MB with base64 and headers around them."""

URL_LIFETIME = 300
"""Seconds that a presigned download stays valid unless the client asks for another time."""

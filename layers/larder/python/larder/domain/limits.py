"""Limits that several operations share."""

MAX_INLINE_BYTES = 4 * 2**20
"""Bytes of an answer: with base64 and headers they fit the 6 MB that Lambda may answer."""

URL_LIFETIME = 300
"""Seconds that a presigned download stays valid unless the client asks for another time."""

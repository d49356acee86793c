"""What a client says of its bytes' SHA-256."""

from __future__ import annotations

import re

from larder.domain.errors import InvalidParameterError

SHA256_OF_NOTHING = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

SHA256_PATTERN = "^[0-9A-Fa-f]{64}$"
"""What clients may send, as JSON Schema writes it."""

_SHA256 = re.compile(r"[0-9a-f]{64}")


def checked_sha256(digest: str) -> str:
    """Return the digest in lower case.

    Raises:
        InvalidParameterError: it is not 64 hex digits.
    """
    lowered = digest.lower()
    if not _SHA256.fullmatch(lowered):
        raise InvalidParameterError(
            "sha256 must be the SHA-256 of the file as 64 hex digits.", param="sha256"
        )
    return lowered

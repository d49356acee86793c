"""The resources that the conformance suite reads by name."""

from __future__ import annotations

import re
from typing import Any

from tests.conformance.suite_tools import PIXEL

LISTED = [
    {"uri": "test://static-text", "name": "text", "mimeType": "text/plain"},
    {"uri": "test://static-binary", "name": "binary", "mimeType": "image/png"},
]
TEMPLATE = {"uriTemplate": "test://template/{id}/data", "name": "data"}


def contents_of(uri: str) -> dict[str, Any] | None:
    """Return what is at an address, None if that is not for the suite."""
    if uri == "test://static-text":
        said = "This is the content of the static text resource."
        return {"uri": uri, "mimeType": "text/plain", "text": said}
    if uri == "test://static-binary":
        return {"uri": uri, "mimeType": "image/png", "blob": PIXEL}
    if found := re.fullmatch("test://template/([^/]+)/data", uri):
        return {"uri": uri, "mimeType": "application/json", "text": f'{{"id": "{found[1]}"}}'}
    return None

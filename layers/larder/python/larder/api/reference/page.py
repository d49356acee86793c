"""The API reference as HTTP responses: the document of this deployment, and the page that shows it.

The layer `reference` holds the package `larder_reference`: the document, the page, and the files
that it loads, below a path with their version.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
from dataclasses import dataclass
from http import HTTPStatus
from importlib import resources
from typing import TYPE_CHECKING, Any

from larder.api.http.pages import IMMUTABLE, OF_A_PAGE, PageRequest, not_found, packed, response

if TYPE_CHECKING:
    from collections.abc import Mapping
    from importlib.resources.abc import Traversable

DOCUMENT = "/v1/openapi.json"
_TYPES = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8"}


@dataclass(frozen=True, slots=True)
class Reference:
    """The document without its servers, the page and its files, and where bytes are stored."""

    files: Traversable
    document: Mapping[str, Any]
    manifest: Mapping[str, Any]
    storage: str

    @classmethod
    def built(cls) -> Reference:
        """Return the reference as the layer has it."""
        files = resources.files("larder_reference")
        document = json.loads((files / "openapi.json").read_text())
        manifest = json.loads((files / "manifest.json").read_text())
        endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
        return cls(files, document, manifest, endpoint or os.environ["STORAGE_ORIGIN"])

    def answer(self, request: PageRequest) -> dict[str, Any]:
        """Return the response to a request for the document, the page or one of its files."""
        if request.route == DOCUMENT:
            return self._document(request)
        if request.file is not None:
            return self._file(request, request.file)
        if request.path.endswith("/"):
            # Addresses in the page are relative to its own, which has no slash at its end.
            return response(HTTPStatus.PERMANENT_REDIRECT, {"Location": "../docs"})
        page = (self.files / "page.html").read_bytes()
        headers = {**OF_A_PAGE, "Content-Security-Policy": self.policy()}
        return _revalidated(request, headers, page)

    def policy(self) -> str:
        """Return the Content-Security-Policy of the page.

        It loads what it names by its digest, and sends requests to the API, which may redirect to
        stored bytes.
        """
        rules = {
            "default-src": "'none'",
            "script-src": "'self'",
            "style-src": "'self'",
            # Swagger UI's icons.
            "img-src": "data:",
            "connect-src": f"'self' {self.storage}",
            "base-uri": "'none'",
            "form-action": "'none'",
            "frame-ancestors": "'none'",
        }
        return "; ".join(f"{name} {value}" for name, value in rules.items())

    def _document(self, request: PageRequest) -> dict[str, Any]:
        url = request.origin + request.path.removesuffix(DOCUMENT)
        body = json.dumps({**self.document, "servers": [{"url": url}]}, separators=(",", ":"))
        headers = {
            "Content-Type": "application/json",
            # It is public, and tools that show such documents are pages of other origins.
            "Access-Control-Allow-Origin": "*",
        }
        return _revalidated(request, headers, body.encode())

    def _file(self, request: PageRequest, file: str) -> dict[str, Any]:
        version, _, name = file.partition("/")
        if version != self.manifest["version"] or name not in self.manifest["files"]:
            return not_found(request, "The reference is at /docs.")
        kind = _TYPES[name.rpartition(".")[2]]
        headers = {"Content-Type": kind, "Cache-Control": IMMUTABLE}
        return packed(request, headers, (self.files / f"{name}.gz").read_bytes())


def _revalidated(request: PageRequest, headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
    """Return the body with an ETag, or 304 to a client that has it."""
    digest = hashlib.sha256(body).hexdigest()[:16]
    headers = {**headers, "ETag": f'W/"{digest}"', "Cache-Control": "no-cache"}
    if request.has(digest):
        return response(HTTPStatus.NOT_MODIFIED, headers)
    return packed(request, headers, gzip.compress(body, 6, mtime=0))

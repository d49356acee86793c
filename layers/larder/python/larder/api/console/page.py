"""The console's page as HTTP responses, with the headers that keep it safe.

The layer `console` holds the package `larder_console`: the page, which brings its script and styles
with it, and the files that it loads later, below a path with their version.
"""

from __future__ import annotations

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

_TYPES = {
    "js": "text/javascript; charset=utf-8",
    "mjs": "text/javascript; charset=utf-8",
    "woff2": "font/woff2",
}


@dataclass(frozen=True, slots=True)
class Page:
    """The page and its files, and where the page may send requests beside its own origin."""

    files: Traversable
    manifest: Mapping[str, Any]
    storage: str

    @classmethod
    def built(cls) -> Page:
        """Return the page as the layer has it."""
        files = resources.files("larder_console")
        manifest = json.loads((files / "manifest.json").read_text())
        endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
        return cls(files, manifest, endpoint or os.environ["STORAGE_ORIGIN"])

    def answer(self, request: PageRequest) -> dict[str, Any]:
        """Return the response to a request for the page or one of its files."""
        version = self.manifest["version"]
        if request.file is None and request.path.endswith("/"):
            # Addresses in the page are relative to its own, which has no slash at its end.
            return response(HTTPStatus.PERMANENT_REDIRECT, {"Location": "../console"})
        if request.file is None:
            headers = {
                **OF_A_PAGE,
                "ETag": f'"{version}"',
                "Content-Security-Policy": self.policy(),
            }
            if request.has(version):
                return response(HTTPStatus.NOT_MODIFIED, headers)
            return self._file(request, "page.html", headers)
        wanted, _, name = request.file.partition("/")
        if wanted != version or name not in self.manifest["files"]:
            # A page that was open during an update asks for files of its old version: it reloads.
            return not_found(request, "The console is at /console.")
        kind = _TYPES[name.rpartition(".")[2]]
        headers = {
            "Content-Type": kind,
            "Cache-Control": IMMUTABLE,
            # The worker that reads PDFs has this as its own policy: it asks for nothing.
            "Content-Security-Policy": "default-src 'none'",
        }
        return self._file(request, name, headers)

    def policy(self) -> str:
        """Return the Content-Security-Policy of the page.

        Its scripts and its style are allowed by their hashes, and no text becomes markup.
        Files are shown from memory, as images, sound or film. The one thing that becomes a script
        by its address is the worker that reads PDFs: `larder-pdf` knows no other address.
        """
        rules = {
            "default-src": "'none'",
            "script-src": " ".join(["'self'", *self._hashes("scripts")]),
            "style-src": " ".join(self._hashes("styles")),
            "font-src": "'self'",
            "img-src": f"'self' data: blob: {self.storage}",
            "media-src": f"blob: {self.storage}",
            "connect-src": f"'self' {self.storage}",
            "require-trusted-types-for": "'script'",
            "trusted-types": "larder-pdf",
            "base-uri": "'none'",
            "form-action": "'none'",
            "frame-ancestors": "'none'",
        }
        return "; ".join(f"{name} {value}" for name, value in rules.items())

    def _hashes(self, kind: str) -> list[str]:
        return [f"'{each}'" for each in self.manifest[kind]]

    def _file(self, request: PageRequest, name: str, headers: dict[str, str]) -> dict[str, Any]:
        if name.endswith(".woff2"):
            return response(HTTPStatus.OK, headers, (self.files / name).read_bytes())
        return packed(request, headers, (self.files / f"{name}.gz").read_bytes())

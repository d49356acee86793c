"""The console's page as HTTP responses, with the headers that keep it safe.

The layer `console` holds the package `larder_console`: the page, which brings its script and styles
with it, and the files that it loads later, below a path with their version.
"""

from __future__ import annotations

import json
import os
from base64 import b64encode
from dataclasses import dataclass
from http import HTTPStatus
from importlib import resources
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from importlib.resources.abc import Traversable

_TYPES = {
    "html": "text/html; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "woff2": "font/woff2",
}
_IMMUTABLE = "public, max-age=31536000, immutable"


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

    def answer(
        self, path: str | None, request_path: str, *, accepts_gzip: bool, etag: str | None
    ) -> dict[str, Any]:
        """Return the response to `GET /console/<path>`; `request_path` is the path with the stage.

        `etag` is the request's If-None-Match.
        """
        version = self.manifest["version"]
        if path is None and request_path.endswith("/"):
            # Addresses in the page are relative to its own, which has no slash at its end.
            return _response(HTTPStatus.PERMANENT_REDIRECT, {"Location": "../console"}, b"")
        if path is None:
            headers = {
                "Content-Type": _TYPES["html"],
                "Cache-Control": "no-cache",
                "ETag": f'"{version}"',
                "Content-Security-Policy": self.policy(),
                "Referrer-Policy": "no-referrer",
                "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
                "Cross-Origin-Opener-Policy": "same-origin",
                "Strict-Transport-Security": "max-age=31536000",
            }
            if etag is not None and f'"{version}"' in etag:
                return _response(HTTPStatus.NOT_MODIFIED, headers, b"")
            return self._file("page.html", headers, accepts_gzip=accepts_gzip)
        wanted, _, name = path.partition("/")
        if wanted != version or name not in self.manifest["files"]:
            # A page that was open during an update asks for files of its old version: it reloads.
            return _not_found(request_path)
        kind = _TYPES[name.rpartition(".")[2]]
        headers = {"Content-Type": kind, "Cache-Control": _IMMUTABLE}
        return self._file(name, headers, accepts_gzip=accepts_gzip)

    def policy(self) -> str:
        """Return the Content-Security-Policy of the page.

        Its one script and its one style are allowed by their hashes, and no text becomes markup.
        Files are shown from memory, as images, sound or film.
        """
        rules = {
            "default-src": "'none'",
            "script-src": f"'self' '{self.manifest['script']}'",
            "style-src": f"'{self.manifest['style']}'",
            "font-src": "'self'",
            "img-src": f"'self' data: blob: {self.storage}",
            "media-src": f"blob: {self.storage}",
            "connect-src": f"'self' {self.storage}",
            "require-trusted-types-for": "'script'",
            "trusted-types": "'none'",
            "base-uri": "'none'",
            "form-action": "'none'",
            "frame-ancestors": "'none'",
        }
        return "; ".join(f"{name} {value}" for name, value in rules.items())

    def _file(self, name: str, headers: dict[str, str], *, accepts_gzip: bool) -> dict[str, Any]:
        if name.endswith(".woff2"):
            return _response(HTTPStatus.OK, headers, (self.files / name).read_bytes())
        headers["Vary"] = "Accept-Encoding"
        if accepts_gzip:
            headers["Content-Encoding"] = "gzip"
            return _response(HTTPStatus.OK, headers, (self.files / f"{name}.gz").read_bytes())
        return _response(HTTPStatus.OK, headers, (self.files / name).read_bytes())


def _not_found(path: str) -> dict[str, Any]:
    message = f"No such route: GET {path[:200]}. The console is at /console."
    error = {"message": message, "type": "invalid_request_error", "param": None}
    body = json.dumps({"error": {**error, "code": "unknown_url"}}).encode()
    return _response(HTTPStatus.NOT_FOUND, {"Content-Type": "application/json"}, body)


def _response(status: HTTPStatus, headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
    always = {"X-Content-Type-Options": "nosniff"}
    return {
        "statusCode": int(status),
        "multiValueHeaders": {name: [value] for name, value in {**always, **headers}.items()},
        "body": b64encode(body).decode(),
        "isBase64Encoded": True,
    }

"""Artifacts and bundles of the fake Larder."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

from tests.fakes.http_faults import Json, Request, Response, ok

if TYPE_CHECKING:
    from collections.abc import Callable


class FakeArtifacts:
    """Artifacts and bundles by their ids, oldest first; `content` returns the bytes of a file."""

    def __init__(self, content: Callable[[str], bytes]) -> None:
        self.all: dict[str, Json] = {}
        self.bundles: dict[str, Json] = {}
        self.contents: dict[str, bytes] = {}
        self._content = content

    def respond(self, request: Request, rest: list[str], data: bytes) -> Response | None:
        match rest:
            case ["artifacts", *one]:
                return self._artifacts(request, one, data)
            case ["bundles", *one]:
                return self._bundles(request, one, data)
        return None

    def _artifacts(self, request: Request, rest: list[str], data: bytes) -> Response | None:
        match request.method, rest:
            case "POST", []:
                return ok(self._create(json.loads(data)))
            case "GET", []:
                return _page(request, self.all)
            case "GET", [given, "content"] if given in self.all:
                return Response(200, {}, [self.contents[given]])
            case "GET", [given] if given in self.all:
                return ok(self.all[given] | {"content": self.contents[given].decode()})
        return _deleted(request, rest, self.all)

    def _bundles(self, request: Request, rest: list[str], data: bytes) -> Response | None:
        match request.method, rest:
            case "POST", []:
                return ok(self._create_bundle(json.loads(data)))
            case "GET", []:
                return _page(request, self.bundles)
            case "GET", [given] if given in self.bundles:
                return ok(self._checked(self.bundles[given]))
        return _deleted(request, rest, self.bundles)

    def _create(self, wanted: Json) -> Json:
        made = f"art_{len(self.contents) + 1:024x}"
        if "file_id" in wanted:
            data = self._content(wanted["file_id"])
        elif wanted.get("content_encoding") == "base64":
            data = base64.b64decode(wanted["content"])
        else:
            data = wanted["content"].encode()
        self.contents[made] = data
        self.all[made] = {
            "id": made,
            "object": "artifact",
            "artifact_type": wanted["artifact_type"],
            "project_id": "wks-1",
            "content_media_type": wanted.get("content_media_type", "text/plain"),
            "content_encoding": wanted.get("content_encoding", "utf-8"),
            "bytes": len(data),
            "created_at": "2026-01-15T09:30:00Z",
            "expires_at": None,
            "retention_class": wanted.get("retention_class", "standard"),
            "metadata": wanted.get("metadata", {}),
        }
        return self.all[made]

    def _create_bundle(self, wanted: Json) -> Json:
        made = f"bnd_{len(self.bundles) + 1:024x}"
        self.bundles[made] = {
            "id": made,
            "object": "bundle",
            "bundle_type": "agent_prefix",
            "project_id": "wks-1",
            "artifacts": wanted["artifacts"],
            "created_at": "2026-01-15T09:30:00Z",
            "metadata": {},
        }
        return self.bundles[made]

    def _checked(self, bundle: Json) -> Json:
        references = [
            each | {"deleted": each["artifact_id"] not in self.all} for each in bundle["artifacts"]
        ]
        return bundle | {"artifacts": references}


def _page(request: Request, items: dict[str, Json]) -> Response:
    limit, after = int(request.query["limit"]), request.query.get("after")
    kind = request.query.get("artifact_type")
    found = [
        item
        for item in reversed(items.values())
        if (after is None or item["id"] < after) and kind in {None, item.get("artifact_type")}
    ]
    return ok({"object": "list", "data": found[:limit], "has_more": len(found) > limit})


def _deleted(request: Request, rest: list[str], items: dict[str, Json]) -> Response | None:
    if request.method != "DELETE" or len(rest) != 1 or rest[0] not in items:
        return None
    del items[rest[0]]
    return ok({"id": rest[0], "deleted": True})

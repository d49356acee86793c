"""The requests about artifacts and bundles, as flows."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, TypeVar

from larder_client.artifacts.models import Artifact, ArtifactPage, Bundle, BundlePage, Deleted
from larder_client.flow.retries import send_with_retries
from larder_client.flow.steps import Flow, Request
from larder_client.flow.wire import (
    decode,
    expect_status,
    idempotency_header,
    json_request,
    path_segment,
)

if TYPE_CHECKING:
    from larder_client.flow.retries import RetryPolicy

T = TypeVar("T")

ARTIFACTS = "/v2/artifacts"
BUNDLES = "/v2/bundles"


class ArtifactApi:
    """The routes; each raises ApiError, UnexpectedAnswerError or ConnectionFailedError."""

    def __init__(self, policy: RetryPolicy) -> None:
        self._policy = policy

    def create(self, fields: dict[str, Any]) -> Flow[Artifact]:
        """Create an artifact."""
        return (yield from self._post(Artifact, ARTIFACTS, fields))

    def artifact(self, artifact_id: str) -> Flow[Artifact]:
        """Return an artifact with its content."""
        return (yield from self._read(Artifact, Request("GET", _one(ARTIFACTS, artifact_id))))

    def content(self, artifact_id: str) -> Flow[bytes]:
        """Return an artifact's bytes."""
        headers = {"Accept": "*/*", "Accept-Encoding": "identity"}
        request = Request("GET", f"{_one(ARTIFACTS, artifact_id)}/content", headers=headers)
        reply = yield from send_with_retries(self._policy, lambda: request)
        if reply.status == HTTPStatus.FOUND:
            stored = Request("GET", reply.headers["location"])
            reply = yield from send_with_retries(self._policy, lambda: stored)
        return expect_status(reply, HTTPStatus.OK).body

    def artifacts(
        self, *, artifact_type: str | None, limit: int, after: str | None
    ) -> Flow[ArtifactPage]:
        """Return a page of artifacts, newest first."""
        query = {"limit": str(limit), "after": after, "artifact_type": artifact_type}
        return (yield from self._read(ArtifactPage, _list(ARTIFACTS, query)))

    def delete(self, artifact_id: str) -> Flow[Deleted]:
        """Delete an artifact permanently."""
        return (yield from self._read(Deleted, Request("DELETE", _one(ARTIFACTS, artifact_id))))

    def create_bundle(self, fields: dict[str, Any]) -> Flow[Bundle]:
        """Create a bundle."""
        return (yield from self._post(Bundle, BUNDLES, fields))

    def bundle(self, bundle_id: str) -> Flow[Bundle]:
        """Return a bundle."""
        return (yield from self._read(Bundle, Request("GET", _one(BUNDLES, bundle_id))))

    def bundles(self, *, limit: int, after: str | None) -> Flow[BundlePage]:
        """Return a page of bundles, newest first."""
        query = {"limit": str(limit), "after": after}
        return (yield from self._read(BundlePage, _list(BUNDLES, query)))

    def delete_bundle(self, bundle_id: str) -> Flow[Deleted]:
        """Delete a bundle permanently."""
        return (yield from self._read(Deleted, Request("DELETE", _one(BUNDLES, bundle_id))))

    def _post(self, kind: type[T], path: str, fields: dict[str, Any]) -> Flow[T]:
        sent = {name: value for name, value in fields.items() if value is not None}
        request = json_request("POST", path, sent, idempotency_header())
        return (yield from self._read(kind, request))

    def _read(self, kind: type[T], request: Request) -> Flow[T]:
        reply = yield from send_with_retries(self._policy, lambda: request)
        return decode(kind, expect_status(reply, HTTPStatus.OK))


def _one(path: str, given_id: str) -> str:
    return f"{path}/{path_segment(given_id)}"


def _list(path: str, query: dict[str, str | None]) -> Request:
    params = {name: value for name, value in query.items() if value is not None}
    return Request("GET", path, params=params)

"""Requests and answers of the fake Larder, and faults of the connection."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

type Json = dict[str, Any]


class ConnectionDroppedError(Exception):
    """The connection drops here."""


@dataclass
class Request:
    """A request; header names are lowercase."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Iterator[bytes] = field(default_factory=lambda: iter(()), repr=False)

    def read(self) -> bytes:
        return b"".join(self.body)


@dataclass
class Response:
    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: Iterable[bytes] = ()


type Effect = Callable[[Request, Callable[[Request], Response]], Response]


def ok(value: Json, **headers: str) -> Response:
    headers["content-type"] = "application/json"
    return Response(200, headers, [json.dumps(value).encode()])


def api_error(status: int, message: str, code: str | None = None, **headers: str) -> Response:
    error = {"message": message, "type": "invalid_request_error", "param": None, "code": code}
    headers["content-type"] = "application/json"
    return Response(status, headers, [json.dumps({"error": error}).encode()])


def s3_error(status: int, code: str, message: str) -> Response:
    body = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    return Response(status, {"content-type": "application/xml"}, [body.encode()])


def respond_with(answer: Response) -> Effect:
    """Answer with this instead."""

    def effect(request: Request, _: Callable[[Request], Response]) -> Response:
        request.read()
        return answer

    return effect


def cut_after(count: int) -> Effect:
    """Drop the connection after that many bytes of the request."""

    def effect(request: Request, _: Callable[[Request], Response]) -> Response:
        received = 0
        for block in request.body:
            received += len(block)
            if received >= count:
                break
        raise ConnectionDroppedError

    return effect


def response_lost(request: Request, normal: Callable[[Request], Response]) -> Response:
    """Process the request, and drop the connection before the answer."""
    normal(request)
    raise ConnectionDroppedError


def response_cut_after(count: int) -> Effect:
    """Drop the connection after that many bytes of the answer."""

    def cut(blocks: Iterable[bytes]) -> Iterator[bytes]:
        left = count
        for block in blocks:
            yield block[:left]
            left -= len(block)
            if left <= 0:
                raise ConnectionDroppedError

    def effect(request: Request, normal: Callable[[Request], Response]) -> Response:
        answer = normal(request)
        length = sum(len(block) for block in answer.body)
        answer.headers["content-length"] = str(length)
        return Response(answer.status, answer.headers, cut(answer.body))

    return effect


def blocks_of(data: bytes, size: int = 2**16) -> list[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)]


def md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()

"""Requests and answers of the fake Larder, and faults of the connection."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

type Json = dict[str, Any]


class ConnectionCutError(Exception):
    """The connection drops here."""


@dataclass
class Asked:
    """A request; header names are lowercase."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Iterator[bytes] = field(default_factory=lambda: iter(()), repr=False)

    def read(self) -> bytes:
        return b"".join(self.body)


@dataclass
class Answer:
    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: Iterable[bytes] = ()


type Effect = Callable[[Asked, Callable[[Asked], Answer]], Answer]


def ok(value: Json, **headers: str) -> Answer:
    headers["content-type"] = "application/json"
    return Answer(200, headers, [json.dumps(value).encode()])


def refusal(status: int, message: str, code: str | None = None, **headers: str) -> Answer:
    error = {"message": message, "type": "invalid_request_error", "param": None, "code": code}
    headers["content-type"] = "application/json"
    return Answer(status, headers, [json.dumps({"error": error}).encode()])


def s3_refusal(status: int, code: str, message: str) -> Answer:
    body = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    return Answer(status, {"content-type": "application/xml"}, [body.encode()])


def answering(answer: Answer) -> Effect:
    """Answer with this instead."""

    def effect(asked: Asked, _: Callable[[Asked], Answer]) -> Answer:
        asked.read()
        return answer

    return effect


def cut_after(count: int) -> Effect:
    """Drop the connection after that many bytes of the request."""

    def effect(asked: Asked, _: Callable[[Asked], Answer]) -> Answer:
        received = 0
        for block in asked.body:
            received += len(block)
            if received >= count:
                break
        raise ConnectionCutError

    return effect


def answer_lost(asked: Asked, normal: Callable[[Asked], Answer]) -> Answer:
    """Process the request, and drop the connection before the answer."""
    normal(asked)
    raise ConnectionCutError


def answer_cut_after(count: int) -> Effect:
    """Drop the connection after that many bytes of the answer."""

    def cut(blocks: Iterable[bytes]) -> Iterator[bytes]:
        left = count
        for block in blocks:
            yield block[:left]
            left -= len(block)
            if left <= 0:
                raise ConnectionCutError

    def effect(asked: Asked, normal: Callable[[Asked], Answer]) -> Answer:
        answer = normal(asked)
        length = sum(len(block) for block in answer.body)
        answer.headers["content-length"] = str(length)
        return Answer(answer.status, answer.headers, cut(answer.body))

    return effect


def blocks_of(data: bytes, size: int = 2**16) -> list[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)]


def md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()

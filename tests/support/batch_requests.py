"""Request lines to validate: valid ones, and the same with members changed."""

import json
from typing import Any

from larder_jsonl import BatchValidator, ValidationReport

ABSENT = object()
BODIES: dict[str, dict[str, Any]] = {
    "/v1/chat/completions": {"messages": [{"role": "user", "content": "Hello"}]},
    "/v1/completions": {"prompt": "Once upon"},
    "/v1/embeddings": {"input": "a text"},
    "/v1/responses": {"input": "a question"},
    "/v1/moderations": {"input": "a text"},
    "/v1/images/generations": {"prompt": "a fox"},
    "/v1/images/edits": {"prompt": "a hat", "images": [{"file_id": "file-1"}]},
    "/v1/videos": {"prompt": "waves"},
}


def request(url: Any = "/v1/chat/completions", **members: Any) -> dict[str, Any]:
    """A valid request with these members. A member that is ABSENT is left out."""
    whole = {
        "custom_id": "request-1",
        "method": "POST",
        "url": url,
        "body": {"model": "gpt-4o-mini", **BODIES.get(url, {})},
        **members,
    }
    return {name: value for name, value in whole.items() if value is not ABSENT}


def with_body(url: str = "/v1/chat/completions", **members: Any) -> dict[str, Any]:
    """A valid request with these members in its body. A member that is ABSENT is left out."""
    body = {"model": "gpt-4o-mini", **BODIES[url], **members}
    return request(url, body={name: value for name, value in body.items() if value is not ABSENT})


def with_message(**members: Any) -> dict[str, Any]:
    """A chat request whose second message has these members."""
    return with_body(messages=[{"role": "system", "content": "Be brief."}, members])


def lengthened(request: dict[str, Any]) -> dict[str, Any]:
    """The same request with a body of more than 1 KiB, if the body is an object."""
    body = request.get("body")
    if not isinstance(body, dict):
        return request
    return request | {"body": {"user": "x" * 1100} | body}


def as_line(value: Any) -> bytes:
    return json.dumps(value).encode()


def alike(url: str, count: int = 3) -> list[bytes]:
    """Valid lines that differ only in their id and in one text."""
    return [
        as_line(_with_text(url, f"text {number}") | {"custom_id": f"alike-{number}"})
        for number in range(count)
    ]


def varied(url: str, count: int = 12) -> list[bytes]:
    """Valid lines whose bodies differ in more than one text."""
    lines = [_with_text(url, f"text {number}") for number in range(count)]
    for number, line in enumerate(lines):
        line["custom_id"] = f"varied-{number}"
        line["body"] |= {"temperature": number / 10, "top_p": 1.0}
    return [as_line(line) for line in lines]


def _with_text(url: str, text: str) -> dict[str, Any]:
    members = {"prompt", "input"} & BODIES[url].keys()
    if members:
        return with_body(url, **{members.pop(): text})
    return with_body(url, messages=[{"role": "user", "content": text}])


def many(count: int) -> bytes:
    """A valid file of `count` requests."""
    return b"".join(
        b'{"custom_id": "request-%d", "method": "POST", "url": "/v1/embeddings", '
        b'"body": {"model": "m", "input": "x"}}\n' % number
        for number in range(1, count + 1)
    )


def validated(data: bytes, block: int = 65536) -> ValidationReport:
    validator = BatchValidator()
    for start in range(0, len(data), block):
        validator.feed(data[start : start + block])
    return validator.finish()


def found(data: bytes, block: int = 65536) -> list[tuple[str, int | None, str | None]]:
    """(code, line, param) of each error."""
    return [(error.code, error.line, error.param) for error in validated(data, block).errors]


def warned(data: bytes, block: int = 65536) -> list[tuple[str, int | None, str | None]]:
    """(code, line, param) of each warning. There must be no error."""
    report = validated(data, block)
    assert not report.errors
    return [(each.code, each.line, each.param) for each in report.warnings]

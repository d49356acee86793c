"""What is fuzzed: each target takes any bytes, and fails when a promise is broken.

A further one is a function here and an entry in `TARGETS`, with what to begin from.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from larder.adapters.s3 import parse_event_key
from larder.api.files.form import file_form
from larder.api.http.multipart_form import sole_part
from larder.api.http.multipart_parts import part_digests
from larder.domain.errors import InvalidParameterError
from larder.domain.filenames import attachment
from larder_jsonl import BatchValidator
from tests.fuzz.answers import INTERNALS, MAX_MESSAGE, check_answer, check_silence
from tests.fuzz.deployment import Deployment, authorizer_request
from tests.support import batch_edits
from tests.support.batch_reference import check_against_reference
from tests.support.handlers import FakeContext

if TYPE_CHECKING:
    from collections.abc import Callable


def multipart(data: bytes) -> None:
    """Read a form: the first line is its Content-Type."""
    head, _, body = data.partition(b"\n")
    content_type = head.decode("latin-1")
    try:
        form = file_form(content_type, body)
    except InvalidParameterError as refused:
        _check_message(refused.message)
    else:
        name = form.file.filename
        assert form.file.data in body
        assert not set(name) & set("/\\\r\n\0"), name
        assert name.strip(". "), name
        assert attachment(name).isprintable()
    for read in (
        lambda: sole_part(content_type, body, name="data"),
        lambda: part_digests(content_type, body),
    ):
        try:
            read()
        except InvalidParameterError as refused:
            _check_message(refused.message)


def _check_message(message: str) -> None:
    assert message.strip()
    assert len(message) <= MAX_MESSAGE
    assert INTERNALS.search(message) is None, message


def validator(data: bytes) -> None:
    """Validate a batch file in blocks of the first byte's size, and as the reference does."""
    size, content = (data[0] + 1 if data else 1), data[1:]
    _validate(size, content)


def similar_lines(data: bytes) -> None:
    """Validate a file of one program whose lines were edited, as the reference does.

    Bytes: the block's size, the endpoint, lines, style, edits of every line; then three an edit.
    """
    head, rest = data[:5].ljust(5, b"\0"), data[5:]
    size, url, count, style, each = head
    edits = [(rest[at], rest[at + 1], rest[at + 2]) for at in range(0, len(rest) - 2, 3)][:12]
    each %= 4
    content = batch_edits.similar_lines(
        url, count, style=style % 16, each=edits[:each], edits=edits[each:]
    )
    _validate(size * 8 + 1, content)


def _validate(size: int, content: bytes) -> None:
    checked = BatchValidator()
    for start in range(0, len(content), size):
        checked.feed(content[start : start + size])
    report = checked.finish()
    check_against_reference(report, content)
    for problem in (*report.errors, *report.warnings):
        _check_message(problem.message)


@cache
def deployment() -> Deployment:
    return Deployment()


def requests(data: bytes) -> None:
    """Send a request: route and path parameter, query, headers a line each, a blank line, body.

    The route is the first byte, among those of the table. `@file` and `@upload` stand for the
    ids of what is stored.
    """
    deployed = deployment()
    deployed.reset()
    data = data.replace(b"@file", deployed.file_id.encode())
    data = data.replace(b"@upload", deployed.upload_id.encode())
    head, _, body = data.partition(b"\n\n")
    first, *rest = head.decode("utf-8", "replace").split("\n")
    query, lines = (rest[0], rest[1:]) if rest else ("", [])
    headers = dict(line.split(": ", 1) for line in lines if ": " in line)
    routes = sorted(deployed.routes)
    method, resource = routes[(head[0] if head else 0) % len(routes)]
    answer = deployed.send(method, resource, first[1:], query, headers, body)
    check_answer(
        answer.status,
        [(name, value) for name, values in answer.headers.items() for value in values],
        answer.body.encode() if answer.status >= 400 else b"",
    )
    if answer.status >= 400:
        check_silence(answer.body.replace(first[1:], ""), ())
    logged = deployed.logged()
    assert "unhandled" not in logged, logged
    assert deployed.key not in logged


def events(data: bytes) -> None:
    """Read what a request leads to elsewhere: the key of an S3 event, the header of a key."""
    deployed = deployment()
    text = data[1:].decode("utf-8", "replace")
    owner = parse_event_key(text)
    if owner is not None:
        tenant, file_id = owner
        assert "/" not in tenant
        assert len(file_id) == len("file-") + 24
    header = "x-api-key" if data[:1] < b"\x80" else "Authorization"
    resource = "/v1/storage/files" if header == "x-api-key" else "/v1/files"
    request = authorizer_request(text, header, resource)
    answer = deployed.authorize(request, FakeContext(remaining_ms=15_000))
    [statement] = answer["policyDocument"]["Statement"]
    assert statement["Effect"] == "Deny", text
    assert text.strip() == "" or len(text) < 20 or text not in deployed.logged()


TARGETS: dict[str, Callable[[bytes], None]] = {
    "multipart": multipart,
    "validator": validator,
    "similar_lines": similar_lines,
    "requests": requests,
    "events": events,
}

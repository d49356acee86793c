"""What holds for every answer and every line of a log, whatever was sent."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_MESSAGE = 2_000

# What only we, AWS or Python would say.
INTERNALS = re.compile(
    r"Traceback|botocore|boto3|DynamoDB|ConditionalCheck|TransactionCancel|ValidationException|"
    r"AccessDenied|NoSuchKey|NoSuchBucket|arn:aws|/var/task|/opt/python|\.py\b|pydantic|msgspec|"
    r"MultipartSegment|object at 0x",
)
_HEADER = re.compile(r"[\x20-\x7e\t]*")


def check_answer(status: int, headers: Iterable[tuple[str, str]], body: bytes) -> None:
    """Fail for a 5xx, a header that splits, a broken envelope, or a word about our insides."""
    headers = list(headers)
    assert status < 500, f"{status}: {body[:500]!r}"
    for name, value in headers:
        assert _HEADER.fullmatch(value), f"header {name}: {value!r}"
    assert "x-request-id" in {name.lower() for name, _ in headers}
    if status < 400 or not body:
        return
    answer = json.loads(body)
    error = answer["error"]
    if answer.get("jsonrpc") == "2.0":  # MCP has an envelope of its own
        assert set(answer) == {"jsonrpc", "id", "error"}, answer
        assert set(error) - {"data"} == {"code", "message"}, error
    else:
        assert set(answer) == {"error"}, answer
        assert set(error) == {"message", "type", "param", "code"}, error
    assert error["message"].strip()
    assert len(error["message"]) <= MAX_MESSAGE, len(error["message"])


def check_silence(text: str, secrets: Iterable[str]) -> None:
    """Fail when `text` has a word about our insides, or one of the `secrets`."""
    found = INTERNALS.search(text)
    assert found is None, text[max(0, found.start() - 200) : found.end() + 200]
    for secret in secrets:
        assert secret not in text, f"{secret!r} in {text[:500]!r}"

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.api import batch_lines

if TYPE_CHECKING:
    from tests.e2e.api import Api

VALID: dict[str, Any] = {
    "custom_id": "first",
    "method": "POST",
    "url": "/v1/chat/completions",
    "body": {"model": "m", "messages": [{"role": "user", "content": "hi"}]},
}


def line(**changes: Any) -> bytes:
    merged = VALID | changes
    return json.dumps({k: v for k, v in merged.items() if v is not None}).encode()


MISTAKES = [
    (1, line(), None),
    (2, b"", None),
    (3, line(custom_id="a", method="GET"), ("invalid_method", "method")),
    (4, line(), ("duplicate_custom_id", "custom_id")),
    (5, b"{not json", ("invalid_json_line", None)),
    (
        6,
        line(custom_id="b", url="/v1/embeddings", body={"model": "m", "input": "hi"}),
        ("url_mismatch", "url"),
    ),
    (7, line(custom_id=None), ("missing_required_parameter", "custom_id")),
    (
        8,
        line(custom_id="c", body={"model": "m"}),
        ("missing_required_parameter", "body.messages"),
    ),
    (9, b"[]", ("invalid_request", None)),
    (
        10,
        line(custom_id="d", body=VALID["body"] | {"stream": True}),
        ("streaming_ignored", "body.stream"),
    ),
    (11, line(custom_id="e", body=VALID["body"] | {"model": "other"}), None),
    (12, line(custom_id=7), ("invalid_type", "custom_id")),
    (13, line(custom_id="f"), None),
]


WARNED = {8, 10}


@pytest.mark.parametrize("ending", [b"\n", b"\r\n"])
@pytest.mark.parametrize("direct", [False, True])
def test_every_problem_is_reported_with_its_line(api: Api, ending: bytes, *, direct: bool) -> None:
    data = ending.join(text for _, text, _ in MISTAKES)
    if direct:
        file_id = api.upload_directly(data, purpose="batch")["id"]
    else:
        file_id = api.create_file(data, "mistakes.jsonl", "batch")["id"]

    file = api.settled(file_id)
    report = api.json("GET", f"/files/{file_id}/validation")

    found = [(number, *mistake) for number, _, mistake in MISTAKES if mistake]
    warned = [mistake for mistake in found if mistake[0] in WARNED]
    expected = [mistake for mistake in found if mistake[0] not in WARNED]
    for severity, problems in (("error", expected), ("warning", warned)):
        listed = report[f"{severity}s"]
        assert [(each["line"], each["code"], each["param"]) for each in listed] == problems
        assert {each["severity"] for each in listed} == {severity}
        texts = {number: text for number, text, _ in MISTAKES}
        assert all(data[each["offset"] :].startswith(texts[each["line"]]) for each in listed)
        assert report[f"{severity}_count"] == len(problems)
    assert sum(report["counts"].values()) == len(found)
    assert report["models"] == {"m": 9, "other": 1}
    assert (report["object"], report["file_id"]) == ("file.validation", file_id)
    assert report["valid"] is False
    assert report["total_lines"] == 13
    assert report["sha256"] == hashlib.sha256(data).hexdigest()
    assert file["status"] == "error"
    assert f"{len(expected)} of" in file["status_details"]
    assert "line 3" in file["status_details"]


def test_a_valid_file_is_reported_with_its_summary(api: Api) -> None:
    data = batch_lines(50)

    file = api.create_file(data, "requests.jsonl", "batch")
    report = api.json("GET", f"/files/{file['id']}/validation")

    assert (file["status"], file["status_details"]) == ("processed", None)
    assert report | {"validated_at": 0, "duration_ms": 0} == {
        "object": "file.validation",
        "file_id": file["id"],
        "valid": True,
        "total_lines": 50,
        "request_count": 50,
        "error_count": 0,
        "errors": [],
        "warning_count": 0,
        "warnings": [],
        "counts": {},
        "endpoint": "/v1/chat/completions",
        "model": "gpt-5-mini",
        "models": {"gpt-5-mini": 50},
        "inputs": 0,
        "references": [],
        "sha256": hashlib.sha256(data).hexdigest(),
        "validated_at": 0,
        "duration_ms": 0,
    }
    assert report["validated_at"] >= file["created_at"]
    assert report["duration_ms"] >= 0


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty_file"),
        (b"\n \n", "empty_file"),
        (b"\xef\xbb\xbf" + line(), "invalid_encoding"),
        (line(custom_id="x").replace(b'"x"', b'"\xff"'), "invalid_encoding"),
    ],
    ids=["no bytes", "blank lines", "byte order mark", "not UTF-8"],
)
def test_a_file_that_is_invalid_as_a_whole_ends_in_error(api: Api, data: bytes, code: str) -> None:
    file = api.settled(api.create_file(data, "a.jsonl", "batch")["id"])

    assert file["status"] == "error"
    report = api.json("GET", f"/files/{file['id']}/validation")
    assert code in {error["code"] for error in report["errors"]}

from __future__ import annotations

import json

import pytest

from local.logs import function_of, readable


def test_a_structured_line_shows_what_happened_and_not_the_plumbing() -> None:
    line = {
        "level": "INFO",
        "message": "request",
        "function_name": "larder-local-files_get",
        "route": "/v1/files/{file_id}",
        "status": 200,
    }

    assert readable(json.dumps(line)) == "INFO    request route=/v1/files/{file_id} status=200"


def test_a_metric_shows_its_values() -> None:
    line = {"_aws": {"Timestamp": 1}, "service": "larder", "Swept": [3.0], "level": "INFO"}

    assert readable(json.dumps(line)) == "METRIC  Swept=[3.0]"


@pytest.mark.parametrize("message", ["Traceback (most recent call last):", "42", '"text"'])
def test_other_output_is_shown_unchanged(message: str) -> None:
    assert readable(message + "\n") == message


@pytest.mark.parametrize("message", ["", "\n", "START RequestId: 1", "REPORT RequestId: 1"])
def test_the_platforms_own_lines_are_left_out(message: str) -> None:
    assert readable(message) is None


@pytest.mark.parametrize(
    "stream",
    [
        "2026/11/28/larder-local-files_get[3]4f6c2d",
        "2026/11/28/larder-local-files_get[$LATEST]4f6c2d",
        "2026/11/28/[larder-local-files_get[3]4f6c2d",
    ],
)
def test_a_stream_of_the_shared_group_names_its_function(stream: str) -> None:
    assert function_of(stream, "larder-local") == "files_get"

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from local.emulator_fixes.saved_state import repair

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def metadata(tmp_path: Path) -> Path:
    queues = {"http://127.0.0.1:4566/000000000000/events": {"messages": ["port 4566"]}}
    functions = {"functions": {"sweep": 1}, "dynamodb_stream_positions": {"data": {"mapping": 8}}}
    (tmp_path / "sqs.json").write_text(json.dumps({"payload": queues}))
    (tmp_path / "lambda.json").write_text(json.dumps({"payload": functions}))
    return tmp_path


def payload(metadata: Path, service: str) -> dict[str, Any]:
    saved: dict[str, Any] = json.loads((metadata / f"{service}.json").read_text())
    return saved["payload"]  # type: ignore[no-any-return]


def test_queues_move_to_the_port_of_the_new_run(metadata: Path) -> None:
    repair(metadata, saved_on=4566, port=4600)

    assert payload(metadata, "sqs") == {
        "http://127.0.0.1:4600/000000000000/events": {"messages": ["port 4566"]}
    }


def test_streams_are_read_from_their_start_and_functions_kept(metadata: Path) -> None:
    repair(metadata, saved_on=4566, port=4566)

    saved = payload(metadata, "lambda")
    assert saved["dynamodb_stream_positions"]["data"] == {}
    assert saved["functions"] == {"sweep": 1}


def test_nothing_was_saved_yet(tmp_path: Path) -> None:
    repair(tmp_path, saved_on=4566, port=4600)

    assert list(tmp_path.iterdir()) == []

"""Commands as people paste them into a terminal."""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.api import eventually
from tests.e2e.models import models_for_clients, request_line

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.api import Api
    from tests.e2e.projects import Operator


def curl(*arguments: str | Path) -> str:
    done = subprocess.run(  # noqa: S603
        ["curl", "--silent", "--show-error", "--max-time", "60", *map(str, arguments)],  # noqa: S607
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def headers_of(dump: Path) -> dict[str, str]:
    """Return the headers of the last response that curl dumped."""
    last = dump.read_text().strip().split("\n\n")[-1].splitlines()
    pairs = (line.split(":", 1) for line in last[1:])
    return {name.lower(): value.strip() for name, value in pairs}


@pytest.fixture
def authorised(api: Api) -> list[str]:
    return ["-H", f"Authorization: Bearer {api.key}"]


@pytest.fixture(scope="module", params=[100_000, 6_000_000], ids=["inline", "redirected"])
def stored(request: pytest.FixtureRequest, api: Api) -> tuple[str, bytes]:
    data = os.urandom(request.param)
    return api.upload_directly(data, filename="große Datei.bin")["id"], data


@pytest.mark.parametrize("chunked", [[], ["-H", "Transfer-Encoding: chunked"]])
def test_a_file_is_uploaded_as_a_form(
    api: Api, authorised: list[str], tmp_path: Path, chunked: list[str]
) -> None:
    path = tmp_path / "größe.jsonl"
    path.write_bytes(b"hello\r\n--not a boundary\r\n")

    answer = curl(
        *authorised,
        *chunked,
        f"{api.base_url}/files",
        "-F",
        "purpose=user_data",
        "-F",
        f"file=@{path}",
    )

    file: dict[str, Any] = json.loads(answer)
    assert (file["filename"], file["purpose"]) == ("größe.jsonl", "user_data")
    assert api.content(file["id"]).content == path.read_bytes()


def test_a_file_sent_as_a_plain_field_is_refused_with_the_right_syntax(
    api: Api, authorised: list[str], tmp_path: Path
) -> None:
    path = tmp_path / "a.txt"
    path.write_text("hello")

    answer = curl(*authorised, f"{api.base_url}/files", "-F", f"file=<{path}")

    assert "-F file=@" in json.loads(answer)["error"]["message"]


def test_a_large_file_is_uploaded_as_the_transfer_says(
    api: Api, authorised: list[str], tmp_path: Path
) -> None:
    path = tmp_path / "large.bin"
    path.write_bytes(os.urandom(5_000_000))
    announced = {
        "filename": "large.bin",
        "purpose": "user_data",
        "bytes": 5_000_000,
        "mime_type": "application/octet-stream",
    }
    upload = json.loads(
        curl(
            *authorised,
            f"{api.base_url}/uploads",
            "-H",
            "Content-Type: application/json",
            "-d",
            json.dumps(announced),
        )
    )
    transfer = upload["transfer"]
    headers = [
        argument
        for name, value in transfer["headers"].items()
        for argument in ("-H", f"{name}: {value}")
    ]

    curl("--fail", "-T", path, *headers, transfer["url"])
    completed = json.loads(
        curl(
            *authorised,
            f"{api.base_url}/uploads/{upload['id']}/complete",
            "-H",
            "Content-Type: application/json",
            "-d",
            '{"part_ids": []}',
        )
    )
    curl(
        *authorised,
        "-L",
        "-o",
        tmp_path / "copy",
        f"{api.base_url}/files/{completed['file']['id']}/content",
    )

    assert (tmp_path / "copy").read_bytes() == path.read_bytes()


def test_a_download_has_the_exact_bytes_and_the_name(
    api: Api, authorised: list[str], stored: tuple[str, bytes], tmp_path: Path
) -> None:
    file_id, data = stored

    curl(
        *authorised,
        "-L",
        "-D",
        tmp_path / "headers",
        "-o",
        tmp_path / "copy",
        f"{api.base_url}/files/{file_id}/content",
    )

    headers = headers_of(tmp_path / "headers")
    assert (tmp_path / "copy").read_bytes() == data
    assert headers["content-length"] == str(len(data))
    assert headers["content-type"] == "application/octet-stream"
    assert "filename*=UTF-8''gro%C3%9Fe%20Datei.bin" in headers["content-disposition"]


def test_a_large_download_works_for_a_client_that_accepts_only_json(
    api: Api, authorised: list[str], stored: tuple[str, bytes], tmp_path: Path
) -> None:
    file_id, data = stored

    curl(
        *authorised,
        "-L",
        "-H",
        "Accept: application/json",
        "-o",
        tmp_path / "copy",
        f"{api.base_url}/files/{file_id}/content",
    )

    assert (tmp_path / "copy").read_bytes() == data


def test_a_batch_runs_from_its_file_to_its_answers(
    api: Api, operator: Operator, authorised: list[str], tmp_path: Path
) -> None:
    path = tmp_path / "questions.jsonl"
    path.write_bytes(request_line("a") + request_line("b"))

    def asked(url: str, *options: str) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(curl(*authorised, api.base_url + url, *options))
        return answer

    with models_for_clients(operator):
        file = asked("/files", "-F", "purpose=batch", "-F", f"file=@{path}")
        wanted = {
            "input_file_id": file["id"],
            "endpoint": "/v1/chat/completions",
            "completion_window": "24h",
        }
        json_type = ("-H", "Content-Type: application/json")
        created = asked("/batches", *json_type, "-d", json.dumps(wanted))
        batch = eventually(
            lambda: asked(f"/batches/{created['id']}"),
            lambda found: found["completed_at"] is not None,
            90,
        )
    listed = asked("/batches?limit=1")
    refused = asked(f"/batches/{batch['id']}/cancel", "-X", "POST")
    answers = curl(*authorised, f"{api.base_url}/files/{batch['output_file_id']}/content")

    assert (batch["status"], batch["request_counts"]["completed"]) == ("completed", 2)
    assert [each["id"] for each in listed["data"]] == [batch["id"]]
    assert "completed and cannot be cancelled" in refused["error"]["message"]
    assert [json.loads(line)["custom_id"] for line in answers.splitlines()] == ["a", "b"]

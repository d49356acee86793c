"""Commands as people paste them into a terminal."""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.api import Api


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

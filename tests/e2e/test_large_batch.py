"""A 200 MB batch file goes through in constant memory."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from tests.e2e.api import batch_lines, eventually

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.projects import NewProject
    from tests.e2e.stack import Stack

SIZE = 200_000_000
LINES = 40_000
MEMORY_MIB = 256


def test_a_200_mb_batch_file_is_processed_in_less_than_256_mib(
    new_project: NewProject, stack: Stack, tmp_path: Path
) -> None:
    path = tmp_path / "large.jsonl"
    path.write_bytes(batch_lines(LINES, padding=SIZE // LINES - 150))
    size = path.stat().st_size
    assert abs(size - SIZE) < SIZE // 50

    with new_project().api() as api:
        upload = api.create_upload(size, purpose="batch", filename="large.jsonl")
        with path.open("rb") as stream:
            for part in upload["transfer"]["parts"]:
                data = stream.read(upload["transfer"]["part_size"])
                sent = api.client.put(part["url"], content=data, timeout=120)
                assert sent.status_code == 200, sent.text
        file_id = api.complete(upload["id"])["file"]["id"]
        file = api.settled(file_id, within=90)

        assert (file["status"], file["status_details"]) == ("processed", None)
        report = api.json("GET", f"/files/{file_id}/validation")
        assert (report["valid"], report["request_count"]) == (True, LINES)
        with path.open("rb") as stream:
            assert report["sha256"] == hashlib.file_digest(stream, "sha256").hexdigest()
        received = eventually(
            lambda: stack.logged("on_object_created", "object_received", file_id), bool
        )
        assert [each["outcome"] for each in received] == ["processed"]
        assert 0 < received[0]["peak_memory_mib"] < MEMORY_MIB
        api.json("DELETE", f"/files/{file_id}")

"""A 200 MB batch file, and answers of 8 MiB, go through in constant memory."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

from tests.e2e.api import batch_lines, eventually
from tests.e2e.batches import an_upstream, batch_file, create, ended, lines_of
from tests.fakes.model_script import Rule

if TYPE_CHECKING:
    import psutil

    from tests.e2e.projects import NewProject, Operator
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


ANSWERS = 401
"""So many that the chunks are as large as they get."""
LONG = 51
LONGEST = 8 * 2**20
MOST_MIB = 512
"""Half of what the deployed functions have; the emulator's process has about what Lambda's has."""


def test_a_batch_of_8_mib_answers_is_exact_and_fits_its_workers(
    new_project: NewProject, operator: Operator, stack: Stack
) -> None:
    for function in ("batch_run_shard", "batch_finish"):
        for worker in stack.workers(function):
            # What other batches took is not measured.
            worker.kill()
    # The rest of an answer around its text takes less than 1 KiB.
    rules = [
        Rule(contains='"word"'),
        Rule(contains='"Hello 30"', size=LONGEST + 1),
        Rule(size=LONGEST - 1_024),
    ]
    long = batch_lines(LONG, model="wordy")
    short = batch_lines(ANSWERS, model="word").split(b"\n", LONG)[LONG]
    with an_upstream(operator, "word*", rules), new_project(size=2**30).api() as api:
        file_id = batch_file(api, long + short)
        batch = ended(api, create(api, file_id)["id"], within=180)
        peaks = [
            max(map(peak_mib, stack.workers(function)))
            for function in ("batch_run_shard", "batch_finish")
        ]

        counts = {"total": ANSWERS, "completed": ANSWERS - 1, "failed": 1}
        assert (batch["status"], batch["request_counts"]) == ("completed", counts)
        [line] = lines_of(api, batch["error_file_id"])
        assert (line["custom_id"], line["error"]["code"]) == ("request-30", "answer_too_large")
        url = api.json("GET", f"/files/{batch['output_file_id']}/url")["url"]
        with api.client.stream("GET", url) as answer:
            found = [json.loads(each)["custom_id"] for each in answer.iter_lines()]
        assert found == [f"request-{n}" for n in range(1, ANSWERS + 1) if n != 30]
        assert max(peaks) <= MOST_MIB, peaks
        api.json("DELETE", f"/files/{batch['output_file_id']}")


def peak_mib(process: psutil.Process) -> int:
    """Return the most memory that a process has had at once."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) // 1024

"""`python -m local.demo`: shows Larder step by step, from the upload of a batch to its deletion."""

from __future__ import annotations

import hashlib
import os
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx
from openai import OpenAI, OpenAIError
from rich import box
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TransferSpeedColumn
from rich.table import Table
from rich.text import Text

from larder_cli.failures import OperatorError
from larder_cli.local_stack import find_env_file, use_env_file
from larder_cli.shared.output import size
from larder_cli.shared.tables import columns, usage_table
from local.demo.batch import ENDPOINT, MISTAKES, MODEL, good_batch, with_mistakes
from local.demo.client import Client, UnexpectedError, expect, send

if TYPE_CHECKING:
    from collections.abc import Iterator

REQUESTS = 10_000
BLOCK = 2**16
NOT_RUNNING = "The local stack is not running. Run 'make run' in another terminal first."


@dataclass
class Tour:
    """The steps, in order; each prints what it does and its result."""

    client: Client
    sdk: OpenAI
    console: Console = field(default_factory=lambda: Console(highlight=False))
    _steps: int = 0
    _sent_at: float = 0

    def run(self) -> None:
        """Run all steps.

        Raises:
            UnexpectedError: an answer is not the expected one.
        """
        before = self.client.usage()
        data = self.generate()
        good = self.upload_directly(data)
        self.validate(good, data)
        self.download(good, data)
        bad_data = with_mistakes()
        bad = self.upload_with_mistakes(bad_data)

        self.step("Show how much of the project's quota the two files use (GET /v1/usage)")
        usage = self.client.usage()
        self.console.print(usage_table(usage))
        expect(usage.files.used, before.files.used + 2, "The number of files")
        expect(usage.bytes.used, before.bytes.used + len(data) + len(bad_data), "The bytes used")

        self.step("Delete both files, which frees their quota at once")
        for file_id in (good, bad):
            self.client.delete(file_id)
        usage = self.client.usage()
        self.console.print(usage_table(usage))
        expect(usage, before, "The usage after deleting")

    def generate(self) -> bytes:
        """Return the bytes of a good batch file."""
        self.step(f"Generate a batch file of {REQUESTS:,} chat completion requests")
        data = good_batch(REQUESTS)
        self.show(f"{size(len(data))}, sha256 {hashlib.sha256(data).hexdigest()}")
        return data

    def upload_directly(self, data: bytes) -> str:
        """Upload the bytes directly to S3 and return the id of their file."""
        self.step("Create an upload (POST /v1/uploads): reserves quota, returns a presigned S3 URL")
        upload = self.client.create_upload(
            {
                "filename": "tickets.jsonl",
                "purpose": "batch",
                "bytes": len(data),
                "mime_type": "application/jsonl",
                "sha256": hashlib.sha256(data).hexdigest(),
            }
        )
        self.show(f"{upload['id']}, for exactly {len(data):,} bytes with exactly this sha256")

        self.step("PUT the bytes to that URL; they do not pass through the API")
        with Progress(
            "   ",
            BarColumn(),
            DownloadColumn(binary_units=True),
            TransferSpeedColumn(),
            console=self.console,
        ) as progress:
            send(upload["transfer"], _blocks(data, progress))
        self._sent_at = time.monotonic()

        self.step("Complete the upload (POST /v1/uploads/{id}/complete), which creates the file")
        file = self.client.complete_upload(upload["id"])["file"]
        expect((file["bytes"], file["filename"]), (len(data), "tickets.jsonl"), "The file")
        self.show(f"{file['id']}, status {file['status']}")
        file_id: str = file["id"]
        return file_id

    def validate(self, file_id: str, data: bytes) -> None:
        """Wait for the validation and show its report."""
        self.step("Wait until every line is validated (an S3 event starts the validation)")
        file = self.client.settled_file(file_id)
        expect(file["status"], "processed", "The file's status")
        elapsed = time.monotonic() - self._sent_at
        self.show(f"status {file['status']} {elapsed:.1f} s after the last byte was sent")

        self.step("Read the validation report (GET /v1/files/{id}/validation)")
        report = self.client.validation(file_id)
        wanted = {
            "valid": True,
            "request_count": REQUESTS,
            "error_count": 0,
            "endpoint": ENDPOINT,
            "model": MODEL,
            "sha256": hashlib.sha256(data).hexdigest(),
        }
        table = Table(box=box.SIMPLE, show_header=False)
        for name in ("valid", "request_count", "error_count", "endpoint", "model", "duration_ms"):
            table.add_row(name, str(report[name]))
        self.console.print(table)
        expect({name: report[name] for name in wanted}, wanted, "The report")

    def download(self, file_id: str, data: bytes) -> None:
        """Download the bytes and compare them."""
        self.step("Download the file (GET /v1/files/{id}/content) and compare it byte by byte")
        content, redirected = self.client.content(file_id)
        expect(hashlib.sha256(content).hexdigest(), hashlib.sha256(data).hexdigest(), "The sha256")
        expect(content == data, wanted=True, what="The same bytes")
        source = "from S3, by a redirect" if redirected else "from the API"
        self.show(f"{size(len(content))} {source}, identical")

    def upload_with_mistakes(self, data: bytes) -> str:
        """Upload a file that the validation rejects, and return its id."""
        self.step("Upload a file with mistakes with the OpenAI SDK (client.files.create)")
        created = self.sdk.files.create(file=("mistakes.jsonl", data), purpose="batch")
        file = self.client.settled_file(created.id)
        expect(file["status"], "error", "The file's status")
        self.show(f"{created.id}, status {file['status']}: {file['status_details']}")

        self.step("Read all of its errors at once (GET /v1/files/{id}/validation)")
        errors = self.client.validation(created.id)["errors"]
        self.console.print(_errors_table(errors))
        expect(tuple((error["line"], error["code"]) for error in errors), MISTAKES, "The errors")
        return created.id

    def step(self, what: str) -> None:
        """Print the title of the next step."""
        self._steps += 1
        self.console.print(f"[bold cyan]{self._steps:2}[/]  [bold]{what}[/]")

    def show(self, what: str) -> None:
        """Print the result of a step."""
        self.console.print(Text.assemble("    ", ("✓", "green"), f" {what}"), soft_wrap=True)


def _blocks(data: bytes, progress: Progress) -> Iterator[bytes]:
    task = progress.add_task("", total=len(data))
    for start in range(0, len(data), BLOCK):
        block = data[start : start + BLOCK]
        yield block
        progress.advance(task, len(block))


def _errors_table(errors: list[dict[str, Any]]) -> Table:
    table = columns("line", "code", "param", "message")
    for error in errors:
        table.add_row(str(error["line"]), error["code"], error["param"] or "", error["message"])
    return table


def main() -> int:
    """Run the tour and return the exit status."""
    try:
        run()
    except httpx.ConnectError:
        failure = NOT_RUNNING
    except (OperatorError, UnexpectedError, httpx.TransportError, OpenAIError) as error:
        failure = str(error)
    else:
        return 0
    print(f"larder: {failure}", file=sys.stderr)
    return 1


def run() -> None:
    """Run the tour on the running local stack.

    Raises:
        OperatorError: no local stack is running.
    """
    env_file = find_env_file()
    if env_file is None:
        raise OperatorError(NOT_RUNNING)
    use_env_file(env_file)
    base_url, key = os.environ["LARDER_BASE_URL"], os.environ["LARDER_API_KEY"]
    tour = Tour(Client(base_url, key), OpenAI(base_url=base_url, api_key=key))
    tour.run()
    tour.console.print("\n[bold green]Every step gave the expected result.[/]")


if __name__ == "__main__":
    sys.exit(main())

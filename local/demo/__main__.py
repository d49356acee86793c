"""`python -m local.demo`: shows Larder step by step, from an upload to the answers of a batch."""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from openai import NotFoundError, OpenAI, OpenAIError
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from larder_cli.failures import OperatorError
from larder_cli.local_stack import OPERATOR_ENV_FILE, find_env_file, use_env_file
from larder_cli.shared.output import size
from larder_cli.shared.progress import open_bar
from larder_client import Client, ConnectionFailedError, LarderClientError
from local.demo.batch import ENDPOINT, MISTAKES, MODEL, good_batch, with_mistakes
from local.demo.checks import UnexpectedError, expect
from local.demo.questions import run_questions

if TYPE_CHECKING:
    from larder_client import Usage

REQUESTS = 10_000
WAIT_SECONDS = 60
NOT_RUNNING = "The local stack is not running. Run 'make run' in another terminal first."


@dataclass
class Tour:
    """The steps, in order; each prints what it does and its result.

    The steps that OpenAI's API has use OpenAI's SDK, those that Larder adds use `larder_client`.
    """

    larder: Client
    openai: OpenAI
    folder: Path
    console: Console = field(default_factory=lambda: Console(highlight=False))
    _steps: int = 0

    def run(self) -> None:
        """Run all steps.

        Raises:
            UnexpectedError: a result is not what it should be.
        """
        before = self.larder.usage()
        path = self.generate()
        good = self.upload(path)
        self.validate(good, path)
        self.download(good, path)
        mistakes = with_mistakes()
        bad = self.upload_with_mistakes(mistakes)

        self.step("Show what the two files take of the project's quota (larder.usage)")
        usage = self.show_usage()
        sizes = path.stat().st_size + len(mistakes)
        expect(usage.files.used, before.files.used + 2, "The number of files")
        expect(usage.bytes.used, before.bytes.used + sizes, "The number of bytes")

        self.step("Delete both files (openai.files.delete); their quota is free at once")
        for file_id in (good, bad):
            self.delete(file_id)
        expect(self.show_usage(), before, "The usage after deleting")
        run_questions(self)

    def generate(self) -> Path:
        """Write the batch file."""
        self.step(f"Generate a batch file of {REQUESTS:,} chat completion requests")
        path = self.folder / "tickets.jsonl"
        path.write_bytes(good_batch(REQUESTS))
        self.show(f"{path.name}, {size(path.stat().st_size)}")
        return path

    def upload(self, path: Path) -> str:
        """Upload the file and return its id."""
        self.step("Upload it (larder.files.upload): the bytes go straight to S3")
        began = time.monotonic()
        with open_bar(path.name) as bar:
            uploaded = self.larder.files.upload(path, progress=bar)
        file = uploaded.file
        expect((file.bytes, file.filename), (path.stat().st_size, path.name), "The file")
        expect(uploaded.way, "put", "The way of the upload")
        self.show(f"{file.id}, status {file.status}, {time.monotonic() - began:.1f} s")
        return file.id

    def validate(self, file_id: str, path: Path) -> None:
        """Wait for the validation and show its report."""
        self.step("Wait until every line is validated (larder.files.wait_for_processing)")
        began = time.monotonic()
        file = self.larder.files.wait_for_processing(file_id, within=WAIT_SECONDS)
        expect(file.status, "processed", "The file's status")
        self.show(f"status {file.status}, after {time.monotonic() - began:.1f} s")

        self.step("Read the validation report (larder.files.validation)")
        report = self.larder.files.validation(file_id)
        table = Table(box=box.SIMPLE, show_header=False)
        for name in ("valid", "request_count", "error_count", "endpoint", "model", "duration_ms"):
            table.add_row(name, str(getattr(report, name)))
        self.console.print(table)
        found = (report.valid, report.request_count, report.endpoint, report.model)
        expect(found, (True, REQUESTS, ENDPOINT, MODEL), "The report")
        expect(report.sha256, hashlib.sha256(path.read_bytes()).hexdigest(), "The SHA-256")

    def download(self, file_id: str, path: Path) -> None:
        """Download the file with both clients, and compare it byte by byte."""
        self.step("Download it (larder.files.download, openai.files.content) and compare")
        copy = self.folder / "copy.jsonl"
        with open_bar(copy.name) as bar:
            downloaded = self.larder.files.download(file_id, copy, progress=bar)
        expect(copy.read_bytes() == path.read_bytes(), wanted=True, what="Larder's copy is equal")
        content = self.openai.files.content(file_id).read()
        expect(content == path.read_bytes(), wanted=True, what="OpenAI's copy is equal")
        self.show(f"{size(len(content))}, identical, {downloaded.verified} compared")

    def upload_with_mistakes(self, data: bytes) -> str:
        """Upload an invalid file, show its mistakes, and return its id."""
        self.step("Upload a file with mistakes (openai.files.create)")
        created = self.openai.files.create(file=("mistakes.jsonl", data), purpose="batch")
        file = self.larder.files.wait_for_processing(created.id, within=WAIT_SECONDS)
        expect(file.status, "error", "The file's status")
        self.show(f"{file.id}, status {file.status}: {file.status_details}")

        self.step("Read all its mistakes at once (larder.files.validation)")
        errors = self.larder.files.validation(file.id).errors
        table = Table("line", "code", "param", "message", box=box.SIMPLE_HEAD)
        for error in errors:
            table.add_row(str(error.line), error.code, error.param or "", error.message)
        self.console.print(table)
        expect(tuple((error.line, error.code) for error in errors), MISTAKES, "The mistakes")
        return file.id

    def show_usage(self) -> Usage:
        """Print the project's usage and return it."""
        usage = self.larder.usage()
        self.show(
            f"{usage.files.used:,} of {usage.files.limit:,} files, "
            f"{size(usage.bytes.used)} of {size(usage.bytes.limit)}"
        )
        return usage

    def delete(self, file_id: str) -> None:
        """Delete a file and check that it is gone."""
        expect(self.openai.files.delete(file_id).deleted, wanted=True, what="deleted")
        try:
            self.openai.files.retrieve(file_id)
        except NotFoundError:
            return
        message = f"{file_id} is deleted, but can still be retrieved."
        raise UnexpectedError(message)

    def step(self, what: str) -> None:
        """Print the title of the next step."""
        self._steps += 1
        self.console.print(f"[bold cyan]{self._steps:2}[/]  [bold]{what}[/]")

    def show(self, what: str) -> None:
        """Print a result of the step."""
        self.console.print(Text.assemble("    ", ("✓", "green"), f" {what}"), soft_wrap=True)


def main() -> int:
    """Run the tour and return the exit status."""
    try:
        run()
    except ConnectionFailedError as error:
        failure = f"{error}. {NOT_RUNNING}"
    except (OperatorError, UnexpectedError, LarderClientError, OpenAIError) as error:
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
    env_file = find_env_file(OPERATOR_ENV_FILE)
    if env_file is None:
        raise OperatorError(NOT_RUNNING)
    use_env_file(env_file)
    with Client() as larder, tempfile.TemporaryDirectory() as folder:
        openai = OpenAI(base_url=larder.base_url, api_key=os.environ["LARDER_API_KEY"])
        tour = Tour(larder, openai, Path(folder))
        tour.run()
    tour.console.print("\n[bold green]Every step gave the expected result.[/]")


if __name__ == "__main__":
    sys.exit(main())

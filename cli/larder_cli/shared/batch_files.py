"""Save the result files of a batch that has ended, and count why requests failed."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, BinaryIO

import msgspec

from larder_cli.failures import OperatorError
from larder_cli.shared.output import printable
from larder_cli.shared.progress import open_bar
from larder_client import ApiError, BatchResult, UnexpectedAnswerError
from larder_client.transfer.part_file import refuse_existing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from larder_client import Batch, Client

STDOUT = "-"


@dataclass(frozen=True, slots=True)
class Places:
    """Where the output file and the error file go: files, or a folder for both.

    `output` may be `-`. An error file is written only for failed requests.
    """

    output: str
    errors: Path | None

    @classmethod
    def of(cls, output: str, errors: Path | None) -> Places:
        """Return the places; by default, `answers.errors.jsonl` comes with `answers.jsonl`."""
        if errors is None and output != STDOUT:
            path = Path(output)
            errors = path if path.is_dir() else path.with_suffix(f".errors{path.suffix}")
        return cls(output, errors)

    def refuse_existing(self) -> None:
        """Raise DestinationError if one of the files exists."""
        for path in (None if self.output == STDOUT else Path(self.output), self.errors):
            if path is not None and not path.is_dir():
                refuse_existing(path)


@dataclass(frozen=True, slots=True)
class Saved:
    """Where the files are, None for one that was not written; how many failed for each reason."""

    output: Path | None
    errors: Path | None
    reasons: Mapping[str, int]


def save_results(client: Client, batch: Batch, places: Places, *, overwrite: bool) -> Saved:
    """Download both result files; each appears when it is complete.

    Raises:
        DestinationError: something is in the way.
        OperatorError: the result files are gone.
    """
    if not overwrite:
        places.refuse_existing()
    try:
        output = _save_output(client, batch, places, overwrite=overwrite)
        errors = _save(client, batch.error_file_id, places.errors, overwrite=overwrite)
        return Saved(output, errors, _reasons(client, batch, errors))
    except ApiError as error:
        if error.status != HTTPStatus.NOT_FOUND:
            raise
        message = (
            f"The results of {batch.id} are gone: they were deleted, or they have expired, a day "
            "after the batch's end unless --expires-after said otherwise. Start a new batch."
        )
        raise OperatorError(message) from error


def _save_output(client: Client, batch: Batch, places: Places, *, overwrite: bool) -> Path | None:
    if places.output == STDOUT:
        if batch.output_file_id is not None:
            client.files.download_to(batch.output_file_id, sys.stdout.buffer)
            sys.stdout.buffer.flush()
        return None
    path = Path(places.output)
    if batch.output_file_id is None and not path.is_dir():
        # No answer is good: whoever reads the file finds none, and not those of an earlier batch.
        path.write_bytes(b"")
        return path
    return _save(client, batch.output_file_id, path, overwrite=overwrite)


def _save(
    client: Client, file_id: str | None, path: Path | None, *, overwrite: bool
) -> Path | None:
    if path is None:
        return None
    if file_id is None:
        if overwrite and path.is_file():
            path.unlink()
        return None
    with open_bar(printable(path.name)) as bar:
        return client.files.download(file_id, path, overwrite=overwrite, progress=bar).path


def _reasons(client: Client, batch: Batch, errors: Path | None) -> Mapping[str, int]:
    if batch.error_file_id is None:
        return {}
    if errors is not None:
        with errors.open("rb") as lines:
            return _count(lines, batch)
    with TemporaryFile() as stream:
        client.files.download_to(batch.error_file_id, stream)
        stream.seek(0)
        return _count(stream, batch)


def _count(lines: BinaryIO, batch: Batch) -> Mapping[str, int]:
    decoder = msgspec.json.Decoder(BatchResult)
    try:
        return Counter(decoder.decode(line).reason for line in lines)
    except (ValueError, RecursionError) as error:
        message = f"The error file of {batch.id} is not Larder's."
        raise UnexpectedAnswerError(message) from error

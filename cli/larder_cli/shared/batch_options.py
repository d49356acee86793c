"""The options of a new batch, and the file that it runs on."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import click
from platformdirs import user_state_path

from larder_cli.shared.durations import parse_duration
from larder_cli.shared.output import note, printable
from larder_cli.shared.progress import open_bar
from larder_cli.shared.validation_report import print_problems, summary
from larder_client import FileResumeStore

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from larder_client import Client, Validation

MAX_WINDOW_HOURS = 168
MIN_LIFETIME, MAX_LIFETIME = 3_600, 2_592_000
MAX_METADATA_PAIRS, MAX_METADATA_KEY, MAX_METADATA_VALUE = 16, 64, 512
"""The server's bounds; a test compares them."""

_HOURS = re.compile(r"([1-9][0-9]{0,2})h")
_FILE_ID = re.compile(r"file-[0-9a-f]{24}")

endpoint_option = click.option(
    "--endpoint",
    metavar="PATH",
    help="The url of the file's requests, as /v1/chat/completions. Default: that of its lines.",
)
window_option = click.option(
    "--window", default="24h", metavar="HOURS", help="When the batch expires: after 1h to 168h."
)
metadata_option = click.option(
    "--metadata", multiple=True, metavar="KEY=VALUE", help="What you want to note; up to 16 times."
)
expires_after_option = click.option(
    "--expires-after",
    type=parse_duration,
    metavar="DURATION",
    help="Let the result files expire after 1h to 30d. Default: one day.",
)
wait_option = click.option(
    "--wait", is_flag=True, help="Wait until the batch has ended. Exit with 4 if requests failed."
)


def checked_options(
    window: str, metadata: Sequence[str], expires_after: int | None
) -> dict[str, Any]:
    """Return the keywords of `client.batches.create` for these options.

    Raises:
        click.UsageError: Larder would refuse one of them.
    """
    pairs = _parse_metadata(metadata)
    _check(window, pairs, expires_after)
    return {
        "completion_window": window,
        "metadata": pairs,
        "output_expires_after": expires_after,
    }


def _check(window: str, pairs: dict[str, str] | None, expires_after: int | None) -> None:
    """Refuse what Larder would refuse, before the file is sent."""
    hours = _HOURS.fullmatch(window)
    if hours is None or int(hours[1]) > MAX_WINDOW_HOURS:
        message = f"A batch takes whole hours, from 1h to {MAX_WINDOW_HOURS}h, not '{window}'."
        raise click.UsageError(message)
    if expires_after is not None and not MIN_LIFETIME <= expires_after <= MAX_LIFETIME:
        raise click.UsageError("Result files live from 1h to 30d.")
    if len(pairs or ()) > MAX_METADATA_PAIRS:
        raise click.UsageError(f"At most {MAX_METADATA_PAIRS} pairs of metadata, please.")
    for key, value in (pairs or {}).items():
        if len(key) > MAX_METADATA_KEY or len(value) > MAX_METADATA_VALUE:
            message = (
                f"Metadata has keys of up to {MAX_METADATA_KEY} characters and values of up to "
                f"{MAX_METADATA_VALUE}; '{key[:MAX_METADATA_KEY]}' has more."
            )
            raise click.UsageError(message)


def _parse_metadata(pairs: Sequence[str]) -> dict[str, str] | None:
    found: dict[str, str] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key:
            message = f"Write metadata as job=nightly, not as '{pair}'."
            raise click.UsageError(message)
        if key in found:
            message = f"The metadata '{key}' is given twice."
            raise click.UsageError(message)
        found[key] = value
    return found or None


def is_file_id(given: str) -> bool:
    """Return whether this is the id of a file, and not a local path."""
    return _FILE_ID.fullmatch(given) is not None


def checked_file(path: Path, endpoint: str | None) -> Validation:
    """Return the report on a local file, by the server's rules.

    Raises:
        click.exceptions.Exit: it is invalid, or its lines have another endpoint; stderr says why.
        OSError: it cannot be read.
    """
    # The validator is imported for a local file only.
    from larder_cli.commands.validate import check_file  # noqa: PLC0415

    name = printable(str(path))
    with open_bar(printable(path.name)) as bar:
        found = check_file(path, bar)
    return _accepted(found, name, endpoint)


def checked_stored_file(client: Client, file_id: str) -> Validation:
    """Return the server's report on a file, once there is one.

    Raises:
        click.exceptions.Exit: the file is invalid; stderr says why.
        LarderClientError: there is no such file, or no report within five minutes.
    """
    client.files.wait_for_processing(file_id)
    return _accepted(client.files.validation(file_id), file_id, None)


def upload(client: Client, path: Path) -> str:
    """Upload a file for a batch, or resume its upload, and return its id."""
    resume_store = FileResumeStore(user_state_path("larder", appauthor=False) / "uploads")
    with open_bar(printable(path.name)) as bar:
        return client.files.upload(path, resume_store=resume_store, progress=bar).file.id


def _accepted(found: Validation, name: str, endpoint: str | None) -> Validation:
    note(f"{name}: {summary(found)}")
    if not found.valid:
        print_problems(found, on_stderr=True)
        raise click.exceptions.Exit(1)
    if endpoint is not None and endpoint != found.endpoint:
        note(f"larder: {name}: Its requests are for {found.endpoint}: leave out --endpoint.")
        raise click.exceptions.Exit(1)
    return found

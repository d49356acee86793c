"""The options of a new batch, and the file that it runs on."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any

import typer
from platformdirs import user_state_path

from larder.domain.batches import checked_metadata, window_seconds
from larder.domain.errors import LarderError
from larder.domain.files import checked_lifetime
from larder_cli.commands.put import parse_duration
from larder_cli.shared.output import note, printable
from larder_cli.shared.progress import open_bar
from larder_cli.shared.validation_report import print_problems, summary
from larder_client import FileResumeStore

if TYPE_CHECKING:
    from pathlib import Path

    from larder_client import Client, Validation

_FILE_ID = re.compile(r"file-[0-9a-f]{24}")

Endpoint = Annotated[
    str | None,
    typer.Option(
        metavar="PATH",
        help="The url of the file's requests, as /v1/chat/completions. Default: that of its lines.",
    ),
]
Window = Annotated[
    str, typer.Option(metavar="HOURS", help="When the batch expires: after 1h to 168h.")
]
Metadata = Annotated[
    list[str] | None,
    typer.Option(metavar="KEY=VALUE", help="What you want to note; up to 16 times."),
]
ExpiresAfter = Annotated[
    int | None,
    typer.Option(
        parser=parse_duration,
        metavar="DURATION",
        help="Let the result files expire after 1h to 30d. Default: one day.",
    ),
]
Wait = Annotated[
    bool,
    typer.Option("--wait", help="Wait until the batch has ended. Exit with 4 if requests failed."),
]


def checked_options(
    window: str, metadata: list[str] | None, expires_after: int | None
) -> dict[str, Any]:
    """Return the keywords of `client.batches.create` for these options.

    Raises:
        typer.BadParameter: Larder would refuse one of them.
    """
    pairs = _parse_metadata(metadata)
    try:
        window_seconds(window)
        checked_metadata(pairs)
        checked_lifetime(expires_after, param="expires_after")
    except LarderError as refusal:
        raise typer.BadParameter(str(refusal)) from refusal
    return {
        "completion_window": window,
        "metadata": pairs,
        "output_expires_after": expires_after,
    }


def _parse_metadata(pairs: list[str] | None) -> dict[str, str] | None:
    found: dict[str, str] = {}
    for pair in pairs or ():
        key, equals, value = pair.partition("=")
        if not equals or not key:
            message = f"Write metadata as job=nightly, not as '{pair}'."
            raise typer.BadParameter(message)
        if key in found:
            message = f"The metadata '{key}' is given twice."
            raise typer.BadParameter(message)
        found[key] = value
    return found or None


def is_file_id(given: str) -> bool:
    """Return whether this is the id of a file, and not a local path."""
    return _FILE_ID.fullmatch(given) is not None


def checked_file(path: Path, endpoint: str | None) -> Validation:
    """Return the report on a local file, by the server's rules.

    Raises:
        typer.Exit: it is invalid, or its lines have another endpoint; stderr says why.
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
        typer.Exit: the file is invalid; stderr says why.
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
        raise typer.Exit(1)
    if endpoint is not None and endpoint != found.endpoint:
        note(f"larder: {name}: Its requests are for {found.endpoint}: leave out --endpoint.")
        raise typer.Exit(1)
    return found

"""`larder put`: upload files."""

from __future__ import annotations

from contextlib import ExitStack
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import click
import msgspec
from platformdirs import user_state_path

from larder_cli.failures import OperatorError
from larder_cli.shared.arguments import LOCAL_PATH, argument
from larder_cli.shared.common_texts import is_worth_compacting
from larder_cli.shared.connection import (
    connection_options,
    json_option,
    open_client,
    parallel_option,
)
from larder_cli.shared.durations import parse_duration
from larder_cli.shared.each import report
from larder_cli.shared.local_files import STDIN, LocalFile, expand, saved_stdin, walk
from larder_cli.shared.output import note, print_json_line, printable, size
from larder_cli.shared.progress import open_bar, open_spinner
from larder_cli.shared.targets import Targets
from larder_cli.shared.validation_report import fails, print_problems, strict_option, summary
from larder_client import ApiError, FileResumeStore

if TYPE_CHECKING:
    from larder_cli.shared.each import Failures
    from larder_client import Client, File, UploadResult, Validation

_RESUME = "Run the same command again within the hour to resume the upload."

_UPLOADED = "The file is uploaded: 'larder ls' shows its status."


@click.command()
@argument(
    "files",
    nargs=-1,
    required=True,
    type=LOCAL_PATH,
    metavar="FILE…",
    help="Local files, wildcards, folders with -r, or - for standard input.",
)
@click.option(
    "--purpose",
    metavar="PURPOSE",
    show_default="user_data with --folder or -r, otherwise batch",
    help="What the files are for: batch, user_data or another purpose of OpenAI's.",
)
@click.option(
    "--folder",
    metavar="FOLDER",
    help="The folder of the Space to put the files in: its path or id.",
)
@click.option(
    "--recursive",
    "-r",
    is_flag=True,
    help="Upload folders, too, with everything in them, to the Space.",
)
@click.option("--name", metavar="NAME", help="The name of the file, if it is to have another one.")
@click.option(
    "--replace",
    is_flag=True,
    help="Move a file of the same name in that folder to the trash, once the new one is there.",
)
@click.option(
    "--expires-after",
    type=parse_duration,
    metavar="DURATION",
    help="Let the files expire after 1h to 30d.",
)
@click.option(
    "--wait",
    is_flag=True,
    help="Wait until the files are validated. Exit with 1 if one is invalid.",
)
@click.option(
    "--timeout",
    default=300,
    type=click.IntRange(min=1),
    metavar="SECONDS",
    help="How long --wait waits for each file.",
)
@strict_option
@click.option(
    "--checksum/--no-checksum",
    default=None,
    help="Compute a file's SHA-256 first, so that the stored bytes are compared with it. "
    "Default: only for files up to 64 MiB.",
)
@parallel_option
@connection_options
@json_option
def put(  # noqa: PLR0913, PLR0917 - one for each option
    files: tuple[str, ...],
    purpose: str | None,
    folder: str | None,
    recursive: bool,
    name: str | None,
    replace: bool,
    expires_after: int | None,
    wait: bool,
    timeout: int,
    strict: bool,
    checksum: bool | None,
    parallel: int,
    base_url: str | None,
    api_key: str | None,
    as_json: bool,
) -> None:
    """Upload files and print their ids.

    To resume an interrupted upload, run the same command again within the hour.
    """
    if name is not None and len(files) > 1:
        message = "--name is for a single file."
        raise click.UsageError(message)
    store = FileResumeStore(user_state_path("larder", appauthor=False) / "uploads")
    options: dict[str, Any] = {
        "purpose": purpose or ("user_data" if folder or recursive else "batch"),
        "expires_after": expires_after,
        "checksum": checksum,
        "if_exists": "replace" if replace else None,
        "resume_store": store,
    }
    with (
        report(_RESUME, as_json=as_json) as failures,
        open_client(base_url, api_key, parallel) as client,
    ):
        targets = Targets(client, folder)
        for given in files:
            with ExitStack() as stack, failures.each(_RESUME, path=printable(given)):
                if given == STDIN:
                    found = [LocalFile(stack.enter_context(saved_stdin()))]
                else:
                    paths = expand(given, recursive=recursive)
                    found = [file for path in paths for file in walk(path)]
                if name is not None and len(found) > 1:
                    message = "--name is for a single file."
                    raise OperatorError(message)
                for file in found:
                    shown = STDIN if given == STDIN else printable(str(file.path))
                    named = name or ("stdin" if given == STDIN else None)
                    uploaded = _upload(client, failures, targets, file, shown, named, options)
                    if uploaded is None:
                        continue
                    if wait:
                        _wait(client, failures, uploaded, shown, timeout, strict, as_json=as_json)
                    elif as_json:
                        print_json_line(_as_json(shown, uploaded, uploaded.file, None))


def _upload(
    client: Client,
    failures: Failures,
    targets: Targets,
    file: LocalFile,
    shown: str,
    name: str | None,
    options: dict[str, Any],
) -> UploadResult | None:
    """Return the uploaded file; None if that failed, which has been reported."""
    uploaded = None
    with failures.each(_RESUME, path=shown):
        folder_id = targets.folder_id(file.below)
        with open_bar(printable(name or file.path.name)) as bar:
            uploaded = client.files.upload(
                file.path, filename=name, folder_id=folder_id, progress=bar, **options
            )
        if not failures.as_json:
            click.echo(uploaded.file.id)
            note(f"{shown}: {size(uploaded.file.bytes)} uploaded{_resumed(uploaded)}")
            if options["purpose"] == "batch" and is_worth_compacting(file.path):
                note(f"{shown}: 'larder compact' sends what its requests share only once")
    return uploaded


def _wait(
    client: Client,
    failures: Failures,
    uploaded: UploadResult,
    shown: str,
    timeout: int,
    strict: bool,
    *,
    as_json: bool,
) -> None:
    with report(_UPLOADED), failures.each(_UPLOADED, path=shown, id=uploaded.file.id):
        with open_spinner(f"checking {shown}"):
            file, validation = _validated(client, uploaded.file, timeout)
        if as_json:
            print_json_line(_as_json(shown, uploaded, file, validation))
        else:
            _print(shown, file, validation)
        if file.status == "error" or (validation is not None and fails(validation, strict=strict)):
            failures.fail()


def _validated(client: Client, file: File, within: int) -> tuple[File, Validation | None]:
    """Return the file once it is validated, and its report if its purpose has one."""
    file = client.files.wait_for_processing(file.id, within=within)
    try:
        return file, client.files.validation(file.id)
    except ApiError as error:
        if error.status == HTTPStatus.NOT_FOUND:
            return file, None
        raise


def _print(name: str, file: File, validation: Validation | None) -> None:
    note(f"{name}: {file.status if validation is None else summary(validation)}")
    if validation is not None:
        print_problems(validation, on_stderr=True)


def _resumed(uploaded: UploadResult) -> str:
    return f" ({size(uploaded.resumed)} of it earlier)" if uploaded.resumed else ""


def _as_json(
    name: str, uploaded: UploadResult, file: File, validation: Validation | None
) -> dict[str, Any]:
    return {
        "path": name,
        "file": msgspec.to_builtins(file),
        "way": uploaded.way,
        "resumed_bytes": uploaded.resumed,
        "validation": msgspec.to_builtins(validation),
    }

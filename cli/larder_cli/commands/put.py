"""`larder put`: upload files."""

from contextlib import ExitStack
from http import HTTPStatus
from typing import Annotated, Any

import msgspec
import typer
from platformdirs import user_state_path

from larder_cli.failures import OperatorError
from larder_cli.shared.common_texts import is_worth_compacting
from larder_cli.shared.connection import ApiKey, AsJson, BaseUrl, Parallel, open_client
from larder_cli.shared.durations import parse_duration
from larder_cli.shared.each import Failures, report
from larder_cli.shared.local_files import STDIN, LocalFile, expand, saved_stdin, walk
from larder_cli.shared.output import note, print_json_line, printable, size
from larder_cli.shared.progress import open_bar, open_spinner
from larder_cli.shared.targets import Targets
from larder_cli.shared.validation_report import Strict, fails, print_problems, summary
from larder_client import ApiError, Client, File, FileResumeStore, UploadResult, Validation
from larder_client.options import PARALLEL

_RESUME = "Run the same command again within the hour to resume the upload."

_UPLOADED = "The file is uploaded: 'larder ls' shows its status."


def put(  # noqa: PLR0913, PLR0917 - one for each option
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE…",
            help="Local files, wildcards, folders with -r, or - for standard input.",
        ),
    ],
    purpose: Annotated[
        str | None,
        typer.Option(
            metavar="PURPOSE",
            help="What the files are for: batch, user_data or another purpose of OpenAI's.",
            show_default="user_data with --folder or -r, otherwise batch",
        ),
    ] = None,
    folder: Annotated[
        str | None,
        typer.Option(
            metavar="FOLDER", help="The folder of the Space to put the files in: its path or id."
        ),
    ] = None,
    recursive: Annotated[
        bool,
        typer.Option(
            "--recursive", "-r", help="Upload folders, too, with everything in them, to the Space."
        ),
    ] = False,
    name: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="The name of the file, if it is to have another one."),
    ] = None,
    replace: Annotated[
        bool,
        typer.Option(
            "--replace",
            help="Move a file of the same name in that folder to the trash, once the new one is "
            "there.",
        ),
    ] = False,
    expires_after: Annotated[
        int | None,
        typer.Option(
            parser=parse_duration,
            metavar="DURATION",
            help="Let the files expire after 1h to 30d.",
        ),
    ] = None,
    wait: Annotated[
        bool,
        typer.Option(
            "--wait", help="Wait until the files are validated. Exit with 1 if one is invalid."
        ),
    ] = False,
    timeout: Annotated[
        int, typer.Option(min=1, metavar="SECONDS", help="How long --wait waits for each file.")
    ] = 300,
    strict: Strict = False,
    checksum: Annotated[
        bool | None,
        typer.Option(
            "--checksum/--no-checksum",
            help="Compute a file's SHA-256 first, so that the stored bytes are compared with it. "
            "Default: only for files up to 64 MiB.",
        ),
    ] = None,
    parallel: Parallel = PARALLEL,
    base_url: BaseUrl = None,
    api_key: ApiKey = None,
    as_json: AsJson = False,
) -> None:
    """Upload files and print their ids.

    To resume an interrupted upload, run the same command again within the hour.
    """
    if name is not None and len(files) > 1:
        message = "--name is for a single file."
        raise typer.BadParameter(message)
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
            typer.echo(uploaded.file.id)
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

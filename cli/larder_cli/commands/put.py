"""`larder put`: upload files."""

from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from platformdirs import user_state_path

from larder_cli.shared.common_texts import is_worth_compacting
from larder_cli.shared.connection import ApiKey, AsJson, BaseUrl, Parallel, open_client
from larder_cli.shared.durations import parse_duration
from larder_cli.shared.each import report
from larder_cli.shared.output import counted, note, print_json_line, printable
from larder_cli.shared.paths import find_folder_id
from larder_cli.shared.progress import open_bar
from larder_cli.shared.validation_report import Strict, fails, print_problems, summary
from larder_client import ApiError, Client, File, FileResumeStore, UploadResult, Validation
from larder_client.options import PARALLEL

_RESUME = "Run the same command again within the hour to resume the upload."

_UPLOADED = "The file is uploaded: 'larder ls' shows its status."


def put(  # noqa: PLR0913, PLR0917 - one for each option
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="Local files.")],
    purpose: Annotated[
        str,
        typer.Option(
            metavar="PURPOSE",
            help="What the files are for: batch, user_data or another purpose of OpenAI's.",
        ),
    ] = "batch",
    folder: Annotated[
        str | None,
        typer.Option(
            metavar="FOLDER", help="The folder of the Space to put the files in: its path or id."
        ),
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
    resume_store = FileResumeStore(user_state_path("larder", appauthor=False) / "uploads")
    with (
        report(_RESUME, as_json=as_json) as failures,
        open_client(base_url, api_key, parallel) as client,
    ):
        folder_id = find_folder_id(client, folder) if folder else None
        for path in files:
            name = printable(str(path))
            uploaded = None
            with failures.each(_RESUME, path=name):
                with open_bar(printable(path.name)) as bar:
                    uploaded = client.files.upload(
                        path,
                        purpose=purpose,
                        expires_after=expires_after,
                        checksum=checksum,
                        folder_id=folder_id,
                        if_exists="replace" if replace else None,
                        resume_store=resume_store,
                        progress=bar,
                    )
                if not as_json:
                    typer.echo(uploaded.file.id)
                    size = counted(uploaded.file.bytes, "byte")
                    note(f"{name}: {size} uploaded{_resumed(uploaded)}")
                    if purpose == "batch" and is_worth_compacting(path):
                        note(f"{name}: 'larder compact' sends what its requests share only once")
                elif not wait:
                    print_json_line(_as_json(name, uploaded, uploaded.file, None))
            if wait and uploaded is not None:
                with report(_UPLOADED), failures.each(_UPLOADED, path=name, id=uploaded.file.id):
                    file, validation = _wait(client, uploaded.file, timeout)
                    if as_json:
                        print_json_line(_as_json(name, uploaded, file, validation))
                    else:
                        _print(name, file, validation)
                    if file.status == "error" or (
                        validation is not None and fails(validation, strict=strict)
                    ):
                        failures.fail()


def _wait(client: Client, file: File, within: int) -> tuple[File, Validation | None]:
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
    return f" ({uploaded.resumed:,} of them earlier)" if uploaded.resumed else ""


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

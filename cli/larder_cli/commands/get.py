"""`larder get`: download files."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from larder_cli.shared.arguments import LOCAL_PATH, argument
from larder_cli.shared.connection import (
    connection_options,
    json_option,
    open_client,
    parallel_option,
)
from larder_cli.shared.each import report
from larder_cli.shared.output import note, print_json_line, size
from larder_cli.shared.paths import FOLDER_ID, find_files, find_items, is_path, path_or_id
from larder_cli.shared.progress import open_bar
from larder_client import DestinationError
from larder_client.space.names import folded
from larder_client.transfer.download import safe_name

if TYPE_CHECKING:
    from larder_cli.shared.each import Failures
    from larder_client import Client, DownloadResult, Tree

STDOUT = "-"


@click.command()
@argument(
    "files",
    nargs=-1,
    required=True,
    metavar="FILE…",
    help="Paths or ids of files, or of folders with -r; a path may have wildcards.",
)
@click.option(
    "--output",
    "-o",
    default=".",
    type=LOCAL_PATH,
    metavar="PATH",
    show_default="this folder, under the file's own name",
    help="Where to write it: a file, an existing folder, or - for standard output.",
)
@click.option("--recursive", "-r", is_flag=True, help="Download folders with everything in them.")
@click.option("--force", is_flag=True, help="Overwrite the file if it exists.")
@parallel_option
@connection_options
@json_option
def get(
    files: tuple[str, ...],
    output: str,
    recursive: bool,
    force: bool,
    parallel: int,
    base_url: str | None,
    api_key: str | None,
    as_json: bool,
) -> None:
    """Download files.

    To resume an interrupted download, run the same command again.
    """
    if output == STDOUT and as_json:
        message = "--json and -o - both write to standard output: leave one of them out."
        raise click.UsageError(message)
    if output == STDOUT and (recursive or len(files) > 1):
        message = "-o - is for a single file; 'larder cat' prints several."
        raise click.UsageError(message)
    hint = "" if output == STDOUT else "Run the same command again to resume the download."
    with (
        report(hint, as_json=as_json) as failures,
        open_client(base_url, api_key, parallel) as client,
    ):
        getter = _Getter(client, failures, hint, force=force)
        for given in files:
            with failures.each(hint, **path_or_id(given)):
                if recursive and is_path(given) and not given.strip("/"):
                    getter.folder(given, None, Path(output))
                    continue
                found = (find_items if recursive else find_files)(client, given)
                if output == STDOUT:
                    with open_bar() as bar:
                        client.files.download_to(found[0][1], sys.stdout.buffer, progress=bar)
                    sys.stdout.buffer.flush()
                    continue
                if len(files) + len(found) > 2 and not Path(output).is_dir():  # noqa: PLR2004
                    message = f"There is no folder {output} for several files."
                    raise DestinationError(message)
                for name, item_id in found:
                    if item_id.startswith(FOLDER_ID):
                        getter.folder(name, item_id, Path(output))
                    else:
                        getter.file(name, item_id, Path(output))


class _Getter:
    """Downloads one thing after the other; what fails is reported, and the others come."""

    def __init__(self, client: Client, failures: Failures, hint: str, *, force: bool) -> None:
        self._client = client
        self._failures = failures
        self._hint = hint
        self._force = force

    def file(self, given: str, file_id: str, target: Path) -> None:
        """Download a file to a path, or into a folder."""
        with self._failures.each(self._hint, **path_or_id(given)):
            with open_bar() as bar:
                done = self._client.files.download(
                    file_id, target, overwrite=self._force, progress=bar
                )
            _print(done, as_json=self._failures.as_json)

    def folder(self, given: str, folder_id: str | None, target: Path) -> None:
        """Download a folder, None for the root, into a local one that exists."""
        with self._failures.each(self._hint, **path_or_id(given)):
            if not target.is_dir():
                message = f"There is no folder {target}."
                raise DestinationError(message)
            opened = self._client.space.folder(folder_id) if folder_id else None
            tree = self._client.space.tree(opened)
            self._tree(tree, given.rstrip("/"), target)

    def _tree(self, tree: Tree, path: str, target: Path) -> None:
        if tree.folder is not None:
            # Names come from the server: none of them leads out of the target.
            target /= safe_name(tree.folder.name) or tree.folder.id
            target.mkdir(exist_ok=True)
        for child in tree.folders:
            name = child.folder.name if child.folder else ""
            with self._failures.each(self._hint, path=f"{path}/{name}"):
                self._tree(child, f"{path}/{name}", target)
        taken: set[str] = set()
        for file in tree.files:
            name = safe_name(file.name) or file.id
            # Two files of a folder may have one name, or names that a disk does not tell apart.
            local = f"{file.id} {name}" if folded(name) in taken else name
            taken.add(folded(name))
            self.file(f"{path}/{file.name}", file.id, target / local)


def _print(downloaded: DownloadResult, *, as_json: bool) -> None:
    if as_json:
        print_json_line(
            {
                "id": downloaded.file.id,
                "path": str(downloaded.path),
                "bytes": downloaded.file.bytes,
                "sha256": downloaded.file.sha256,
                "verified": downloaded.verified,
                "resumed_bytes": downloaded.resumed,
            }
        )
        return
    click.echo(str(downloaded.path))
    earlier = f" ({size(downloaded.resumed)} of it earlier)" if downloaded.resumed else ""
    checked = f"{downloaded.verified} verified" if downloaded.verified else "no checksum to verify"
    note(f"{size(downloaded.file.bytes)} downloaded{earlier}, {checked}")

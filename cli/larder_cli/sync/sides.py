"""What the two sides of `larder sync` have."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from larder_cli.failures import OperatorError
from larder_cli.shared.local_files import walk
from larder_cli.sync.plan import Local, Remote
from larder_client import PathError
from larder_client.transfer.progress import SILENT
from larder_client.transfer.source import Source

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from larder_client import Client, Tree

OWN = ".larder-sync"
"""The folder in a synchronized one for what is on its way, and for what was put away."""


def read_local(folder: Path) -> list[Local]:
    """Return the files of a local folder, at any depth, without those of `OWN`.

    Raises:
        OSError: a folder cannot be read: then nothing is known to be missing.
        OperatorError: it is no folder.
    """
    if not folder.is_dir():
        message = f"{folder} is no folder."
        raise OperatorError(message)
    found = []
    for file in walk(folder):
        assert file.below is not None  # noqa: S101 - it is in a folder
        below = PurePosixPath(*file.below.parts[1:], file.path.name)
        if below.parts[0] != OWN:
            found.append(Local(below, file.path, file.path.stat().st_size))
    return found


def read_remote(client: Client, path: str, *, missing_ok: bool) -> list[Remote]:
    """Return the files of a folder of the Space, at any depth.

    Raises:
        PathError: there is no such folder; with `missing_ok`, it has no files.
    """
    try:
        folder = client.space.folder_at(path)
    except PathError:
        if missing_ok and path.startswith("/"):
            return []
        raise
    return list(_files(client.space.tree(folder), PurePosixPath()))


def same_content(client: Client, local: Local, remote: Remote) -> bool:
    """Return whether two files of one size have the same SHA-256.

    One that Larder does not know yet is taken for another: at worst, a file is sent again.
    """
    theirs = client.files.retrieve(remote.id).sha256
    return theirs is not None and theirs == Source.at(local.file).sha256(SILENT)


def _files(tree: Tree, below: PurePosixPath) -> Iterator[Remote]:
    for file in tree.files:
        yield Remote(below / file.name, file.id, file.size)
    for child in tree.folders:
        if child.folder is not None:
            yield from _files(child, below / child.folder.name)

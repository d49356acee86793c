"""What `larder put` is to send: files, wildcards, folders with everything in them, and stdin."""

from __future__ import annotations

import os
import shutil
import stat
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from glob import glob, has_magic
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from larder_cli.failures import OperatorError
from larder_cli.shared.output import note, printable

if TYPE_CHECKING:
    from collections.abc import Iterator

STDIN = "-"


@dataclass(frozen=True, slots=True)
class LocalFile:
    """A local file; `below` is its folder below the target, for files of a folder."""

    path: Path
    below: PurePosixPath | None = None


def expand(given: str, *, recursive: bool) -> list[Path]:
    """Return the paths that were given, or that match a wildcard the shell left alone.

    Raises:
        OperatorError: nothing matches, or it is a folder and `recursive` is False.
    """
    path = Path(given)
    found = [path]
    if has_magic(given) and not os.path.lexists(path):
        matching = sorted(glob(given, recursive=True))  # noqa: PTH207 - of any path
        found = [Path(each) for each in matching]
        if not found:
            message = f"Nothing matches {given}."
            raise OperatorError(message)
        # A wildcard means the files that it matches, unless folders were asked for.
        found = [each for each in found if recursive or not each.is_dir()]
    if not recursive and path.is_dir():
        message = f"{given} is a folder: give -r to upload it with everything in it."
        raise OperatorError(message)
    return found


def walk(path: Path) -> Iterator[LocalFile]:
    """Yield the file, or each file in the folder, by name.

    Links to folders are not followed, and what is no file is left out, each with a note.

    Raises:
        OSError: a folder cannot be read.
    """
    if not path.is_dir():
        yield LocalFile(path)
        return
    top = path.name if path.name not in {"", ".."} else path.resolve().name

    def refuse(error: OSError) -> None:
        raise error

    for folder, folders, files in os.walk(path, onerror=refuse):
        folders.sort()
        below = PurePosixPath(top, *Path(folder).relative_to(path).parts)
        for name in folders:
            if (Path(folder) / name).is_symlink():
                note(f"{printable(str(Path(folder) / name))}: a link to a folder, left out")
        for name in sorted(files):
            file = Path(folder) / name
            try:
                regular = stat.S_ISREG(file.stat().st_mode)
            except FileNotFoundError:
                regular = False
            if regular:
                yield LocalFile(file, below)
            else:
                note(f"{printable(str(file))}: not a file, left out")


@contextmanager
def saved_stdin() -> Iterator[Path]:
    """Save standard input to a file, which is gone afterwards.

    An upload has to know its size before it begins.
    """
    with tempfile.TemporaryDirectory(prefix="larder-") as folder:
        path = Path(folder) / "stdin"
        with path.open("wb") as file:
            shutil.copyfileobj(sys.stdin.buffer, file)
        yield path

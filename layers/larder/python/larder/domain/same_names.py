"""What becomes of a new file whose folder has a file of its name already.

Two names are the same if they differ in case or Unicode's forms alone, as with folders.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from larder.domain.errors import ConflictError, InvalidParameterError
from larder.domain.filenames import MAX_FILENAME_BYTES

if TYPE_CHECKING:
    from larder.domain.files import File

MAX_REPLACED = 20
"""Files of one name that a new one replaces: they go to the trash in its own transaction."""

MAX_NUMBER = 100
"""The highest number that `rename` tries; each takes two reads."""


class IfExists(StrEnum):
    """What to do if there is a file of that name: without it, there are two."""

    REPLACE = "replace"
    RENAME = "rename"
    FAIL = "fail"


def if_exists_from(raw: str | None, *, param: str) -> IfExists | None:
    """Return what a client gave; None or nothing: two files may have the same name.

    Raises:
        InvalidParameterError: it is no such thing.
    """
    if not raw:
        return None
    if raw not in IfExists:
        raise InvalidParameterError(
            f"{param} must be one of {', '.join(IfExists)}, not '{raw[:64]}'.", param=param
        )
    return IfExists(raw)


def numbered(name: str, mark: str) -> str:
    """Return `name (mark)` before its suffix: `report (2).pdf`; a long name is cut."""
    stem, dot, suffix = name.rpartition(".")
    if not stem:
        stem, dot, suffix = name, "", ""
    ending = f" ({mark}){dot}{suffix}"
    room = MAX_FILENAME_BYTES - len(ending.encode())
    if room < 1:
        # The suffix alone is as long as a name may be.
        return numbered(name.replace(".", "_"), mark)
    return stem.encode()[:room].decode(errors="ignore") + ending


def name_taken(file: File) -> ConflictError:
    """Return the refusal of a new file beside this one."""
    return ConflictError(
        f"There is a file '{file.filename}' here already: {file.id}. Choose another name or "
        "folder, or send replace or rename instead of fail.",
        code="file_exists",
        permanent=True,
    )


def too_many_to_replace() -> ConflictError:
    """Return the refusal to replace more files than one transaction can."""
    return ConflictError(
        f"More than {MAX_REPLACED} files here have this name, too many to replace at once. Move "
        "some of them to the trash first.",
        code="too_many_files",
        permanent=True,
    )

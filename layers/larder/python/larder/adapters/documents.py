"""The text of files: plain text here, documents in a process of their own, with limits.

The libraries that read documents meet hostile ones. Their process has a time, a size and a memory
that it cannot exceed, and whatever it does, the function goes on.
"""

from __future__ import annotations

import codecs
import os
import subprocess
import sys
from typing import TYPE_CHECKING

from larder.domain.errors import InvalidParameterError

if TYPE_CHECKING:
    from larder.domain.files import File

SECONDS = 8
MEMORY = 512 * 2**20
"""Bytes of address space of the process."""

MAX_CHARACTERS = 1_000_000
"""Characters of one document's text; what is longer is cut."""

_KINDS = {
    "application/pdf": "pdf",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "text/html": "html",
    "application/xhtml+xml": "html",
}
_SUFFIXES = {".pdf": "pdf", ".docx": "docx", ".xlsx": "xlsx", ".html": "html", ".htm": "html"}
_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


class FileTexts:
    """`DocumentText` by pypdf, python-docx, openpyxl and lxml."""

    def __init__(self, seconds: float = SECONDS) -> None:
        self._seconds = seconds

    def __call__(self, file: File, data: bytes) -> str:
        """Return the text of the file."""
        kind = _kind_of(file)
        if kind is None:
            return _plain(file, data)[:MAX_CHARACTERS]
        return self._extracted(file, kind, data)

    def _extracted(self, file: File, kind: str, data: bytes) -> str:
        try:
            done = subprocess.run(  # noqa: S603 - this interpreter, and a module of ours
                [sys.executable, "-m", "larder.adapters.document_process", kind],
                input=data,
                capture_output=True,
                timeout=self._seconds,
                check=False,
                env={"PYTHONPATH": os.pathsep.join(sys.path), "PATH": os.environ.get("PATH", "")},
            )
        except subprocess.TimeoutExpired as error:
            raise _unreadable(file, f"it takes longer than {self._seconds} seconds") from error
        if done.returncode != 0:
            said = done.stderr.decode("utf-8", "replace").strip().splitlines()
            known = said[-1] if said and done.returncode == 1 else ""
            raise _unreadable(file, known[:200] or "it is damaged, or needs too much memory")
        return done.stdout.decode("utf-8", "replace")


def _kind_of(file: File) -> str | None:
    essence = file.mime_type.partition(";")[0].strip().lower()
    suffix = os.path.splitext(file.filename)[1].lower()  # noqa: PTH122 - a name, and no path
    if essence in _KINDS:
        return _KINDS[essence]
    return None if essence.startswith("text/") else _SUFFIXES.get(suffix)


def _plain(file: File, data: bytes) -> str:
    for mark, encoding in _MARKS.items():
        if data.startswith(mark):
            return data.decode(encoding, "replace")
    if b"\x00" in data:
        raise _unreadable(file, f"files of the type {file.mime_type[:80]} have no text")
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        if file.mime_type.startswith("text/"):
            return data.decode("cp1252", "replace")
        message = f"files of the type {file.mime_type[:80]} have no text"
        raise _unreadable(file, message) from error


def _unreadable(file: File, why: str) -> InvalidParameterError:
    message = f"The text of '{file.filename}' cannot be read: {why}."
    return InvalidParameterError(message, param="file_id")

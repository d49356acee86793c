"""Extract the text of a document: `python -m larder.adapters.document_process KIND < FILE`.

This is the process of `documents`. It limits itself before it reads anything. A refusal is one line
on standard error, with status 1.
"""

from __future__ import annotations

import io
import resource
import sys
import zipfile
from typing import TYPE_CHECKING

from larder.adapters.documents import MAX_CHARACTERS, MEMORY, SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MAX_UNPACKED = 100 * 2**20
"""Bytes of what is in a packed document."""

_HIDDEN = ("script", "style", "noscript", "template", "head")


class UnreadableError(Exception):
    """Why a document has no text."""


def _pdf(data: bytes) -> Iterator[str]:
    from pypdf import PdfReader  # noqa: PLC0415 - the library of one kind of document

    reader = PdfReader(io.BytesIO(data))
    if reader.is_encrypted and not reader.decrypt(""):
        raise UnreadableError("it is encrypted")
    for page in reader.pages:
        yield page.extract_text() + "\n"


def _docx(data: bytes) -> Iterator[str]:
    from docx import Document  # noqa: PLC0415
    from docx.table import Table  # noqa: PLC0415

    _check_size(data)
    for part in Document(io.BytesIO(data)).iter_inner_content():
        if isinstance(part, Table):
            for row in part.rows:
                yield "\t".join(cell.text for cell in row.cells) + "\n"
        else:
            yield part.text + "\n"


def _xlsx(data: bytes) -> Iterator[str]:
    from openpyxl import load_workbook  # noqa: PLC0415

    _check_size(data)
    book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
    for sheet in book.worksheets:
        yield f"[{sheet.title}]\n"
        for row in sheet.iter_rows(values_only=True):
            cells = ["" if cell is None else str(cell) for cell in row]
            if any(cells):
                yield "\t".join(cells).rstrip("\t") + "\n"


def _html(data: bytes) -> Iterator[str]:
    from lxml import html  # noqa: PLC0415

    root = html.document_fromstring(data)
    for hidden in root.xpath("|".join(f"//{name}" for name in _HIDDEN)):
        hidden.drop_tree()
    for text in root.itertext():
        if text.strip():
            yield text.strip() + "\n"


READERS: dict[str, Callable[[bytes], Iterator[str]]] = {
    "pdf": _pdf,
    "docx": _docx,
    "xlsx": _xlsx,
    "html": _html,
}


def _check_size(data: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        if sum(entry.file_size for entry in packed.infolist()) > MAX_UNPACKED:
            raise UnreadableError("what is packed in it is too large")


def main() -> int:
    """Write the text to standard output."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    left = MAX_CHARACTERS
    try:
        for piece in READERS[sys.argv[1]](sys.stdin.buffer.read()):
            sys.stdout.buffer.write(piece[:left].encode("utf-8", "replace"))
            left -= len(piece)
            if left <= 0:
                break
    except UnreadableError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except Exception:  # noqa: BLE001 - whatever a library raises of a broken document
        sys.stderr.write("it is damaged, or of another type than its name says\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

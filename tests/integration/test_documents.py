"""The text of documents, which hostile people write as well."""

from __future__ import annotations

import io
import time
import zipfile
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from docx import Document
from openpyxl import Workbook
from pypdf import PdfWriter

from larder.adapters.documents import FileTexts
from larder.domain.errors import InvalidParameterError
from tests.samples import a_file

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PDF = "application/pdf"
HTML = b"<html><head><title>t</title><style>p{}</style></head><body><p>One &amp; <b>two</b></p>"


def text_of(data: bytes, filename: str = "a", mime_type: str = "text/plain") -> str:
    return FileTexts()(a_file(len(data), filename=filename, mime_type=mime_type), data)


def a_pdf(text: str = "Hello PDF", pages: int = 1) -> bytes:
    """A PDF as small as it can be, with one line of text on each page."""
    drawing = f"BT /F1 12 Tf 10 10 Td ({text}) Tj ET".encode()
    kids = " ".join(f"{4 + n} 0 R" for n in range(pages))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {pages} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    objects += [
        f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 99 99] /Contents {4 + pages} 0 R "
        "/Resources << /Font << /F1 3 0 R >> >> >>".encode()
    ] * pages
    objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(drawing), drawing))
    made, places = b"%PDF-1.4\n", []
    for number, each in enumerate(objects, start=1):
        places.append(len(made))
        made += b"%d 0 obj\n%s\nendobj\n" % (number, each)
    table = len(made)
    made += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    made += b"".join(b"%010d 00000 n \n" % place for place in places)
    made += b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % (
        len(objects) + 1,
        table,
    )
    return made


def saved(save: Callable[[io.BytesIO], object]) -> bytes:
    made = io.BytesIO()
    save(made)
    return made.getvalue()


def a_docx() -> bytes:
    document = Document()
    document.add_paragraph("Hello Wörd")
    table = document.add_table(rows=1, cols=2)
    table.rows[0].cells[0].text, table.rows[0].cells[1].text = "left", "right"
    return saved(document.save)


def an_xlsx() -> bytes:
    book = Workbook()
    book.active.title = "Numbers"
    book.active.append(["a", 1, None, 2.5])
    return saved(book.save)


@pytest.mark.parametrize(
    ("data", "filename", "mime_type", "text"),
    [
        (b"plain", "a.txt", "text/plain", "plain"),
        ("ünï".encode("utf-16"), "a.txt", "text/plain", "ünï"),
        ("\ufeffa;b\n".encode(), "a.csv", "text/csv", "a;b\n"),
        ("café".encode("latin-1"), "a.csv", "text/csv", "café"),
        (b'{"a":1}', "a.json", "application/json", '{"a":1}'),
        (HTML, "a", "text/html; charset=utf-8", "One &\ntwo\n"),
        (HTML, "a.html", "application/octet-stream", "One &\ntwo\n"),
        (a_pdf(), "a.pdf", PDF, "Hello PDF\n"),
        (a_docx(), "a.docx", "application/octet-stream", "Hello Wörd\nleft\tright\n"),
        (an_xlsx(), "a.xlsx", "application/octet-stream", "[Numbers]\na\t1\t\t2.5\n"),
    ],
    ids=["text", "utf-16", "csv", "latin-1", "json", "html", "by its name", "pdf", "docx", "xlsx"],
)
def test_the_text_of_a_file_is_read(data: bytes, filename: str, mime_type: str, text: str) -> None:
    assert text_of(data, filename, mime_type) == text


def a_bomb() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as writing:
        writing.writestr("word/document.xml", b" " * 101 * 2**20)
    return packed.getvalue()


def repacked(data: bytes, name: str, old: bytes, new: bytes) -> bytes:
    """Return an archive with something else in one of its files."""
    packed = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as document,
        zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as writing,
    ):
        for each in document.namelist():
            content = document.read(each)
            assert each != name or old in content
            writing.writestr(each, content.replace(old, new) if each == name else content)
    return packed.getvalue()


DOCX, XLSX = "word/document.xml", "xl/worksheets/sheet1.xml"
DECLARATION = b"<?xml version='1.0' encoding='UTF-8' standalone='yes'?>"
DEEP = 200_000


def laughing() -> bytes:
    """Return the declaration of an entity that is 10^10 characters long."""
    entities = b"".join(
        b'<!ENTITY %c "%s">' % (letter, b"&%c;" % (letter - 1) * 10)
        for letter in range(ord("b"), ord("k"))
    )
    return b'<!DOCTYPE d [<!ENTITY a "aaaaaaaaaa">' + entities + b"]>"


HOSTILE = {
    "deep docx": ("a.docx", repacked(a_docx(), DOCX, b"<w:body>", b"<w:body>" + b"<w:p>" * DEEP)),
    "deep xlsx": ("a.xlsx", repacked(an_xlsx(), XLSX, b"<sheetData>", b"<sheetData>" * DEEP)),
    "deep html": ("a.html", b"<div>" * DEEP),
    "deep pdf": ("a.pdf", b"%PDF-1.4\n1 0 obj\n" + b"[" * DEEP + b"\nendobj\n%%EOF"),
    "pdf in a circle": ("a.pdf", a_pdf().replace(b"/Kids [4 0 R]", b"/Kids [2 0 R]")),
    "entities": (
        "a.docx",
        repacked(
            repacked(a_docx(), DOCX, DECLARATION, DECLARATION + laughing()),
            DOCX,
            b"Hello",
            b"&j;",
        ),
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_document_is_read_or_refused_within_its_limits(name: str) -> None:
    filename, data = HOSTILE[name]
    started = time.monotonic()

    with suppress(InvalidParameterError):
        assert len(text_of(data, filename, "")) < 1_000

    assert time.monotonic() - started < 15


def test_a_document_reads_no_file_of_the_machine(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("the secret")
    outside = f'<!DOCTYPE d [<!ENTITY a SYSTEM "{(tmp_path / "secret").as_uri()}">]>'.encode()
    data = repacked(a_docx(), DOCX, DECLARATION, DECLARATION + outside)

    text = text_of(repacked(data, DOCX, b"Hello", b"&a;"), "a.docx", "")

    assert "right" in text
    assert "secret" not in text


def an_encrypted_pdf() -> bytes:
    writer = PdfWriter()
    writer.append(io.BytesIO(a_pdf()))
    writer.encrypt("secret", algorithm="RC4-128")
    return saved(writer.write)


@pytest.mark.parametrize(
    ("data", "mime_type", "filename", "why"),
    [
        (b"\x89PNG\x00", "image/png", "a.png", "files of the type image/png have no text"),
        (b"\xff\xd8\xff", "image/jpeg", "a.jpg", "files of the type image/jpeg have no text"),
        (b"no pdf", PDF, "a.pdf", "it is damaged, or of another type"),
        (b"", PDF, "a.pdf", "it is damaged, or of another type"),
        (a_docx()[:-40], "", "a.docx", "it is damaged, or of another type"),
        (an_encrypted_pdf(), PDF, "a.pdf", "it is encrypted"),
        (a_bomb(), "", "a.docx", "what is packed in it is too large"),
    ],
    ids=["png", "jpeg", "no pdf", "empty", "cut", "encrypted", "bomb"],
)
def test_what_cannot_be_read_says_why(data: bytes, mime_type: str, filename: str, why: str) -> None:
    with pytest.raises(InvalidParameterError, match=why):
        text_of(data, filename, mime_type)


def test_a_document_that_takes_too_long_is_given_up() -> None:
    data = a_pdf("x" * 1_000, pages=4_000)
    started = time.monotonic()

    with pytest.raises(InvalidParameterError, match="takes longer than"):
        FileTexts(seconds=0.3)(a_file(len(data), mime_type=PDF), data)

    assert time.monotonic() - started < 5


def test_a_document_that_takes_too_much_memory_is_given_up() -> None:
    packed = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(a_docx())) as document,
        zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as writing,
    ):
        for name in document.namelist():
            data = document.read(name)
            if name == "word/document.xml":
                data = data.replace(b"<w:body>", b"<w:body>" + b"<w:p/>" * 15_000_000)
            writing.writestr(name, data)

    with pytest.raises(InvalidParameterError, match="cannot be read"):
        text_of(packed.getvalue(), "a.docx")


def test_text_is_cut_at_a_million_characters() -> None:
    assert len(text_of(b"x" * 1_500_000)) == 1_000_000
    assert len(text_of(b"<p>" + b"x" * 1_500_000, "a.html")) == 1_000_000

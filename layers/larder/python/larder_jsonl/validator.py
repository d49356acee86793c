"""Validation of a batch file as its bytes come in, in the memory of a few lines.

Source: contract section 4. This module cuts the bytes into lines, applies the limits and makes the
report; `requests` reads the lines. What the contract leaves open is decided here:

* A byte order mark is a problem of line 1. The rest of that line is checked all the same.
* A line is blank when it holds only spaces, tabs and carriage returns. A blank line is no request.
  It counts in `total_lines` and keeps its number.
* A line over 32 MiB, without its line ending, is skipped and not kept. It counts as a request,
  whatever it holds.
* The first line beyond 50,000 requests gets `too_many_requests`. Nothing after it is validated, but
  lines are still counted and bytes hashed.
"""

from __future__ import annotations

import re
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from larder_jsonl.report import Findings, Problem, Severity, ValidationReport
from larder_jsonl.requests import WHITESPACE, FileRequests

if TYPE_CHECKING:
    from typing_extensions import Buffer

MAX_REQUESTS: Final = 50_000
MAX_LINE_BYTES: Final = 32 * 2**20
"""A line of a chat about images holds them in base64."""

_PIECE_BYTES: Final = 64 * 1024
_BOM: Final = b"\xef\xbb\xbf"
_BLANK: Final = re.compile(rb"[ \t\r\n]*")


class BatchValidator:
    """Validates one batch file, fed block by block.

    Feed all bytes in order, in blocks of any size, then call `finish` once. The report does not
    depend on the blocks. Does no I/O, and never raises because of what the bytes hold.
    """

    __slots__ = (
        "_bytes",
        "_digest",
        "_file",
        "_findings",
        "_full",
        "_lines",
        "_overlong",
        "_pending",
        "_pending_at",
        "_requests",
    )

    def __init__(self) -> None:
        self._digest = sha256()
        self._bytes = 0
        self._lines = 0  # that have ended
        self._requests = 0
        self._pending = bytearray()  # the start of a line that has not ended
        self._pending_at = 0  # the bytes of the file before it
        self._overlong = False  # that line is over the limit, and no longer kept
        self._full = False  # there were more than 50,000 requests
        self._findings = Findings()
        self._file = FileRequests(self._findings)

    def feed(self, block: Buffer) -> None:
        """Take the next bytes of the file."""
        if isinstance(block, bytes) and len(block) <= _PIECE_BYTES:
            self._take(block)
            return
        view = memoryview(block).cast("B")
        for start in range(0, len(view), _PIECE_BYTES):
            self._take(bytes(view[start : start + _PIECE_BYTES]))

    def finish(self) -> ValidationReport:
        """Return the report on all bytes fed."""
        if self._pending or self._overlong:
            self._end_pending(b"")
        if self._requests == 0:
            message = "the file holds no request: it is empty or has only blank lines"
            self._findings.add(None, None, [Problem("empty_file", None, message)])
        endpoint = self._file.endpoint
        findings = self._findings
        return ValidationReport(
            valid=findings.totals[Severity.ERROR] == 0,
            total_lines=self._lines,
            request_count=self._requests,
            invalid_lines=findings.invalid_lines,
            error_count=findings.totals[Severity.ERROR],
            warning_count=findings.totals[Severity.WARNING],
            counts=dict(findings.counts),
            errors=tuple(findings.kept[Severity.ERROR]),
            warnings=tuple(findings.kept[Severity.WARNING]),
            endpoint=endpoint.url if endpoint else None,
            models=self._file.models,
            inputs=self._file.inputs,
            references=tuple(self._file.references),
            sha256=self._digest.hexdigest(),
            bytes=self._bytes,
        )

    def _take(self, piece: bytes) -> None:
        self._digest.update(piece)
        offset = self._bytes
        self._bytes += len(piece)
        start = 0
        if self._pending or self._overlong:
            end = piece.find(b"\n")
            if end < 0:
                self._keep(piece)
                return
            self._end_pending(piece[:end])
            start = end + 1
        start = self._read_lines(piece, start, offset)
        if start < len(piece):
            self._pending_at = offset + start
            self._keep(piece[start:])

    def _keep(self, piece: bytes) -> None:
        if not self._overlong:
            self._pending += piece
            # A byte order mark and a carriage return do not count.
            if self._full or len(self._pending) > MAX_LINE_BYTES + len(_BOM) + len(b"\r"):
                self._overlong = True
                self._pending = self._pending[: len(_BOM)]

    def _end_pending(self, rest: bytes) -> None:
        pending, overlong = self._pending, self._overlong
        self._pending, self._overlong = bytearray(), False
        if not overlong:
            pending += rest
        too_long = overlong or len(pending) > MAX_LINE_BYTES
        if not too_long:
            pending += b"\n"
        line = bytes(pending)
        del pending
        if too_long:
            self._read_line(line, self._pending_at, overlong=overlong)
        else:
            self._read_lines(line, 0, self._pending_at)

    def _read_lines(self, piece: bytes, start: int, offset: int) -> int:
        """Read the lines that end in the piece, and return where the rest starts.

        The file has `offset` bytes before the piece.

        None of them is too long. `requests` reads most, and those that it leaves come one by one.
        """
        while not self._full:
            if self._lines > 0:  # the first line may begin with a byte order mark
                room = MAX_REQUESTS - self._requests
                start, lines = self._file.read_lines(piece, start, offset, self._lines, room)
                self._requests += lines - self._lines
                self._lines = lines
            end = piece.find(b"\n", start)
            if end < 0:
                return start
            blank = self._read_line(piece[start:end], offset + start, overlong=False)
            start = end + 1
            if blank:
                start = self._skip_blank_lines(piece, start)
        self._lines += piece.count(b"\n", start)
        return max(start, piece.rfind(b"\n") + 1)

    def _skip_blank_lines(self, piece: bytes, start: int) -> int:
        """Skip a run of blank lines at once: a file may hold nothing else."""
        blank = _BLANK.match(piece, start)
        end = piece.rfind(b"\n", start, blank.end() if blank else start) + 1
        if end == 0:
            return start
        self._lines += piece.count(b"\n", start, end)
        return end

    def _read_line(self, line: bytes, offset: int, *, overlong: bool) -> bool:
        """Read one line of any kind; True when it is blank."""
        self._lines += 1
        if self._full:
            return False
        if self._lines == 1 and line.startswith(_BOM):
            line = line.removeprefix(_BOM)
            message = "the file begins with a byte order mark (BOM): save it as UTF-8 without one"
            self._findings.add(1, 0, [Problem("invalid_encoding", None, message)])
        if len(line) > MAX_LINE_BYTES:
            overlong = overlong or len(line.removesuffix(b"\r")) > MAX_LINE_BYTES
        if not overlong and not line.lstrip(WHITESPACE):
            return True
        self._requests += 1
        if self._requests > MAX_REQUESTS:
            self._full = True
            message = f"the file has more than {MAX_REQUESTS:,} requests; this one is too many"
            self._findings.add(self._lines, offset, [Problem("too_many_requests", None, message)])
        elif overlong:
            message = f"the line is longer than {MAX_LINE_BYTES:,} bytes"
            self._findings.add(self._lines, offset, [Problem("line_too_long", None, message)])
        else:
            self._file.read_line(line, self._lines, offset)
        return False

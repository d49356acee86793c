"""Validation of a batch file as its bytes come in, in constant memory.

Source: contract section 4. The rules of a request are in `batch_lines` and `batch_bodies`, those
that bind requests together in `batch_requests`; here are lines, limits and the report:

* A byte order mark is a problem of line 1, and the line behind it is checked all the same.
* A line is blank when it holds only spaces, tabs and carriage returns. Blank lines are no
  requests; they are counted in `total_lines` and keep their number.
* A line over 1 MiB, not counting its line ending, is skipped without being kept; it counts as a
  request whatever is in it.
* The first line beyond 50,000 requests gets `too_many_requests`, and nothing behind it is
  validated; lines are still counted and bytes still hashed.
"""

import re
from collections.abc import Buffer
from hashlib import sha256
from typing import Final

from larder.domain.batch_input.report import Findings, Problem, ValidationReport
from larder.domain.batch_input.requests import WHITESPACE, FileRequests

MAX_REQUESTS: Final = 50_000
MAX_LINE_BYTES: Final = 1024 * 1024

_BLOCK: Final = 64 * 1024
_BOM: Final = b"\xef\xbb\xbf"
_BLANK: Final = re.compile(rb"[ \t\r\n]*")


class BatchValidator:
    """Validates one batch file, fed block by block.

    Feed all bytes in order in blocks of any size, then call `finish` once. The report is the same
    however the bytes were cut into blocks. Does no I/O and never raises for what the bytes hold.
    """

    __slots__ = (
        "_bytes",
        "_digest",
        "_file",
        "_findings",
        "_full",
        "_line",
        "_overlong",
        "_pending",
        "_requests",
    )

    def __init__(self) -> None:
        self._digest = sha256()
        self._bytes = 0
        self._line = 0  # physical lines ended so far
        self._requests = 0
        self._pending = bytearray()  # the line that the blocks so far have not ended
        self._overlong = False  # that line is over the limit, and no longer kept
        self._full = False  # over 50,000 requests
        self._findings = Findings()
        self._file = FileRequests(self._findings)

    def feed(self, block: Buffer) -> None:
        """Take the next bytes of the file."""
        if isinstance(block, bytes) and len(block) <= _BLOCK:
            self._piece(block)
            return
        view = memoryview(block).cast("B")
        for start in range(0, len(view), _BLOCK):
            self._piece(bytes(view[start : start + _BLOCK]))

    def finish(self) -> ValidationReport:
        """The report on all bytes fed."""
        if self._pending or self._overlong:
            self._end_pending(b"")
        if self._requests == 0:
            message = "the file holds no request: it is empty or has only blank lines"
            self._findings.add(None, [Problem("empty_file", None, message)])
        return ValidationReport(
            valid=self._findings.total == 0,
            total_lines=self._line,
            request_count=self._requests,
            invalid_lines=self._findings.invalid_lines,
            error_count=self._findings.total,
            errors=tuple(self._findings.errors),
            endpoint=self._file.endpoint,
            model=self._file.model,
            sha256=self._digest.hexdigest(),
            bytes=self._bytes,
        )

    def _piece(self, piece: bytes) -> None:
        self._digest.update(piece)
        self._bytes += len(piece)
        start = 0
        if self._pending or self._overlong:
            end = piece.find(b"\n")
            if end < 0:
                self._keep(piece)
                return
            self._end_pending(piece[:end])
            start = end + 1
        start = self._whole_lines(piece, start)
        if start < len(piece):
            self._keep(piece[start:])

    def _keep(self, piece: bytes) -> None:
        if not self._overlong:
            self._pending += piece
            # Three bytes of a byte order mark and a carriage return are not the line's own.
            if self._full or len(self._pending) > MAX_LINE_BYTES + len(_BOM) + 1:
                self._overlong = True
                self._pending = bytearray(self._pending[: len(_BOM)])

    def _end_pending(self, rest: bytes) -> None:
        line = bytes(self._pending) + rest
        overlong = self._overlong
        self._pending = bytearray()
        self._overlong = False
        fits = not overlong and len(line) <= MAX_LINE_BYTES
        if fits and not self._full and self._several_lines(line + b"\n", 0):
            return
        self._line += 1
        if not self._full:
            self._any_line(line, overlong=overlong)

    def _whole_lines(self, piece: bytes, start: int) -> int:
        """Check the lines of `piece` that end in it; returns where the next one begins."""
        while not self._full:
            start = self._several_lines(piece, start)
            end = piece.find(b"\n", start)
            if end < 0:
                return start
            line = piece[start:end]
            start = end + 1
            self._line += 1
            if self._any_line(line, overlong=False):
                start = self._blank_lines(piece, start)
        self._line += piece.count(b"\n", start)
        return max(start, piece.rfind(b"\n") + 1)

    def _several_lines(self, piece: bytes, start: int) -> int:
        if self._line == 0:
            return start  # it may begin with a byte order mark
        room = MAX_REQUESTS - self._requests
        start, line = self._file.read_lines(piece, start, self._line, room)
        self._requests += line - self._line
        self._line = line
        return start

    def _blank_lines(self, piece: bytes, start: int) -> int:
        """Pass over a run of blank lines at once: a file may hold nothing else."""
        blank = _BLANK.match(piece, start)
        end = piece.rfind(b"\n", start, blank.end() if blank else start) + 1
        if end == 0:
            return start
        self._line += piece.count(b"\n", start, end)
        return end

    def _any_line(self, line: bytes, *, overlong: bool) -> bool:
        """Apply every rule to the line that has just ended; True when it is blank."""
        if self._line == 1 and line.startswith(_BOM):
            line = line.removeprefix(_BOM)
            message = "the file begins with a byte order mark (BOM): save it as UTF-8 without one"
            self._findings.add(1, [Problem("invalid_encoding", None, message)])
        if len(line) > MAX_LINE_BYTES:
            overlong = overlong or len(line.removesuffix(b"\r")) > MAX_LINE_BYTES
        if not overlong and not line.lstrip(WHITESPACE):
            return True
        self._requests += 1
        if self._requests > MAX_REQUESTS:
            self._full = True
            message = f"the file has more than {MAX_REQUESTS:,} requests; this one is too many"
            self._findings.add(self._line, [Problem("too_many_requests", None, message)])
        elif overlong:
            message = f"the line is longer than {MAX_LINE_BYTES:,} bytes"
            self._findings.add(self._line, [Problem("line_too_long", None, message)])
        else:
            self._file.read(line, self._line)
        return False

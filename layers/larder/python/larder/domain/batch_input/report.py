"""The problems of a batch file, line by line, and the report on it."""

from collections.abc import Callable
from dataclasses import dataclass

from msgspec import Struct

from larder.domain.batch_input.endpoints import Endpoint

MAX_ERRORS = 1000
SUMMARY_LENGTH = 512
_QUOTED_LENGTH = 80


type ProblemMessage = str | Callable[[], str]
"""A message, or a function that makes it: most problems of a bad file are only counted."""


class Problem(Struct, frozen=True, gc=False):
    """One mistake in a line, without the line's number; see `LineProblem`."""

    code: str
    param: str | None
    message: ProblemMessage


class RequestLine(Struct, gc=False):
    """One request line: its problems, and those of its values that are valid."""

    problems: list[Problem]
    custom_id: str | None = None
    endpoint: Endpoint | None = None
    model: str | None = None

    def add(self, code: str, param: str | None, message: ProblemMessage) -> None:
        """Note a problem."""
        self.problems.append(Problem(code, param, message))


@dataclass(frozen=True, slots=True)
class LineProblem:
    """One mistake in a batch file, in the shape of OpenAI's BatchError.

    Attributes:
        code: a stable code for programs, such as `duplicate_custom_id`.
        line: the physical line, from 1; None when the mistake is the whole file's.
        message: for people. Quotes at most 80 characters of the file, escaped.
        param: the path of the member at fault, such as `body.messages[0].role`, or None.
    """

    code: str
    line: int | None
    message: str
    param: str | None


@dataclass(frozen=True, slots=True)
class ValidationReport:
    """The report on one batch file.

    Attributes:
        valid: whether there is no problem.
        total_lines: physical lines, a last one without a newline included.
        request_count: lines that are not blank, up to and including the first one too many.
        invalid_lines: lines with at least one problem.
        error_count: all problems, more than `errors` holds if there are many.
        errors: the first 1,000 problems, in line order.
        endpoint: the file's first valid url, or None.
        model: the file's first model, or None.
        sha256: the digest of all bytes, in hex.
        bytes: the length of the file.
    """

    valid: bool
    total_lines: int
    request_count: int
    invalid_lines: int
    error_count: int
    errors: tuple[LineProblem, ...]
    endpoint: str | None
    model: str | None
    sha256: str
    bytes: int

    @property
    def summary(self) -> str | None:
        """The problems in one line of at most 512 characters; None for a valid file."""
        if self.valid:
            return None
        first = self.errors[0]
        if first.line is None:
            return shortened(first.message, SUMMARY_LENGTH)
        if self.request_count == 0:
            lead = "the file has no request line"
        elif self.request_count == 1:
            lead = "the file's only request line is invalid"
        else:
            verb = "is" if self.invalid_lines == 1 else "are"
            lead = f"{self.invalid_lines} of {self.request_count} lines {verb} invalid"
        return shortened(f"{lead}; first: line {first.line}: {first.message}", SUMMARY_LENGTH)


class Findings:
    """The problems of a file: the first 1,000 are kept, all are counted."""

    __slots__ = ("_last_line", "errors", "invalid_lines", "total")

    def __init__(self) -> None:
        self.errors: list[LineProblem] = []
        self.total = 0
        self.invalid_lines = 0
        self._last_line: int | None = None

    def add(self, line: int | None, problems: list[Problem]) -> None:
        """Add the problems of a line, or with None of the whole file. Lines come in order."""
        self.total += len(problems)
        if line != self._last_line:
            self._last_line = line
            self.invalid_lines += 1
        if len(self.errors) < MAX_ERRORS:
            for found in problems[: MAX_ERRORS - len(self.errors)]:
                message = found.message if isinstance(found.message, str) else found.message()
                self.errors.append(LineProblem(found.code, line, message, found.param))


def quoted(value: str) -> str:
    """Return the client's text as a message may show it: escaped, at most 80 characters."""
    return shortened(repr(value[:_QUOTED_LENGTH]), _QUOTED_LENGTH)


def shortened(text: str, length: int) -> str:
    """Return the text, cut to `length` characters with an ellipsis at the end if it is longer."""
    return text if len(text) <= length else text[: length - 1] + "…"

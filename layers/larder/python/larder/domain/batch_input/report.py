"""What validating a batch file found: its problems, line by line, and the facts about the whole."""

from collections.abc import Callable
from dataclasses import dataclass

from msgspec import Struct

MAX_ERRORS = 1000
SUMMARY_LENGTH = 512
_QUOTED_LENGTH = 80


type Message = str | Callable[[], str]
"""A message, or how to make it: most problems of a bad file are only counted."""


class Problem(Struct, frozen=True, gc=False):
    """One mistake in a line that does not know its number; see `LineProblem`."""

    code: str
    param: str | None
    message: Message


class RequestLine(Struct, gc=False):
    """What one line says, as far as it can be told, and what is wrong with it by itself.

    `custom_id`, `url` and `model` hold valid values only.
    """

    problems: list[Problem]
    custom_id: str | None = None
    url: str | None = None
    model: str | None = None

    def add(self, code: str, param: str | None, message: Message) -> None:
        """Note one more problem."""
        self.problems.append(Problem(code, param, message))


@dataclass(frozen=True, slots=True)
class LineProblem:
    """One mistake in a batch file, in the shape of OpenAI's BatchError.

    Attributes:
        code: stable code for programs, such as `duplicate_custom_id`.
        line: 1-based physical line number; None when the mistake is the whole file's.
        message: for people; quotes at most 80 characters of the file, escaped.
        param: the member at fault as a path such as `body.messages[0].role`, or None.
    """

    code: str
    line: int | None
    message: str
    param: str | None


@dataclass(frozen=True, slots=True)
class ValidationReport:
    """The settlement on one batch file.

    Attributes:
        valid: no problem at all.
        total_lines: physical lines; a last line without a newline counts.
        request_count: lines that are not blank, up to the one that is one too many.
        invalid_lines: lines with at least one problem.
        error_count: problems, those beyond `errors` included.
        errors: the first 1,000 problems in line order.
        endpoint: the file's first valid url, or None.
        model: the file's first model, or None.
        sha256: of all bytes, in hex.
        bytes: length of the file.
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
        """The settlement in one line of at most 512 characters; None for a valid file."""
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
    """All problems of a file: the first ones kept, the others counted."""

    __slots__ = ("_last_line", "errors", "invalid_lines", "total")

    def __init__(self) -> None:
        self.errors: list[LineProblem] = []
        self.total = 0
        self.invalid_lines = 0
        self._last_line: int | None = None

    def add(self, line: int | None, problems: list[Problem]) -> None:
        """Take the problems of that line, or of the whole file; lines come in order."""
        self.total += len(problems)
        if line != self._last_line:
            self._last_line = line
            self.invalid_lines += 1
        if len(self.errors) < MAX_ERRORS:
            for found in problems[: MAX_ERRORS - len(self.errors)]:
                message = found.message if isinstance(found.message, str) else found.message()
                self.errors.append(LineProblem(found.code, line, message, found.param))


def quoted(value: str) -> str:
    """The client's text as a message may carry it: escaped, and no more than 80 characters."""
    return shortened(repr(value[:_QUOTED_LENGTH]), _QUOTED_LENGTH)


def shortened(text: str, length: int) -> str:
    """The text, cut to `length` characters with a trailing ellipsis when it is longer."""
    return text if len(text) <= length else text[: length - 1] + "…"

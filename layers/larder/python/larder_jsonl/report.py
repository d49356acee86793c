"""The problems of a batch file, line by line, and the report on it."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from enum import Enum
from typing import Any, Final, TypeAlias

from msgspec import Struct

from larder_jsonl.endpoints import Endpoint

MAX_KEPT: Final = 1000
"""The problems of each severity that a report holds."""

MAX_MODELS: Final = 100
"""The models that a report counts."""

SUMMARY_LENGTH: Final = 512
_QUOTED_LENGTH: Final = 80


class Severity(str, Enum):
    """Whether a problem makes the file invalid. A model server may take what is warned of."""

    ERROR = "error"
    WARNING = "warning"


ProblemMessage: TypeAlias = str | Callable[[], str]
"""A message, or a function that makes it: most problems of a bad file are only counted."""


class Problem(Struct, frozen=True, gc=False):
    """One mistake in a line, without the line's number; see `LineProblem`."""

    code: str
    param: str | None
    message: ProblemMessage
    severity: Severity = Severity.ERROR


class RequestLine(Struct, gc=False):
    """One request line: its problems, and those of its values that are valid.

    `model` is empty when the body leaves it to the endpoint. `inputs` counts embedding inputs.
    `references` are the ids of the artifacts and bundles that the body refers to.
    """

    problems: list[Problem]
    custom_id: str | None = None
    endpoint: Endpoint | None = None
    model: str = ""
    inputs: int = 0
    references: tuple[str, ...] = ()

    def add(self, code: str, param: str | None, message: ProblemMessage) -> None:
        """Note an error."""
        self.problems.append(Problem(code, param, message))

    def warn(self, code: str, param: str | None, message: ProblemMessage) -> None:
        """Note a warning."""
        self.problems.append(Problem(code, param, message, Severity.WARNING))


@dataclass(frozen=True, slots=True)
class LineProblem:
    """One mistake in a batch file, in the shape of OpenAI's BatchError.

    Attributes:
        code: a stable code for programs, such as `duplicate_custom_id`.
        line: the physical line, from 1; None when the mistake is the whole file's.
        offset: the bytes of the file before the line; None as well when the whole file's.
        message: for people. Quotes at most 80 characters of the file, escaped.
        param: the path of the member at fault, such as `body.messages[0].role`, or None.
        severity: whether it makes the file invalid.
    """

    code: str
    line: int | None
    offset: int | None
    message: str
    param: str | None
    severity: Severity


@dataclass(frozen=True, slots=True)
class ValidationReport:
    """The report on one batch file.

    Attributes:
        valid: whether there is no error.
        total_lines: physical lines, a last one without a newline included.
        request_count: lines that are not blank, up to and including the first one too many.
        invalid_lines: lines with at least one error.
        error_count: all errors, more than `errors` holds if there are many.
        warning_count: all warnings, more than `warnings` holds if there are many.
        counts: how many problems have each code, errors and warnings together.
        errors: the first 1,000 errors, in line order.
        warnings: the first 1,000 warnings, in line order.
        endpoint: the file's first valid url, or None.
        models: how many lines name each model, for the first 100 models. The end of a name beyond
            256 characters is left out.
        inputs: the embedding inputs.
        references: the artifacts and bundles that the lines refer to, the first 500.
        sha256: the digest of all bytes, in hex.
        bytes: the length of the file.
    """

    valid: bool
    total_lines: int
    request_count: int
    invalid_lines: int
    error_count: int
    warning_count: int
    counts: dict[str, int]
    errors: tuple[LineProblem, ...]
    warnings: tuple[LineProblem, ...]
    endpoint: str | None
    models: dict[str, int]
    inputs: int
    references: tuple[str, ...]
    sha256: str
    bytes: int

    def as_dict(self) -> dict[str, Any]:
        """Return what the report says of the bytes, in the names that clients read."""
        return {
            "valid": self.valid,
            "total_lines": self.total_lines,
            "request_count": self.request_count,
            "error_count": self.error_count,
            "warning_count": self.warning_count,
            "counts": self.counts,
            "errors": [asdict(problem) for problem in self.errors],
            "warnings": [asdict(problem) for problem in self.warnings],
            "endpoint": self.endpoint,
            "model": self.model,
            "models": self.models,
            "inputs": self.inputs,
            "references": list(self.references),
            "sha256": self.sha256,
        }

    @property
    def model(self) -> str | None:
        """The model, when the lines name one and the same."""
        return next(iter(self.models)) if len(self.models) == 1 else None

    @property
    def summary(self) -> str | None:
        """The errors in one line of at most 512 characters; None for a valid file."""
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
    """The problems of a file: the first 1,000 of each severity are kept, all are counted."""

    __slots__ = ("_last_invalid", "counts", "invalid_lines", "kept", "totals")

    def __init__(self) -> None:
        self.kept: dict[Severity, list[LineProblem]] = {severity: [] for severity in Severity}
        self.totals = dict.fromkeys(Severity, 0)
        self.counts: dict[str, int] = {}
        self.invalid_lines = 0
        self._last_invalid: int | None = None

    def add(self, line: int | None, offset: int | None, problems: list[Problem]) -> None:
        """Add problems of a line, or with None of the whole file. Lines come in order."""
        for found in problems:
            severity = found.severity
            if severity is Severity.ERROR and line != self._last_invalid:
                self._last_invalid = line
                self.invalid_lines += 1
            self.counts[found.code] = self.counts.get(found.code, 0) + 1
            self.totals[severity] += 1
            if self.totals[severity] <= MAX_KEPT:
                message = found.message if isinstance(found.message, str) else found.message()
                self.kept[severity].append(
                    LineProblem(found.code, line, offset, message, found.param, severity)
                )


def quoted(value: str) -> str:
    """Return the client's text as a message may show it: escaped, at most 80 characters."""
    return shortened(repr(value[:_QUOTED_LENGTH]), _QUOTED_LENGTH)


def shortened(text: str, length: int) -> str:
    """Return the text, cut to `length` characters with an ellipsis at the end if it is longer."""
    return text if len(text) <= length else text[: length - 1] + "…"

"""How a client's command ends: its exit status, and one line on stderr when something failed.

0   done
1   refused or failed for a reason that stays, or a batch file is invalid
2   wrong use of the command
3   no answer, or not in time
130 interrupted
"""

from __future__ import annotations

import errno
import json
from contextlib import contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import typer

from larder_cli.failures import OperatorError
from larder_client import (
    ApiError,
    ConfigurationError,
    ConnectionFailedError,
    LarderClientError,
    PathError,
    WaitTimeoutError,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

FAILED = 1
TRY_AGAIN = 3
INTERRUPTED = 130


class Outcomes:
    """The exit status of a command that does the same to several things: the worst of them."""

    def __init__(self, *, as_json: bool) -> None:
        self.status = 0
        self._as_json = as_json

    @contextmanager
    def of(self, again: str = "", **subject: str) -> Iterator[None]:
        """Tell a failure with one thing, and let the command go on with the next.

        What would fail with every other thing as well ends the command. `again` is what to expect
        of the same command after a lost connection.
        """
        try:
            yield
        except (LarderClientError, OSError) as failure:
            if isinstance(failure, OSError) and failure.errno == errno.EPIPE:
                raise
            self.status = max(self.status, exit_status(failure))
            if self._as_json:
                print_line({**subject, "error": error_json(failure)})
            tell(failure, next(iter(subject.values())), again)
            if ends_all(failure):
                raise typer.Exit(self.status) from failure

    def fail(self) -> None:
        """Take note of a thing that is not as it should be."""
        self.status = max(self.status, FAILED)

    def end(self) -> None:
        """Leave with the exit status."""
        if self.status:
            raise typer.Exit(self.status)


@contextmanager
def told(again: str = "") -> Iterator[None]:
    """Turn what ends the whole command into one line and its exit status."""
    try:
        yield
    except KeyboardInterrupt:
        remark(f"\nlarder: Interrupted. {again}".rstrip())
        raise typer.Exit(INTERRUPTED) from None
    except (LarderClientError, OperatorError) as failure:
        tell(failure)
        raise typer.Exit(exit_status(failure)) from failure


def tell(failure: Exception, subject: str = "", again: str = "") -> None:
    """Say what went wrong, in one line."""
    text = " ".join(printable(reason(failure)).split())
    subject = printable(subject)
    names_itself = isinstance(failure, PathError) or (
        isinstance(failure, OSError) and failure.filename
    )
    if subject and not names_itself:
        text = f"{subject}: {text}"
    if isinstance(failure, ConnectionFailedError) and again:
        text += f". {again}"
    remark(f"larder: {text}")


def remark(text: str) -> None:
    """Tell people something that is no part of the result."""
    typer.echo(text, err=True)


def printable(text: str) -> str:
    """Return what a terminal can show of a file's name that is not UTF-8."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def reason(failure: Exception) -> str:
    """Return what went wrong, without the system's numbers."""
    if isinstance(failure, OSError) and failure.strerror:
        named = f"{failure.filename}: " if failure.filename else ""
        return f"{named}{failure.strerror}"
    return str(failure)


def exit_status(failure: Exception) -> int:
    """Return the exit status that tells this failure."""
    again = isinstance(failure, ConnectionFailedError | WaitTimeoutError) or (
        isinstance(failure, ApiError)
        and not failure.final
        and failure.status != HTTPStatus.UNAUTHORIZED
    )
    return TRY_AGAIN if again else FAILED


def ends_all(failure: Exception) -> bool:
    """Tell whether the next thing would fail for the same reason."""
    return isinstance(failure, ConnectionFailedError | ConfigurationError) or (
        isinstance(failure, ApiError) and failure.status == HTTPStatus.UNAUTHORIZED
    )


def error_json(failure: Exception) -> dict[str, Any]:
    """Return the failure in the shape of the error envelope's inside; null where unknown."""
    known = failure if isinstance(failure, ApiError) else None
    return {
        "message": reason(failure),
        "type": known and known.type,
        "param": known and known.param,
        "code": known and known.code,
        "status": known and known.status,
    }


def print_line(value: object) -> None:
    """Print one JSON document in one line, so that several make JSON Lines."""
    typer.echo(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace").decode())

"""How a client's command ends: its exit status, and one line on stderr for each failure.

0   done
1   refused, failed for good, or a batch file is invalid
2   wrong use of the command
3   no answer, or none in time: run the command again
4   a batch has ended, and some of its requests have no good answer
130 interrupted
"""

from __future__ import annotations

import errno
from contextlib import contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click

from larder_cli.failures import OperatorError
from larder_cli.shared.api_words import in_commands
from larder_cli.shared.connection import CURRENT
from larder_cli.shared.output import note, print_json_line, printable
from larder_client import (
    ApiError,
    ConfigurationError,
    ConnectionFailedError,
    LarderClientError,
    PathError,
    UnexpectedAnswerError,
    WaitTimeoutError,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

FAILED = 1
TRY_AGAIN = 3
INCOMPLETE = 4
INTERRUPTED = 130

_KEY_REFUSED = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}


class Failures:
    """The failures of a command that does the same to each of several things.

    `status` is the exit status so far: the highest of theirs.
    """

    def __init__(self, *, as_json: bool) -> None:
        self.status = 0
        self.as_json = as_json

    @contextmanager
    def each(self, hint: str = "", **subject: str) -> Iterator[None]:
        """Report a failure with one thing, so that the command goes on with the next.

        `subject` names the thing in the JSON. `hint` says what to do when another try may succeed.

        Raises:
            click.exceptions.Exit: the next thing would fail for the same reason.
        """
        try:
            yield
        except (LarderClientError, OperatorError, OSError) as failure:
            # The reader of a pipe has left, as in `larder get … -o - | head`: Click exits quietly.
            if isinstance(failure, OSError) and failure.errno == errno.EPIPE:
                raise
            self.status = max(self.status, _exit_status(failure))
            if self.as_json:
                print_json_line({**subject, "error": _error_json(failure)})
            _print_failure(failure, next(iter(subject.values())), hint)
            if _concerns_all(failure):
                raise click.exceptions.Exit(self.status) from failure

    def fail(self, status: int = FAILED) -> None:
        """Let the command end with this exit status: a thing is not as it should be."""
        self.status = max(self.status, status)


@contextmanager
def report(hint: str = "", *, as_json: bool = False) -> Iterator[Failures]:
    """Report what ends the whole command in one line, and leave with the exit status.

    `hint` says what to do after an interruption. `as_json` prints failures with single things as
    JSON, too.

    Raises:
        click.exceptions.Exit: something failed.
    """
    failures = Failures(as_json=as_json)
    try:
        yield failures
    except KeyboardInterrupt:
        note(f"\nlarder: Interrupted. {hint}".rstrip())
        raise click.exceptions.Exit(INTERRUPTED) from None
    except (LarderClientError, OperatorError) as failure:
        _print_failure(failure)
        raise click.exceptions.Exit(_exit_status(failure)) from failure
    if failures.status:
        raise click.exceptions.Exit(failures.status)


def _print_failure(failure: Exception, subject: str = "", hint: str = "") -> None:
    text = " ".join(printable(_message(failure)).split())
    subject = printable(subject)
    names_itself = isinstance(failure, PathError) or (
        isinstance(failure, OSError) and failure.filename
    )
    if subject and not names_itself:
        text = f"{subject}: {text}"
    if source := _source(failure):
        text = f"{text.removesuffix('.')}. {source}"
    if _exit_status(failure) == TRY_AGAIN and hint:
        text = f"{text.removesuffix('.')}. {hint}"
    note(f"larder: {text}")


def _source(failure: Exception) -> str:
    """Return where the address or the key is from that led to the failure, if it may be wrong."""
    if CURRENT.found is None:
        return ""
    host = urlsplit(CURRENT.found.base_url).netloc
    reached = isinstance(failure, UnexpectedAnswerError)
    # S3 has another address, which nobody chose.
    if reached or (isinstance(failure, ConnectionFailedError) and host in str(failure)):
        return f"The address is from {CURRENT.found.url_source}."
    if isinstance(failure, ApiError) and failure.status in _KEY_REFUSED:
        return f"The key is from {CURRENT.found.key_source}."
    return ""


def _message(failure: Exception) -> str:
    """Return what went wrong, without the error number of the operating system."""
    if isinstance(failure, OSError) and failure.strerror:
        named = f"{failure.filename}: " if failure.filename else ""
        return f"{named}{failure.strerror}"
    return in_commands(str(failure)) if isinstance(failure, ApiError) else str(failure)


def _exit_status(failure: Exception) -> int:
    again = isinstance(failure, ConnectionFailedError | WaitTimeoutError) or (
        isinstance(failure, ApiError)
        and not failure.final
        and failure.status != HTTPStatus.UNAUTHORIZED
    )
    return TRY_AGAIN if again else FAILED


def _concerns_all(failure: Exception) -> bool:
    """Return whether the next thing would fail for the same reason."""
    return isinstance(failure, ConnectionFailedError | ConfigurationError) or (
        isinstance(failure, ApiError) and failure.status == HTTPStatus.UNAUTHORIZED
    )


def _error_json(failure: Exception) -> dict[str, Any]:
    """Return the failure with the members of the API's error object; null where unknown."""
    known = failure if isinstance(failure, ApiError) else None
    return {
        "message": _message(failure),
        "type": known and known.type,
        "param": known and known.param,
        "code": known and known.code,
        "status": known and known.status,
    }

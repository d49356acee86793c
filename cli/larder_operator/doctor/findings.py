"""A finding: what a check saw, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError
from httpx import HTTPError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

_DENIED = frozenset(
    {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError"}
)


class State(StrEnum):
    """How serious a finding is."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "FAILED"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check saw. `remedy` says what to do, if there is something to do."""

    state: State
    found: str
    remedy: str = ""
    check: str = ""


def good(found: str) -> Finding:
    """Return a finding about something that is as it should be."""
    return Finding(State.OK, found)


def warning(found: str, remedy: str) -> Finding:
    """Return a finding about something that works and will not always."""
    return Finding(State.WARNING, found, remedy)


def failed(found: str, remedy: str) -> Finding:
    """Return a finding about something that does not work."""
    return Finding(State.FAILED, found, remedy)


def skipped(found: str, remedy: str = "") -> Finding:
    """Return a finding about something that could not be looked at."""
    return Finding(State.SKIPPED, found, remedy)


def examine[Subject](
    subject: Subject, checks: Iterable[tuple[str, Callable[[Subject], Finding]]]
) -> Iterator[Finding]:
    """Yield what each check finds, under the check's name.

    An answer that a check did not expect is a finding as well, so that one of them stops no other.
    """
    for name, check in checks:
        try:
            finding = check(subject)
        except ClientError as error:
            finding = _of_aws(error)
        except (BotoCoreError, HTTPError) as error:
            finding = failed(f"no answer: {error}", "Check the network, and run it again.")
        yield Finding(finding.state, finding.found, finding.remedy, name)


def _of_aws(error: ClientError) -> Finding:
    code, message = error.response["Error"].get("Code", ""), error.response["Error"].get("Message")
    operation = error.operation_name
    if code in _DENIED:
        return skipped(
            f"your credentials may not call {operation}",
            "Allow it, or run this as somebody who may.",
        )
    return failed(f"{operation} answers {code}: {message}", "Read the message, and run it again.")

"""The log of what operators change: who, what, when, and by which request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from larder.domain.ids import new_log_id

if TYPE_CHECKING:
    from collections.abc import Mapping

type Action = Literal[
    "console.link",
    "key.create",
    "key.revoke",
    "key.rotate",
    "project.create",
    "project.update",
]

LOG_SECONDS = 365 * 86_400
"""How long an entry is kept."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who changes something: a key or console session by its id, or AWS credentials by their ARN.

    `request_id` is the `x-request-id` of the request, None for a change on the command line.
    """

    id: str
    request_id: str | None = None

    @property
    def has_aws_credentials(self) -> bool:
        """Whether it is the command line, and no request."""
        return self.request_id is None


OPERATOR = Actor("operator")
"""Whoever has AWS credentials for the deployment, and is not known by name."""


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One change. `target` is the id of what was changed, `project` the project that it belongs to.

    `details` say how, as texts: no secret is among them.
    """

    id: str
    at: int
    action: Action
    actor: Actor
    target: str
    project: str
    details: Mapping[str, str]


def new_entry(
    now: float, action: Action, target: str, project: str, by: Actor, **details: object
) -> LogEntry:
    """Return an entry about a change; details that are None are left out."""
    said = {name: str(value) for name, value in details.items() if value is not None}
    return LogEntry(new_log_id(now), int(now), action, by, target, project, said)

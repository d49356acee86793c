"""A change set on its way into a stack."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from larder_cli.failures import OperatorError
from larder_operator.rollout.changes import Changes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

POLL_SECONDS = 3
DONE = frozenset({"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"})


@dataclass(frozen=True)
class Rollout:
    """A change set of a stack. `client` is CloudFormation's, `pause` waits that many seconds."""

    client: Any
    stack: str
    change_set: str
    pause: Callable[[float], None] = time.sleep

    def changes(self) -> Changes:
        """Return what it would do."""
        pages = self.client.get_paginator("describe_change_set")
        return Changes.of(pages.paginate(ChangeSetName=self.change_set))

    def discard(self) -> None:
        """Delete it, and the empty stack that SAM made for it."""
        self.client.delete_change_set(ChangeSetName=self.change_set)
        if self._stack()["StackStatus"] == "REVIEW_IN_PROGRESS":
            self.client.delete_stack(StackName=self.stack)

    def execute(self) -> Iterator[str]:
        """Execute it, and yield the stack's status whenever that changes.

        Raises:
            OperatorError: CloudFormation undid it; the message has the first reason.
        """
        began = self._last_event()
        self.client.execute_change_set(ChangeSetName=self.change_set)
        last = ""
        while True:
            status = self._stack()["StackStatus"]
            if status != last:
                yield status
            last = status
            if status in DONE:
                return
            if not status.endswith("_IN_PROGRESS"):
                message = f"The stack is {status}. {self._first_failure(began)}"
                raise OperatorError(message)
            self.pause(POLL_SECONDS)

    def outputs(self) -> dict[str, str]:
        """Return the stack's outputs."""
        return {each["OutputKey"]: each["OutputValue"] for each in self._stack()["Outputs"]}

    def _stack(self) -> dict[str, Any]:
        found: dict[str, Any] = self.client.describe_stacks(StackName=self.stack)["Stacks"][0]
        return found

    def _events(self) -> list[dict[str, Any]]:
        """Return the stack's events, the newest first."""
        pages = self.client.get_paginator("describe_stack_events")
        return [
            each for page in pages.paginate(StackName=self.stack) for each in page["StackEvents"]
        ]

    def _last_event(self) -> str | None:
        events = self._events()
        return events[0]["EventId"] if events else None

    def _first_failure(self, began: str | None) -> str:
        first = ""
        for event in self._events():
            if event["EventId"] == began:
                break
            if event["ResourceStatus"].endswith("_FAILED"):
                first = f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason', '')}"
        return first or "Its events in CloudFormation say why."


def exists(client: Any, stack: str) -> bool:  # noqa: ANN401 - botocore's clients have no common type
    """Return whether there is such a stack, with resources."""
    try:
        found = client.describe_stacks(StackName=stack)["Stacks"][0]
    except ClientError as error:
        if error.response["Error"].get("Code") != "ValidationError":
            raise
        return False
    return bool(found["StackStatus"] != "REVIEW_IN_PROGRESS")

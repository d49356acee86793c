"""One run of one operation, in a project of its own."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.e2e.space import Space
from tests.faults.kinds import Fault
from tests.faults.proxy import Plan

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from tests.e2e.api import Api
    from tests.e2e.projects import Project
    from tests.faults.auditor import Stock
    from tests.faults.deployment import Deployment


@dataclass
class Case:
    """What was made, and what has to be true of it when all has settled.

    `expected` maps an id to its state when the operation was not acknowledged, either of two, and
    when it was, the second; `uncertain` the ids that may be either although it was; `digests` the
    SHA-256 of files that must not change; `announced` the files whose events a webhook has to get.
    """

    deployment: Deployment
    project: Project
    api: Api
    expected: dict[str, tuple[str, str]] = field(default_factory=dict)
    uncertain: set[str] = field(default_factory=set)
    digests: dict[str, str] = field(default_factory=dict)
    announced: set[str] = field(default_factory=set)
    made: defaultdict[str, Any] = field(default_factory=lambda: defaultdict(str))
    response: httpx.Response | None = None

    @property
    def space(self) -> Space:
        return Space(self.api)

    @property
    def acknowledged(self) -> bool:
        return self.response is not None and self.response.is_success

    def file(self, data: bytes = b"some bytes", purpose: str = "user_data", **form: Any) -> str:
        """Store a file that has to stay as it is."""
        if purpose == "user_data":
            file_id: str = self.space.put("a.txt", data, **form)["fileId"]
        else:
            file_id = self.api.create_file(data, "a.jsonl", purpose)["id"]
        self.keep(file_id, data)
        return file_id

    def keep(self, object_id: str, data: bytes | None = None) -> None:
        self.expected[object_id] = ("live", "live")
        if data is not None:
            self.digests[object_id] = hashlib.sha256(data).hexdigest()

    def upload(self, data: bytes, **fields: Any) -> Any:
        """Announce a file that may stay pending or become anything by what follows."""
        upload = self.api.create_upload(len(data), **fields)
        self.digests[upload["id"].replace("upload_", "file-")] = hashlib.sha256(data).hexdigest()
        return upload

    def becomes(self, object_id: str, state: str, before: str = "live") -> None:
        """Say what the operation makes of an object."""
        self.expected[object_id] = (before, state)

    def refused(self, object_id: str, error_type: str) -> None:
        """Say that an acknowledged request refused to change this object.

        What failed on our side may have been done all the same.
        """
        if error_type == "api_error":
            self.uncertain.add(object_id)
        else:
            before, _ = self.expected[object_id]
            self.becomes(object_id, before, before=before)

    def settled(self, file_id: str) -> None:
        """Wait until the file's bytes have been received; others' retries come first."""
        self.api.settled(file_id, within=600)

    def hold_news(self) -> None:
        """Let the first message about the project's bytes fail, so that it comes later."""
        held = Plan("on_object_created", self.project.id.encode(), at=0, fault=Fault.LOST_EVERY)
        self.deployment.proxy.arm(held)

    def update(self, sort_key: str, expression: str, **values: int) -> None:
        """Change a record behind Larder's back, as time would."""
        self.deployment.stack.dynamodb.update_item(
            TableName=self.deployment.table,
            Key={"pk": {"S": f"P#{self.project.id}"}, "sk": {"S": sort_key}},
            UpdateExpression=expression,
            ConditionExpression="attribute_exists(sk)",
            ExpressionAttributeValues={f":{name}": {"N": str(n)} for name, n in values.items()},
        )

    def broken_promises(self, stock: Stock, digest: Callable[[str, str], str]) -> list[str]:
        """Return what is not as the client was told."""
        broken = []
        for object_id, (before, after) in self.expected.items():
            state = stock.state(object_id)
            certain = self.acknowledged and object_id not in self.uncertain
            allowed = {after} if certain else {before, after}
            if state not in allowed:
                broken.append(f"{object_id} is {state}, not {' or '.join(sorted(allowed))}")
        for file_id, sha256 in self.digests.items():
            if stock.state(file_id) in {"live", "trash"}:
                found = digest(stock.project, file_id)
                if found != sha256:
                    broken.append(f"{file_id} has other bytes")
        if lost := self.announced - self._queued_for_webhooks():
            broken.append(f"no webhook is told of {', '.join(sorted(lost))}")
        return broken

    def _queued_for_webhooks(self) -> set[str]:
        """Return what deliveries, made or still to be tried, are about."""
        found = self.deployment.stack.dynamodb.query(
            TableName=self.deployment.table,
            KeyConditionExpression="pk = :pk AND begins_with(sk, :deliveries)",
            ExpressionAttributeValues={
                ":pk": {"S": f"W#{self.project.id}"},
                ":deliveries": {"S": "delivery#"},
            },
        )["Items"]
        return {item["object_id"]["S"] for item in found if item["status"]["S"] != "failed"}


@dataclass(frozen=True)
class Operation:
    """Something that a function does: `function` is the one whose calls go wrong.

    `act` answers what the client got; nothing, when a worker does it by itself. An operation that
    is `alone` has calls that name no project, so that nothing else may run meanwhile.
    """

    name: str
    function: str
    prepare: Callable[[Case], None]
    act: Callable[[Case], httpx.Response | None]
    alone: bool = False

"""What can go wrong with one call to AWS, and which calls each can happen to."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

CONFLICTS = 12
"""As many attempts as the adapter makes of a transaction that others disturb."""


class Fault(StrEnum):
    """What happens to a call. `every` is each of the three attempts that botocore makes."""

    SLOW = "slow"
    LOST = "request lost"
    LOST_EVERY = "request lost, every"
    UNSEEN = "answer lost"
    UNSEEN_EVERY = "answer lost, every"
    LATE = "request late, every"
    TRUNCATED = "answer cut short"
    ERROR = "500"
    UNAVAILABLE_EVERY = "503, every"
    THROTTLED = "throttled"
    THROTTLED_EVERY = "throttled, every"
    CONFLICT = "conflict"
    CONFLICT_EVERY = "conflict, every"
    KILLED_BEFORE = "killed before"
    KILLED_AFTER = "killed after"

    @property
    def every(self) -> bool:
        """Whether botocore's own attempts are exhausted by it."""
        return self.endswith("every")

    @property
    def kills(self) -> bool:
        return self in {Fault.KILLED_BEFORE, Fault.KILLED_AFTER}

    @property
    def survived(self) -> bool:
        """Whether a client must not notice it."""
        return not (self.every or self.kills or self is Fault.TRUNCATED)


QUICK = (Fault.LOST_EVERY, Fault.UNSEEN_EVERY, Fault.CONFLICT)
"""Those that take no process down, and that each stand for several others."""

_READS = frozenset({"GetItem", "Query", "GetObject", "HeadObject", "ListObjectsV2", "ListParts"})
_READS |= {"GetSecretValue", "TransactGetItems"}
_OF_WRITES = frozenset({Fault.UNSEEN, Fault.UNSEEN_EVERY, Fault.LATE, Fault.KILLED_AFTER})
_OF_TRANSACTIONS = frozenset({Fault.CONFLICT, Fault.CONFLICT_EVERY})


def faults_of(call: str, chosen: Sequence[Fault]) -> list[Fault]:
    """Return those of `chosen` that can happen to `call` and differ.

    A read whose answer is lost is a read that was lost.
    """
    operation = call.partition(".")[2]
    fitting = set(chosen)
    if operation in _READS:
        fitting -= _OF_WRITES
    if not operation.startswith("Transact"):
        fitting -= _OF_TRANSACTIONS
    if operation != "GetObject":
        fitting.discard(Fault.TRUNCATED)
    return [fault for fault in Fault if fault in fitting]


def refusal(fault: Fault, call: str, body: bytes) -> tuple[int, str, bytes]:
    """Return the status, media type and body by which AWS tells of the fault."""
    service = call.partition(".")[0]
    if fault in {Fault.CONFLICT, Fault.CONFLICT_EVERY}:
        items = len(json.loads(body)["TransactItems"])
        codes = ["TransactionConflict"] + ["None"] * (items - 1)
        content = {
            "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
            "message": f"Transaction cancelled, please refer cancellation reasons [{codes}]",
            "CancellationReasons": [{"Code": code} for code in codes],
        }
        return 400, "application/x-amz-json-1.0", json.dumps(content).encode()
    throttled = fault in {Fault.THROTTLED, Fault.THROTTLED_EVERY}
    if service == "s3":
        status = 500 if fault is Fault.ERROR else 503
        code = "InternalError" if fault is Fault.ERROR else "SlowDown"
        text = f"<Error><Code>{code}</Code><Message>injected</Message></Error>"
        return status, "application/xml", text.encode()
    if throttled:
        status, code = 400, "ThrottlingException"
    else:
        status = 500 if fault is Fault.ERROR else 503
        code = "InternalServerError"
    content = {"__type": code, "message": "injected"}
    return status, "application/x-amz-json-1.0", json.dumps(content).encode()

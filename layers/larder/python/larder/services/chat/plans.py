"""Plans: changes that are held back until a person confirms them.

A plan is signed like a cursor and kept nowhere. It says which tools run with which arguments; the
model that asked for them has no part in carrying it out.
"""

from __future__ import annotations

import json
import zlib
from typing import TYPE_CHECKING, Any

import msgspec

from larder.domain.errors import InvalidParameterError
from larder.domain.ids import new_plan_id
from larder.domain.signatures import sign, signed_message

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from larder.domain.ids import TenantId

PLAN_SECONDS = 15 * 60
"""Seconds in which a plan can be confirmed."""

MAX_PLAN = 2**20
"""Bytes of a plan, unpacked."""


class NoPlanError(InvalidParameterError):
    """The text is no plan that was signed for the project."""

    def __init__(self) -> None:
        super().__init__(
            "This is no plan of this project. Send the plan as it was in the response.",
            param="confirm",
        )


class Step(msgspec.Struct, frozen=True):
    """One change: `action_id` is the id that its action gets, so that it is done once."""

    tool: str
    arguments: dict[str, Any]
    summary: str
    action_id: str
    created_id: str | None = None


class Plan(msgspec.Struct, frozen=True):
    """Changes in order, which can be confirmed `until` then (unix seconds)."""

    id: str
    until: int
    steps: list[Step]

    @property
    def summary(self) -> str:
        """What the plan does, for people."""
        return "\n".join(step.summary for step in self.steps)


_DECODER = msgspec.json.Decoder(Plan)


def new_plan(steps: Sequence[Step], now: float) -> Plan:
    """Return a plan of these steps."""
    return Plan(new_plan_id(now), int(now) + PLAN_SECONDS, list(steps))


def signed_plan(plan: Plan, tenant: TenantId, key: bytes) -> str:
    """Return the plan as text that only this service can have made, for this project."""
    return sign(zlib.compress(msgspec.json.encode(plan)), _scope(tenant), key)


def plan_of(text: str, tenant: TenantId, keys: Iterable[bytes], now: float) -> Plan:
    """Return the plan that `signed_plan` made the text of.

    Raises:
        NoPlanError: it is another project's, or not signed by this service.
        InvalidParameterError: it is too old.
    """
    packed = signed_message(text, _scope(tenant), keys)
    if packed is None:
        raise NoPlanError
    # Only what we have packed gets here.
    plan = _DECODER.decode(zlib.decompressobj().decompress(packed, MAX_PLAN))
    if plan.until <= now:
        raise InvalidParameterError(
            "The plan is older than 15 minutes, and nothing was done. Ask for the changes again.",
            param="confirm",
        )
    return plan


def _scope(tenant: TenantId) -> bytes:
    return json.dumps([tenant, "plan"]).encode()

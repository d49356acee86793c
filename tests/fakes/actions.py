"""The file manager's log, and who has read text, in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from larder.services.chat.ports import LOG_SECONDS
from larder.services.space.ports import Page, Position

if TYPE_CHECKING:
    from collections.abc import Iterator

    from larder.domain.ids import TenantId
    from larder.services.chat.ports import Action


class InMemoryActionLog:
    """`ActionLog` in memory."""

    def __init__(self) -> None:
        self.actions: dict[tuple[TenantId, str], Action] = {}

    def add(self, tenant: TenantId, action: Action) -> bool:
        if (tenant, action.id) in self.actions:
            return False
        self.amend(tenant, action)
        return True

    def amend(self, tenant: TenantId, action: Action) -> None:
        self.actions[tenant, action.id] = action

    def get(self, tenant: TenantId, action_id: str) -> Action | None:
        return self.actions.get((tenant, action_id))

    def page(
        self, tenant: TenantId, *, limit: int, after: Position | None, now: float
    ) -> Page[Action]:
        found = sorted(
            (
                action
                for (owner, _), action in self.actions.items()
                if owner == tenant
                and action.at + LOG_SECONDS > now
                and (after is None or action.id < after.id)
            ),
            key=lambda action: action.id,
            reverse=True,
        )
        more = len(found) > limit
        return Page(tuple(found[:limit]), Position(found[limit - 1].id, "") if more else None)


class InMemoryReadings:
    """`Readings` in memory."""

    def __init__(self) -> None:
        self.until: dict[tuple[TenantId, str], int] = {}

    def note(self, tenant: TenantId, key_id: str, until: int) -> None:
        self.until[tenant, key_id] = until

    def noted(self, tenant: TenantId, key_id: str, now: float) -> bool:
        return self.until.get((tenant, key_id), 0) > now


class FixedKey:
    """`SigningKey` that never changes."""

    def __call__(self) -> bytes:
        return b"a cursor key"

    def __iter__(self) -> Iterator[bytes]:
        yield self()

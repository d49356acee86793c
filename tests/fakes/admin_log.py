"""The operators' log in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from larder.services.projects.ports import LogPage

if TYPE_CHECKING:
    from larder.domain.admin_log import LogEntry


class InMemoryAdminLog:
    """`AdminLog` in memory; a fake whose change has an entry adds it here."""

    def __init__(self) -> None:
        self._entries: dict[str, LogEntry] = {}

    def add(self, entry: LogEntry | None) -> None:
        if entry is not None:
            self._entries[entry.id] = entry

    def page(self, *, limit: int, after: str | None) -> LogPage:
        found = sorted(self._entries.values(), key=lambda entry: entry.id, reverse=True)
        rest = [entry for entry in found if after is None or entry.id < after]
        return LogPage(rest[:limit], has_more=len(rest) > limit)

"""API keys in memory."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from larder.domain.admin_log import LogEntry
    from larder.domain.api_keys import KeyRecord
    from larder.domain.ids import TenantId
    from tests.fakes.admin_log import InMemoryAdminLog


class InMemoryKeys:
    """`KeyRegister` and `KeyUses` in memory."""

    def __init__(self, log: InMemoryAdminLog) -> None:
        self._log = log
        self._keys: dict[str, KeyRecord] = {}
        self._taken: set[str] = set()

    def find(self, digest: str) -> KeyRecord | None:
        return self._keys.get(digest)

    def add(self, key: KeyRecord) -> None:
        assert self._keys.get(key.digest, key) == key
        self._keys[key.digest] = key

    def find_by_id(self, key_id: str) -> KeyRecord | None:
        return next((key for key in self._keys.values() if key.id == key_id), None)

    def create(self, key: KeyRecord, entry: LogEntry | None = None) -> None:
        assert key.digest not in self._keys
        self._keys[key.digest] = key
        self._log.add(entry)

    def replace(
        self, old: KeyRecord, new: KeyRecord, *, ends_at: int, entry: LogEntry | None = None
    ) -> bool:
        found = self._keys.get(old.digest)
        if found is None or found.revoked_at is not None or found.replaced_by is not None:
            return False
        self._keys[old.digest] = replace(found, expires_at=ends_at, replaced_by=new.id)
        self._keys[new.digest] = new
        self._log.add(entry)
        return True

    def of_project(self, tenant: TenantId) -> Iterator[KeyRecord]:
        found = [key for key in self._keys.values() if key.tenant == tenant]
        yield from sorted(found, key=lambda key: key.created_at)

    def take(self, digest: str) -> KeyRecord | None:
        if digest in self._taken:
            return None
        self._taken.add(digest)
        return self._keys.get(digest)

    def remove(self, digest: str) -> None:
        self._keys.pop(digest, None)

    def revoke(self, digest: str, at: int, entry: LogEntry | None = None) -> None:
        key = self._keys[digest]
        if key.revoked_at is None:
            self._keys[digest] = replace(key, revoked_at=at)
            self._log.add(entry)

    def keep(self, digest: str, day: str) -> None:
        key = self._keys.get(digest)
        if key is not None and (key.last_used_on is None or key.last_used_on < day):
            self._keys[digest] = replace(key, last_used_on=day)

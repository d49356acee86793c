"""Trash, restore, purge and expiry in any order, among folders that come and go, end right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import settings

from tests.backends.memory import MemoryBackend
from tests.property.space_lifecycle import SpaceLifecycle

if TYPE_CHECKING:
    from tests.backends.backend import Backend


class InMemory(SpaceLifecycle):
    def backend(self) -> Backend:
        return MemoryBackend()


TestInMemory = InMemory.TestCase
TestInMemory.settings = settings(
    max_examples=200 * settings().max_examples // 100, stateful_step_count=50
)

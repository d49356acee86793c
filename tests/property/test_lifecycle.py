"""Any sequence of what clients, workers, clocks and failures do leaves quota and files right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import settings

from tests.backends.memory import MemoryBackend
from tests.property.lifecycle import Lifecycle

if TYPE_CHECKING:
    from tests.backends.backend import Backend


class InMemory(Lifecycle):
    def backend(self) -> Backend:
        return MemoryBackend()


TestInMemory = InMemory.TestCase
# Ten times as many in the nightly profile.
TestInMemory.settings = settings(
    max_examples=200 * settings().max_examples // 100, stateful_step_count=40
)

"""Limit the requests that one API key makes per second, and those of all keys together."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from larder.domain.errors import RateLimitError

if TYPE_CHECKING:
    from larder.services.clock import Clock
    from larder.services.projects.ports import RequestRates

LARGEST_HANDFUL = 16
ALL_KEYS = "all"
"""What the requests of all keys together are counted under; no key has this id."""
MAX_KEYS = 1_000
"""Keys whose permits one container holds; the one that was used longest ago makes room."""


@dataclass(slots=True)
class _Handful:
    """The permits that a container has taken for a key in one second."""

    second: int
    taken: int
    left: int


@dataclass(frozen=True, slots=True)
class LimitRate:
    """Let a key make `key_rate` requests per second, counted by all containers together.

    All keys together make `total_rate`; each rate is 0 for any number.

    A container takes permits in handfuls: one, then two, four and so on in the same second, so that
    a busy key costs few writes, and no more permits lie idle than were used. A key that has none
    left is refused until the second is over, without another write. What a container holds are
    numbers by key, for one second: docs/adr/0019.
    """

    rates: RequestRates
    key_rate: int
    clock: Clock
    total_rate: int = 0
    _held: OrderedDict[str, _Handful] = field(init=False, default_factory=OrderedDict)

    def __call__(self, key_id: str) -> None:
        """Use up one permit of the key, and one of all keys.

        Raises:
            RateLimitError: one of the two has none left in this second.
        """
        if self.key_rate and not self._permits(key_id, self.key_rate):
            raise RateLimitError(self.key_rate)
        if self.total_rate and not self._permits(ALL_KEYS, self.total_rate):
            raise RateLimitError(self.total_rate, of_all_keys=True)

    def _permits(self, counted: str, rate: int) -> bool:
        second = int(self.clock())
        held = self._held.pop(counted, None)
        if held is None or held.second != second:
            held = self._take(counted, rate, second, 1)
        elif held.left == 0 and held.taken > 0:
            held = self._take(counted, rate, second, min(2 * held.taken, LARGEST_HANDFUL))
        self._held[counted] = held
        if len(self._held) > MAX_KEYS:
            self._held.popitem(last=False)
        if held.left == 0:
            return False
        held.left -= 1
        return True

    def _take(self, counted: str, rate: int, second: int, wanted: int) -> _Handful:
        total = self.rates.add(counted, second, wanted)
        granted = max(0, min(wanted, rate - (total - wanted)))
        return _Handful(second, granted, granted)

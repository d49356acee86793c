"""Run a request once, and repeat its answer: the port."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from larder.domain.ids import TenantId


class RemainingTime(Protocol):
    """The time left for the current request: Lambda's context."""

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds until Lambda stops the function."""


class IdempotencyStore(Protocol):
    """The answers of idempotent requests, kept to repeat them."""

    def run_once(
        self,
        tenant: TenantId,
        key: str,
        fingerprint: str,
        context: RemainingTime,
        respond: Callable[[], dict[str, Any]],
        keep: Callable[[dict[str, Any]], bool],
    ) -> tuple[dict[str, Any], bool]:
        """Return the answer of `respond`, and whether it repeats an earlier one.

        `fingerprint` identifies the request, `keep` decides whether its answer is kept.

        Raises:
            IdempotencyConflictError: the key belongs to another request, or to one that still runs.
        """

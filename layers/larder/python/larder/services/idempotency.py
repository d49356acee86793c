"""What answers a request once and then repeats the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from larder.domain.ids import TenantId


class RemainingTime(Protocol):
    """How long the request at hand may still take: Lambda's context."""

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds until the function is stopped."""


class IdempotencyStore(Protocol):
    """Answers that are given once and then repeated."""

    def run_once(
        self,
        tenant: TenantId,
        key: str,
        fingerprint: str,
        context: RemainingTime,
        respond: Callable[[], dict[str, Any]],
        keep: Callable[[dict[str, Any]], bool],
    ) -> tuple[dict[str, Any], bool]:
        """Answer by `respond`, or repeat its answer to the same request; tell whether it did.

        Raises:
            IdempotencyConflictError: the key belongs to another request, or to one still running.
        """

"""How a transfer reports its progress."""

from __future__ import annotations

from typing import Literal, Protocol, TypeAlias

Phase: TypeAlias = Literal["checking", "sending", "joining", "receiving"]


class Progress(Protocol):
    """Receives the progress of a transfer, from several threads at once."""

    def begin(self, phase: Phase, total: int, done: int = 0) -> None:
        """Start a phase of `total` bytes, `done` of which an earlier call has transferred.

        Nothing is known of a phase with a total of 0 but that it takes time.
        """

    def advance(self, count: int) -> None:
        """Add `count` bytes; negative when bytes have to be sent again."""


class Silent:
    """Progress that is not shown."""

    def begin(self, phase: Phase, total: int, done: int = 0) -> None:
        """Ignore the phase."""

    def advance(self, count: int) -> None:
        """Ignore the bytes."""


SILENT = Silent()

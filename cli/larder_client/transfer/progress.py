"""How a transfer tells of its progress."""

from __future__ import annotations

from typing import Literal, Protocol

type Phase = Literal["checking", "sending", "receiving"]


class Progress(Protocol):
    """Is told how far a transfer has come, from several threads at once."""

    def begin(self, phase: Phase, total: int, done: int = 0) -> None:
        """Enter a phase of `total` bytes, of which `done` need not be gone through again."""

    def advance(self, count: int) -> None:
        """Take note of `count` further bytes; negative when some have to be sent again."""


class Silent:
    """Progress that nobody looks at."""

    def begin(self, phase: Phase, total: int, done: int = 0) -> None:
        """Enter a phase."""

    def advance(self, count: int) -> None:
        """Take note of bytes."""


SILENT = Silent()

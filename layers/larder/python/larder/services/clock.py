"""The clock, as a port."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

type Clock = Callable[[], float]
"""The time in unix seconds."""

"""The error that ends a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class LocalError(Exception):
    """An error that the user can fix; the message says what happened and what to do."""


def blame(log: Path, otherwise: str) -> LocalError:
    """Return the error for a program that failed: a full disk if its log says so."""
    if "No space left on device" in log.read_text(errors="replace"):
        return LocalError(f"The disk is full: free some space, and run it again. More in {log}")
    return LocalError(otherwise)

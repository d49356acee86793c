"""The demo checks its results, and stops at one that is wrong."""

from __future__ import annotations


class UnexpectedError(Exception):
    """A result is not what it should be; the message says which."""


def expect(actual: object, wanted: object, what: str) -> None:
    """Raise UnexpectedError unless `actual` equals `wanted`."""
    if actual != wanted:
        message = f"{what} should be {wanted!r}, but is {actual!r}."
        raise UnexpectedError(message)

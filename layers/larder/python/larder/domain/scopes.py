"""Scopes: what a key may do. Each route needs one of them, or none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, cast

from larder.domain.errors import InvalidParameterError

if TYPE_CHECKING:
    from collections.abc import Iterable

type Scope = Literal["read", "write", "batches", "console", "admin"]

SCOPES: tuple[Scope, ...] = ("read", "write", "batches", "console", "admin")
"""Every scope, in the order in which people read them."""

DEFAULT_SCOPES: frozenset[Scope] = frozenset({"read", "write", "batches"})
"""The scopes of a new key, unless others are asked for."""

ADMIN_SCOPES: frozenset[Scope] = DEFAULT_SCOPES | {"admin"}
"""The scopes of a console session that manages projects and keys."""

BEFORE_SCOPES: frozenset[Scope] = DEFAULT_SCOPES | {"console"}
"""What keys could do that were made before there were scopes: everything that there was."""


def parse_scopes(raw: Iterable[str]) -> frozenset[Scope]:
    """Return what was asked for as scopes.

    Raises:
        InvalidParameterError: it is nothing, or not all of it is scopes.
    """
    found = frozenset(raw)
    if not found or not found <= frozenset(SCOPES):
        wrong = ", ".join(sorted(found - frozenset(SCOPES)))[:64]
        said = f"There is no scope '{wrong}'" if wrong else "A key needs a scope"
        raise InvalidParameterError(f"{said}: give any of {', '.join(SCOPES)}.", param="scopes")
    return cast("frozenset[Scope]", found)


def ordered(scopes: Iterable[Scope]) -> list[Scope]:
    """Return the scopes in the order in which people read them."""
    return sorted(scopes, key=SCOPES.index)

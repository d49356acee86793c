"""Which ports a use case gets: those of the same names as its fields.

This is the whole wiring, in production and in tests. A use case that others take as a port is made
here too.
"""

from __future__ import annotations

from dataclasses import fields
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    from larder.services.quota import Reclaim


class Wiring:
    """What makes use cases of the ports that a subclass has as attributes."""

    def make[UseCase: DataclassInstance](self, use_case: type[UseCase]) -> UseCase:
        """Return the use case, with each of its fields set to the port of that name.

        Raises:
            AttributeError: there is no such port.
        """
        return use_case(**{field.name: getattr(self, field.name) for field in fields(use_case)})

    @cached_property
    def reclaim(self) -> Reclaim:
        """What releases a project's expired files and uploads."""
        from larder.services.upkeep.reclaim import ReclaimExpired

        return self.make(ReclaimExpired)

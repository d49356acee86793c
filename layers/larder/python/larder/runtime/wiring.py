"""Wires use cases: each gets the ports that its fields or parameters name.

This is all the wiring, in production and in tests. A use case that others take as a port is made
here too.
"""

from __future__ import annotations

import time
from functools import cached_property, partial
from inspect import signature
from typing import TYPE_CHECKING, Any, overload

if TYPE_CHECKING:
    from collections.abc import Callable

    from _typeshed import DataclassInstance

    from larder.services.budget import Stopwatch
    from larder.services.quota import HeldQuota, Reclaim
    from larder.services.space.delete_folder import EmptyFolder
    from larder.services.upkeep.sweep import Sweepers
    from larder.services.uploads.complete import CompleteUpload


class Wiring:
    """Makes use cases, from the ports that a subclass has as attributes."""

    @overload
    def make[UseCase: DataclassInstance](  # type: ignore[overload-overlap]
        self, use_case: type[UseCase]
    ) -> UseCase: ...
    @overload
    def make[Result](self, use_case: Callable[..., Result]) -> Callable[..., Result]: ...
    def make(self, use_case: Any) -> Any:
        """Return the use case with its ports, so that the caller passes the rest.

        Raises:
            TypeError: a field of the use case names no port.
        """
        ports = {
            name: getattr(self, name)
            for name in signature(use_case).parameters
            if hasattr(self, name)
        }
        return use_case(**ports) if isinstance(use_case, type) else partial(use_case, **ports)

    @cached_property
    def stopwatch(self) -> Stopwatch:
        """Measures how long a request has worked."""
        return time.monotonic

    @cached_property
    def reclaim(self) -> Reclaim:
        """Releases a project's expired files and uploads."""
        from larder.services.upkeep.reclaim import ReclaimExpired

        return self.make(ReclaimExpired)

    @cached_property
    def held_quota(self) -> HeldQuota:
        """Looks up what fills a project's quota besides the files in lists."""
        from larder.services.upkeep.held import held_quota

        return self.make(held_quota)

    @cached_property
    def empty_folder(self) -> EmptyFolder:
        """Empties and removes a folder."""
        from larder.services.space.delete_folder import EmptyFolder

        return self.make(EmptyFolder)

    @cached_property
    def complete(self) -> CompleteUpload:
        """Completes an upload."""
        from larder.services.uploads.complete import CompleteUpload

        return self.make(CompleteUpload)

    @cached_property
    def sweepers(self) -> Sweepers:
        """The sweepers, by the kind of item."""
        from larder.services.upkeep.sweepers import SWEEPERS

        return {kind: self.make(sweeper) for kind, sweeper in SWEEPERS.items()}

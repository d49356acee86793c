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
    from larder.services.chat.apply_edit import ApplyEdit
    from larder.services.chat.carry_out import CarryOut
    from larder.services.chat.changes import PlanChange
    from larder.services.chat.reads import Reads
    from larder.services.chat.texts import Texts
    from larder.services.chat.toolbox import Toolbox
    from larder.services.quota import HeldQuota, Reclaim
    from larder.services.space.delete_folder import DeleteFolder
    from larder.services.space.finish_folder import FinishFolder
    from larder.services.space.old_place import OldPlace
    from larder.services.space.purge import PurgeUntil
    from larder.services.space.purge_folder import PurgeContents, PurgeFolder
    from larder.services.space.restore_file import RestoreFile
    from larder.services.space.restore_folder import RestoreContents, RestoreFolder
    from larder.services.space.trash_folder import TrashContents
    from larder.services.upkeep.sweep import Sweepers
    from larder.services.uploads.complete import CompleteUpload
    from larder.services.webhooks.ports import QueueDeliveries


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
    def reclaim_all(self) -> Reclaim:
        """Releases what `reclaim` does, and the uploads that have to be named when they end."""
        from larder.services.upkeep.reclaim import ReclaimExpired

        return partial(self.make(ReclaimExpired), may_name=True)

    @cached_property
    def held_quota(self) -> HeldQuota:
        """Looks up what fills a project's quota besides the files in lists."""
        from larder.services.upkeep.held import held_quota

        return self.make(held_quota)

    @cached_property
    def finish_folder(self) -> FinishFolder:
        """Carries on with a folder in the trash."""
        from larder.services.space.finish_folder import FinishFolder

        return self.make(FinishFolder)

    @cached_property
    def trash_contents(self) -> TrashContents:
        """Moves a folder to the trash."""
        from larder.services.space.trash_folder import TrashContents

        return self.make(TrashContents)

    @cached_property
    def restore_contents(self) -> RestoreContents:
        """Moves a folder out of the trash."""
        from larder.services.space.restore_folder import RestoreContents

        return self.make(RestoreContents)

    @cached_property
    def purge_contents(self) -> PurgeContents:
        """Purges a folder in the trash."""
        from larder.services.space.purge_folder import purge_contents

        return self.make(purge_contents)

    @cached_property
    def purge_folder(self) -> PurgeFolder:
        """Begins to purge a folder in the trash."""
        from larder.services.space.purge_folder import PurgeFolder

        return self.make(PurgeFolder)

    @cached_property
    def purge_until(self) -> PurgeUntil:
        """Purges the trash."""
        from larder.services.space.purge import purge_until

        return self.make(purge_until)

    @cached_property
    def restore_file(self) -> RestoreFile:
        """Restores a file from the trash."""
        from larder.services.space.restore_file import RestoreFile

        return self.make(RestoreFile)

    @cached_property
    def old_place(self) -> OldPlace:
        """Finds where something in the trash goes back to."""
        from larder.services.space.old_place import OldPlace

        return self.make(OldPlace)

    @cached_property
    def delete_folder(self) -> DeleteFolder:
        """Deletes a folder."""
        from larder.services.space.delete_folder import DeleteFolder

        return self.make(DeleteFolder)

    @cached_property
    def restore_folder(self) -> RestoreFolder:
        """Restores a folder from the trash."""
        from larder.services.space.restore_folder import RestoreFolder

        return self.make(RestoreFolder)

    @cached_property
    def apply_edit(self) -> ApplyEdit:
        """Applies one edit of the file manager."""
        from larder.services.chat.apply_edit import ApplyEdit

        return self.make(ApplyEdit)

    @cached_property
    def carry_out(self) -> CarryOut:
        """Carries out a change of the file manager."""
        from larder.services.chat.carry_out import CarryOut

        return self.make(CarryOut)

    @cached_property
    def plan_change(self) -> PlanChange:
        """Finds out what a tool would change."""
        from larder.services.chat.changes import PlanChange

        return self.make(PlanChange)

    @cached_property
    def reads(self) -> Reads:
        """Runs the tools that read records."""
        from larder.services.chat.reads import Reads

        return self.make(Reads)

    @cached_property
    def texts(self) -> Texts:
        """Runs the tools that read text."""
        from larder.services.chat.texts import Texts

        return self.make(Texts)

    @cached_property
    def toolbox(self) -> Toolbox:
        """Calls the tools of the file manager."""
        from larder.services.chat.toolbox import Toolbox

        return self.make(Toolbox)

    @cached_property
    def complete(self) -> CompleteUpload:
        """Completes an upload."""
        from larder.services.uploads.complete import CompleteUpload

        return self.make(CompleteUpload)

    @cached_property
    def queue_deliveries(self) -> QueueDeliveries:
        """Queues deliveries for a webhook."""
        from larder.services.webhooks.announce import queue_deliveries

        return self.make(queue_deliveries)

    @cached_property
    def sweepers(self) -> Sweepers:
        """The sweepers, by the kind of item."""
        from larder.services.upkeep.sweepers import SWEEPERS

        return {kind: self.make(sweeper) for kind, sweeper in SWEEPERS.items()}

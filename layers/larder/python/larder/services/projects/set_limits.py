"""Change the limits of a project."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

from larder.domain.admin_log import OPERATOR, new_entry
from larder.services.projects.projects import checked
from larder.services.projects.usage import counters

if TYPE_CHECKING:
    from larder.domain.admin_log import Actor
    from larder.domain.ids import TenantId
    from larder.domain.projects import LimitChanges
    from larder.services.clock import Clock
    from larder.services.projects.ports import BatchLimitRecords, ProjectRecords, UsageRecords


@dataclass(frozen=True, slots=True)
class SetLimits:
    """Set those limits of a project that are given, of storage and of batches.

    Stored files stay and running batches run on. The two kinds are two changes, each with its own
    entry in the log; a repeated request sets the same again.
    """

    usage: UsageRecords
    projects: ProjectRecords
    batch_limit_records: BatchLimitRecords
    clock: Clock

    def __call__(self, tenant: TenantId, changes: LimitChanges, *, by: Actor = OPERATOR) -> None:
        """Set the limits.

        Raises:
            InvalidParameterError: a limit is negative, or more files than a project can have.
            NotFoundError: there is no such project.
        """
        before = counters(tenant, usage=self.usage).limit
        given = {name: limit for name, limit in asdict(changes).items() if limit is not None}
        storage = {name: limit for name, limit in given.items() if name in {"files", "bytes"}}
        if storage:
            entry = new_entry(self.clock(), "project.update", tenant, tenant, by, **storage)
            self.projects.set_limit(tenant, checked(replace(before, **storage)), entry)
        if len(given) > len(storage):
            of_batches = {name: given[name] for name in given.keys() - storage.keys()}
            entry = new_entry(self.clock(), "project.update", tenant, tenant, by, **of_batches)
            self.batch_limit_records.set(
                tenant, batches=changes.batches, requests=changes.batch_requests, entry=entry
            )

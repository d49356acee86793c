"""Create a bundle of artifacts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from larder.domain.artifacts import (
    MAX_MEMBERS,
    Bundle,
    checked_metadata,
    checked_name,
    file_of_bundle,
    member_of,
)
from larder.domain.errors import InvalidParameterError, NotFoundError
from larder.services.artifacts.get import existing
from larder.services.quota import admit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from larder.domain.ids import TenantId
    from larder.services.artifacts.ports import ArtifactRecords
    from larder.services.clock import Clock
    from larder.services.quota import HeldQuota, Reclaim

DEFAULT_TYPE = "agent_prefix"


@dataclass(frozen=True, slots=True)
class NewBundle:
    """What the client asks for: ids and roles, in order."""

    members: Sequence[tuple[str, str]]
    type: str = DEFAULT_TYPE
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CreateBundle:
    """Admit a bundle, and return it."""

    artifacts: ArtifactRecords
    reclaim: Reclaim
    held_quota: HeldQuota
    clock: Clock

    def __call__(self, tenant: TenantId, new: NewBundle) -> Bundle:
        """Create the bundle.

        An artifact that is deleted meanwhile counts as deleted afterwards.

        Raises:
            InvalidParameterError: the type, a role, an id or the metadata is not acceptable.
            NotFoundError: an artifact does not exist for this project.
            QuotaExceededError: the project has no room.
            ProjectFullError: the project has as many records as it can have.
            ContentionError: too many concurrent changes to the project.
        """
        if not 1 <= len(new.members) <= MAX_MEMBERS:
            raise InvalidParameterError(
                f"artifacts must be 1 to {MAX_MEMBERS} artifacts, not {len(new.members)}.",
                param="artifacts",
            )
        members = tuple(
            member_of(artifact_id, role, param=f"artifacts.{index}")
            for index, (artifact_id, role) in enumerate(new.members)
        )
        bundle = Bundle(
            file=file_of_bundle(members, self.clock()),
            type=checked_name(new.type, param="bundle_type"),
            members=members,
            metadata=checked_metadata(new.metadata),
        )
        there = existing(tenant, bundle, artifacts=self.artifacts, clock=self.clock)
        for index, member in enumerate(members):
            if member.artifact_id not in there:
                param = f"artifacts.{index}.artifact_id"
                raise NotFoundError("Artifact", member.artifact_id, param=param)
        admit(
            tenant,
            lambda: self.artifacts.admit(tenant, bundle),
            reclaim=self.reclaim,
            held_quota=self.held_quota,
        )
        return bundle

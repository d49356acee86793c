"""A project: the tenant that files, quota and API keys belong to."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from larder.domain.errors import InvalidParameterError

if TYPE_CHECKING:
    from larder.domain.ids import TenantId

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")

AUDIT_INTERVAL = 86_400
"""Seconds between two audits of a project's counters."""


@dataclass(frozen=True, slots=True)
class Project:
    """A project as operators know it: by a name that is unique in the deployment."""

    id: TenantId
    name: str
    created_at: int


@dataclass(frozen=True, slots=True)
class LimitChanges:
    """Limits of a project that are to change; None stays as it is."""

    files: int | None = None
    bytes: int | None = None
    batches: int | None = None
    batch_requests: int | None = None


def project_name(raw: str) -> str:
    """Return `raw` as a project's name.

    Raises:
        InvalidParameterError: it is not 1 to 63 lowercase letters, digits, `-` and `_`.
    """
    if not _NAME.fullmatch(raw):
        raise InvalidParameterError(
            "A project's name is 1 to 63 lowercase letters, digits, '-' and '_', "
            "beginning with a letter or a digit.",
            param="name",
        )
    return raw

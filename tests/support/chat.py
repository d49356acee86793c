"""The file manager in tests: a session, and calls of its tools."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from larder.services.chat.session import Session
from larder.services.chat.toolbox import Toolbox
from tests.samples import TENANT

if TYPE_CHECKING:
    from larder.domain.ids import TenantId
    from tests.backends.backend import Backend


def a_session(
    *known: str,
    tenant: TenantId = TENANT,
    key_id: str = "key-1",
    may_write: bool = True,
    any_id: bool = False,
) -> Session:
    """Return a session whose caller gave the ids in `known`."""
    return Session(tenant, key_id, may_write=may_write, known=None if any_id else set(known))


def call(ports: Backend, session: Session, tool: str, **arguments: Any) -> dict[str, Any]:
    """Call a tool, and return its result as a model gets it."""
    result = ports.make(Toolbox)(session, tool, arguments)
    found: dict[str, Any] = msgspec.to_builtins(result)
    return found

"""What one request of a client, and of the model behind it, has seen and done."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from larder.domain.errors import InvalidParameterError
from larder.domain.folders import ROOT

if TYPE_CHECKING:
    from larder.domain.ids import TenantId
    from larder.services.chat.plans import Step
    from larder.services.chat.ports import Action


@dataclass(slots=True)
class Session:
    """The state of one request.

    `known` are the ids that the caller gave or a tool returned; None if every id is the caller's,
    as over MCP. `held` are changes that wait for a person, `coming` the ids that they will create,
    `changed` the ids that were changed.
    """

    tenant: TenantId
    key_id: str
    may_write: bool = True
    known: set[str] | None = None
    read_text: bool = False
    held: list[Step] = field(default_factory=list)
    coming: set[str] = field(default_factory=set)
    changed: set[str] = field(default_factory=set)
    actions: list[Action] = field(default_factory=list)

    def saw(self, *ids: str | None) -> None:
        """Note ids that a tool returned."""
        if self.known is not None:
            self.known.update(each for each in ids if each is not None)

    def check(self, *ids: str) -> None:
        """Refuse ids that neither the caller gave nor a tool returned: the model made them up.

        Raises:
            InvalidParameterError: one of them is such an id.
        """
        if self.known is None:
            return
        for each in ids:
            if each != ROOT and each not in self.known and each not in self.coming:
                raise InvalidParameterError(
                    f"No tool has returned {each} in this request, and the user did not give it. "
                    "Find it first, with search_files, list_folder, list_trash or list_actions.",
                    param="id",
                )

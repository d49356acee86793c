"""Call a tool: the rules that hold whatever a model says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from larder.domain.edits import FolderEdit, FolderPlace, subject_of
from larder.domain.errors import InvalidParameterError, NotFoundError
from larder.domain.ids import FolderId, new_action_id
from larder.services.chat.plans import Step
from larder.services.chat.results import Held
from larder.services.chat.tool import checked
from larder.services.chat.tools import TOOLS
from larder.services.space.ports import FileQuery

if TYPE_CHECKING:
    from collections.abc import Mapping

    from larder.domain.edits import Edit
    from larder.domain.ids import TenantId
    from larder.services.chat.carry_out import CarryOut
    from larder.services.chat.changes import Change, PlanChange
    from larder.services.chat.ports import Readings
    from larder.services.chat.reads import Reads
    from larder.services.chat.results import Result
    from larder.services.chat.session import Session
    from larder.services.chat.texts import Texts
    from larder.services.chat.tool import Tool
    from larder.services.clock import Clock
    from larder.services.space.folder_trash import FolderTrash
    from larder.services.space.ports import FileSearch, FolderRecords

MAX_UNCONFIRMED = 10
"""Files that one request may change before a person has to confirm."""

MAX_HELD = 20
"""Changes in one plan."""


class NoSuchToolError(NotFoundError):
    """The model called a tool that does not exist."""

    def __init__(self, name: str) -> None:
        super().__init__("Tool", name, param="name", why=f"there are {', '.join(TOOLS)}.")


class ReadOnlyKeyError(InvalidParameterError):
    """The key may read and not write."""

    def __init__(self, tool: str) -> None:
        super().__init__(
            f"{tool} needs a key with the scope 'write', and this key has none. Nothing was done.",
            code="insufficient_permissions",
        )


@dataclass(frozen=True, slots=True)
class Toolbox:
    """Call tools by name, for one request at a time."""

    reads: Reads
    texts: Texts
    plan_change: PlanChange
    carry_out: CarryOut
    search: FileSearch
    folders: FolderRecords
    folder_trash: FolderTrash
    readings: Readings
    clock: Clock

    def __call__(self, session: Session, name: str, arguments: Mapping[str, Any]) -> Result:
        """Return the tool's result; `Held` for a change that waits for a person.

        Raises:
            LarderError: the call is refused; the message is for the model.
        """
        tool = TOOLS.get(name)
        if tool is None:
            raise NoSuchToolError(name)
        asked = checked(tool, arguments)
        if not tool.writes:
            part = self.reads if tool.part == "reads" else self.texts
            result: Result = getattr(part, name)(session, asked)
            return result
        if not session.may_write:
            raise ReadOnlyKeyError(name)
        session.check(*_ids_in(arguments))
        change = self.plan_change(session.tenant, asked, tool=name, coming=session.coming)
        reason = self._reason_to_hold(session, change)
        if reason is not None:
            return self._hold(session, tool, arguments, change, reason)
        changed = self.carry_out(session, name, change, new_action_id(self.clock()))
        session.saw(changed.created_id, changed.action_id)
        return changed

    def _reason_to_hold(self, session: Session, change: Change) -> str | None:
        subjects = {subject_of(edit) for edit in change.edits}
        if session.held:
            return "another change of this request waits for confirmation"
        if len(session.changed | subjects) > MAX_UNCONFIRMED:
            return f"it changes more than {MAX_UNCONFIRMED} files"
        if any(self._changes_what_a_folder_holds(session.tenant, edit) for edit in change.edits):
            return "the folder holds something"
        if session.read_text or self.readings.noted(session.tenant, session.key_id, self.clock()):
            return "text of a file was read before"
        return None

    def _changes_what_a_folder_holds(self, tenant: TenantId, edit: Edit) -> bool:
        match edit:
            case FolderPlace(folder_id, trashed=False):
                kept = self.folder_trash.get(tenant, FolderId(folder_id))
                return kept is not None and kept.holds_something
            case FolderEdit(folder_id) | FolderPlace(folder_id):
                return self._holds_something(tenant, FolderId(folder_id))
        return False

    def _holds_something(self, tenant: TenantId, folder_id: FolderId) -> bool:
        found = self.folders.get(tenant, folder_id)
        if found is None:
            return False
        query = FileQuery(folder=found.id)
        files = self.search.search(tenant, query, limit=1, after=None, now=self.clock())
        if files.items or files.next is not None:
            return True
        return bool(self.folders.children(tenant, found.id, limit=1, after=None).items)

    def _hold(
        self,
        session: Session,
        tool: Tool,
        arguments: Mapping[str, Any],
        change: Change,
        reason: str,
    ) -> Held:
        if len(session.held) >= MAX_HELD:
            raise InvalidParameterError(
                f"{MAX_HELD} changes wait for confirmation already. Stop, and have them confirmed."
            )
        step = Step(
            tool.name,
            dict(arguments),
            change.summary,
            new_action_id(self.clock()),
            change.created_id,
        )
        session.held.append(step)
        if change.created_id is not None:
            session.coming.add(change.created_id)
        return Held(
            needs_confirmation=True,
            summary=change.summary,
            changed=0,
            reason=f"Nothing was done: {reason}, so a person has to confirm it.",
            created_id=change.created_id,
        )


def _ids_in(arguments: Mapping[str, Any]) -> list[str]:
    found: list[str] = []
    for name, value in arguments.items():
        if name.endswith("_id") and isinstance(value, str):
            found.append(value)
        elif name.endswith("_ids"):
            found += value
    return found

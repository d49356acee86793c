"""Carry out a change: log how to take it back, then apply its edits; and carry out a whole plan."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from larder.domain.edits import reversed_edit, subject_of
from larder.domain.errors import ConflictError, LarderError, ThrottledError
from larder.services.chat.plans import plan_of
from larder.services.chat.ports import Action
from larder.services.chat.results import Changed, Failure
from larder.services.chat.tool import checked
from larder.services.chat.tools import TOOLS

if TYPE_CHECKING:
    from collections.abc import Callable

    from larder.domain.edits import Edit
    from larder.services.chat.apply_edit import ApplyEdit
    from larder.services.chat.changes import Change, PlanChange
    from larder.services.chat.plans import Step
    from larder.services.chat.ports import ActionLog, SigningKey
    from larder.services.chat.session import Session
    from larder.services.clock import Clock


type Carried = tuple[Step, Changed]
"""A step of a plan, and what came of it."""


@dataclass(frozen=True, slots=True)
class CarryOut:
    """Carry out a change, and log it before anything is changed; or the steps of a plan.

    So no change is without its undo, whenever this is interrupted. Undoing what was not done
    changes nothing: an edit applies only to what is as it says.
    """

    apply_edit: ApplyEdit
    plan_change: PlanChange
    actions: ActionLog
    cursor_key: SigningKey
    clock: Clock

    def __call__(self, session: Session, tool: str, change: Change, action_id: str) -> Changed:
        """Return what was done, and what was not.

        Raises:
            ConflictError: it was carried out before, or is being carried out.
        """
        if not change.edits:
            return Changed(change.summary, 0)
        action = Action(action_id, tool, change.summary, int(self.clock()), _undo_of(change.edits))
        if not self.actions.add(session.tenant, action):
            raise ConflictError(
                f"This was carried out before: {change.summary}", code="plan_used", permanent=True
            )
        done: list[Edit] = []
        logged: list[Edit] = []
        failed: list[Failure] = []
        for edit in change.edits:
            try:
                self.apply_edit(session.tenant, edit)
            except LarderError as error:
                failed.append(Failure(subject_of(edit), error.message))
                if isinstance(error, ThrottledError):
                    # A part of it may be done, as of a folder that is on its way to the trash.
                    logged.append(edit)
            else:
                done.append(edit)
                logged.append(edit)
        if failed:
            action = replace(action, undo=_undo_of(tuple(logged)))
            self.actions.amend(session.tenant, action)
        session.changed.update(map(subject_of, done))
        if done:
            session.actions.append(action)
        return Changed(
            change.summary,
            len(done),
            action_id=action.id if done else None,
            created_id=change.created_id if done else None,
            failed=failed,
        )

    def plan(
        self, session: Session, text: str, tell: Callable[[Carried], None] | None = None
    ) -> list[Carried]:
        """Carry out the steps of a plan that a person confirmed, each once.

        Returns what came of each, and tells it as soon as the step is done. One that cannot be done
        stops none of the others.

        Raises:
            InvalidParameterError: this is no plan of the project, or it is too old.
        """
        plan = plan_of(text, session.tenant, self.cursor_key, self.clock())
        carried: list[Carried] = []
        for step in plan.steps:
            carried.append((step, self._carried_out(session, step)))
            if tell is not None:
                tell(carried[-1])
        return carried

    def _carried_out(self, session: Session, step: Step) -> Changed:
        try:
            asked = checked(TOOLS[step.tool], step.arguments)
            change = self.plan_change(
                session.tenant, asked, tool=step.tool, created_id=step.created_id
            )
            return self(session, step.tool, change, step.action_id)
        except LarderError as error:
            return Changed(step.summary, 0, failed=[Failure(step.tool, error.message)])


def _undo_of(edits: tuple[Edit, ...]) -> tuple[Edit, ...]:
    return tuple(reversed_edit(edit) for edit in reversed(edits))

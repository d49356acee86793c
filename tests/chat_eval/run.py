"""Run a task with a model, and judge what came of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from larder.adapters.models.openai_chat import UpstreamChat
from larder.adapters.models.openai_http import HttpModelCalls
from larder.domain.errors import LarderError
from larder.domain.upstreams import Upstream
from larder.services.chat.carry_out import CarryOut
from larder.services.chat.converse import Asked, Converse
from larder.services.chat.plans import new_plan, signed_plan
from larder.services.chat.ports import ModelMessage
from larder.services.chat.tools import for_models
from tests.chat_eval.world import State, a_world
from tests.samples import TENANT
from tests.support.chat import a_session

if TYPE_CHECKING:
    from collections.abc import Mapping

    from larder.services.chat.session import Session
    from tests.backends.memory import MemoryBackend
    from tests.chat_eval.tasks import Task


@dataclass(frozen=True)
class Model:
    """A model at an OpenAI-compatible server; `key` is empty if it asks for none."""

    base_url: str
    name: str
    key: str = ""

    def headers(
        self, _upstream: Upstream, _url: str, _body: bytes, headers: Mapping[str, str], **_: Any
    ) -> dict[str, str]:
        """Return the headers of a request, as `UpstreamCredentials` does."""
        return {**headers, **({"Authorization": f"Bearer {self.key}"} if self.key else {})}

    def renewed(self, _upstream: Upstream, _refused: Mapping[str, str]) -> bool:
        """Tell that a key which was refused is the only one."""
        return False


@dataclass(frozen=True)
class Outcome:
    """What came of a task: nothing is `wrong`, or what."""

    wrong: str
    calls: int = 0
    tokens: int = 0


def run(task: Task, model: Model) -> Outcome:
    """Give the task to the model, in a project of its own."""
    ports, session = a_world(), a_session()
    ports.upstreams.put(Upstream("evaluated", model.base_url, ("*",), created_at=0))
    calls = HttpModelCalls(model, ports.clock)  # type: ignore[arg-type]
    ports.chat_model = UpstreamChat(  # type: ignore[attr-defined]
        ports.upstreams, calls, ports.limits, ports.clock, for_models()
    )
    asked = Asked([ModelMessage("user", task.asks)], model.name)
    try:
        found = ports.make(Converse)(session, asked)
    except LarderError as error:
        return Outcome(error.message)
    wrong = _wrong(task, ports, session, found.answer)
    return Outcome(wrong, len(found.done), found.input_tokens + found.output_tokens)


def _wrong(task: Task, ports: MemoryBackend, session: Session, answer: str) -> str:
    wanted = task.end(State())
    if task.confirms and State.of(ports) != State():
        return "it did not wait for the user"
    if session.held:
        if wanted == State():
            return f"it would have changed something: {session.held[0].summary}"
        plan = signed_plan(new_plan(session.held, ports.clock()), TENANT, ports.cursor_key())
        ports.make(CarryOut).plan(a_session(), plan)
    found = State.of(ports)
    for part in ("files", "trash", "folders"):
        is_now, should_be = getattr(found, part), getattr(wanted, part)
        if is_now != should_be:
            return f"{part}: {_differing(is_now, should_be)}"
    if not re.search(task.says, answer):
        return f"the answer has no {task.says!r}: {answer[:100]!r}"
    return ""


def _differing(is_now: Any, should_be: Any) -> str:
    if isinstance(is_now, dict):
        names = sorted({*is_now, *should_be})
        return ", ".join(name for name in names if is_now.get(name) != should_be.get(name))
    return f"{sorted(is_now)} instead of {sorted(should_be)}"

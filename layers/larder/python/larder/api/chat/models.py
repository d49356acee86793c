"""The request and the response of `POST /v1/chat`."""

from __future__ import annotations

import json
import secrets
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from larder.api.http.streams import event_text
from larder.domain.errors import InvalidParameterError
from larder.domain.ids import FILE_PREFIX, FOLDER_PREFIX, id_pattern
from larder.services.chat.converse import Asked
from larder.services.chat.plans import new_plan, signed_plan
from larder.services.chat.ports import ModelMessage

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from larder.services.chat.carry_out import Carried
    from larder.services.chat.converse import Conversation, Done
    from larder.services.chat.plans import Step
    from larder.services.chat.ports import SigningKey
    from larder.services.chat.results import Changed
    from larder.services.chat.session import Session

MAX_MESSAGES = 100
_CHUNK = 200
"""Characters of one event of text."""

_FILE_ID = Annotated[str, Field(pattern=id_pattern(FILE_PREFIX))]
_FOLDER_ID = Annotated[str, Field(pattern=id_pattern(FOLDER_PREFIX))]
type ToolId = Literal["file_manager"]


class ChatMessage(BaseModel):
    """A message of the conversation so far."""

    model_config = ConfigDict(strict=True)

    role: Literal["user", "assistant", "system"]
    content: str


class ChatRequest(BaseModel):
    """The body of `POST /v1/chat`: messages, or a plan to confirm."""

    model_config = ConfigDict(strict=True, extra="forbid")

    messages: list[ChatMessage] = Field(
        default=[],
        max_length=MAX_MESSAGES,
        examples=[[{"role": "user", "content": "What files do I have?"}]],
    )
    workspace_id: str | None = Field(default=None, description="The key's project, or nothing")
    tools: list[ToolId] | None = Field(default=None, description="null: all; empty: none")
    tool_choice: Literal["auto", "file_manager"] = Field(
        default="auto", description="`file_manager`: the model has to use a tool"
    )
    file_ids: list[_FILE_ID] = Field(default=[], max_length=50, description="What 'this' means")
    folder_ids: list[_FOLDER_ID] = Field(default=[], max_length=50)
    model: str | None = Field(default=None, min_length=1, description="null: the deployment's")
    temperature: float = Field(default=0, ge=0, le=1)
    max_tokens: int = Field(default=4_000, ge=1, le=16_000)
    stream: bool = False
    confirm: str | None = Field(
        default=None,
        description="`needs_confirmation.plan` of a response: carries out exactly that, without "
        "the model",
    )

    def asked(self, default_model: str) -> Asked:
        """Return what is asked of the model.

        Raises:
            InvalidParameterError: there is no message, or no model.
        """
        if not self.messages:
            raise InvalidParameterError("Send at least one message.", param="messages")
        if not (self.model or default_model):
            raise InvalidParameterError(
                "This deployment has no model that chats by default: name one as `model`. The "
                "operator sets one with the parameter ChatModel.",
                param="model",
            )
        return Asked(
            [ModelMessage(each.role, each.content) for each in self.messages],
            self.model or default_model,
            with_tools=self.tools is None or bool(self.tools),
            must_call=self.tool_choice == "file_manager",
            temperature=self.temperature,
            max_tokens=self.max_tokens,
            file_ids=self.file_ids,
            folder_ids=self.folder_ids,
        )


class ChatAction(BaseModel):
    """A call of a tool. `undo` is the id of what it changed, for the tool `undo`."""

    id: str
    tool: str
    operation: Literal["read", "write", "held", "refused"]
    arguments: dict[str, Any]
    result: dict[str, Any]
    undo: str | None = None

    @classmethod
    def of(cls, done: Done) -> ChatAction:
        """Return the call as the response shows it."""
        return cls(
            id=done.id,
            tool=done.tool,
            operation=done.operation,
            arguments=done.arguments,
            result=done.result,
            undo=done.undo,
        )

    @classmethod
    def of_plan(cls, step: Step, changed: Changed) -> ChatAction:
        """Return a step of a plan that was carried out, as a call."""
        return cls(
            id=step.action_id,
            tool=step.tool,
            operation="write" if changed.changed else "refused",
            arguments=step.arguments,
            result=changed.as_json(),
            undo=changed.action_id,
        )

    def events(self) -> Iterator[str]:
        """Yield the call as server-sent events."""
        yield _event("action", self.model_dump(mode="json"))
        if self.tool == "search_files" and "files" in self.result:
            yield _event("file_search_results", {"files": self.result["files"]})


class PlanStep(BaseModel):
    """One change of a plan."""

    tool: str
    arguments: dict[str, Any]
    summary: str


class Confirmation(BaseModel):
    """Changes that wait for a person. `plan` works once, within 15 minutes."""

    plan: str
    summary: str
    steps: list[PlanStep]
    expires_at: int = Field(description="Unix seconds")

    @classmethod
    def of_session(cls, session: Session, now: float, key: SigningKey) -> Confirmation | None:
        """Return the plan of what a session holds back; None if that is nothing."""
        if not session.held:
            return None
        plan = new_plan(session.held, now)
        steps = [
            PlanStep(tool=step.tool, arguments=step.arguments, summary=step.summary)
            for step in plan.steps
        ]
        return cls(
            plan=signed_plan(plan, session.tenant, key()),
            summary=plan.summary,
            steps=steps,
            expires_at=plan.until,
        )


class ChatUsage(BaseModel):
    """Tokens of all rounds together, as the model's server counts them."""

    input_tokens: int = 0
    output_tokens: int = 0
    total_tokens: int = 0


class ChatResponse(BaseModel):
    """The response to a chat."""

    id: str
    response: str = Field(description="The model's answer")
    actions: list[ChatAction]
    needs_confirmation: Confirmation | None = None
    usage: ChatUsage

    @classmethod
    def of(
        cls, found: Conversation, session: Session, *, now: float, key: SigningKey
    ) -> ChatResponse:
        """Return what came of a conversation, with the plan of what it holds back."""
        answer = found.answer
        if found.stopped is not None:
            note = f"({found.stopped}. Ask again to go on.)"
            # The response begins with the text that the client already has.
            answer = f"{answer}\n\n{note}" if answer else note
        return cls(
            id=_new_id(),
            response=answer,
            actions=[ChatAction.of(done) for done in found.done],
            needs_confirmation=Confirmation.of_session(session, now, key),
            usage=ChatUsage(
                input_tokens=found.input_tokens,
                output_tokens=found.output_tokens,
                total_tokens=found.input_tokens + found.output_tokens,
            ),
        )

    @classmethod
    def confirmed(cls, carried: Sequence[Carried]) -> ChatResponse:
        """Return what came of a plan."""
        lines = []
        for step, changed in carried:
            problems = "".join(f" Not done: {each.error}" for each in changed.failed)
            lines.append(f"{step.summary} ({changed.changed} changed){problems}")
        actions = [ChatAction.of_plan(*each) for each in carried]
        return cls(id=_new_id(), response="\n".join(lines), actions=actions, usage=ChatUsage())

    def events(self) -> Iterator[str]:
        """Yield the response as server-sent events."""
        for action in self.actions:
            yield from action.events()
        yield from self.last_events()

    def last_events(self, told: str = "") -> Iterator[str]:
        """Yield the events after the actions; `told` is the text that the client has already."""
        rest = self.response.removeprefix(told)
        for begin in range(0, len(rest), _CHUNK):
            yield text_event(rest[begin : begin + _CHUNK])
        yield _event("ai_complete", self.model_dump(mode="json"))


def text_event(text: str) -> str:
    """Return the event of a piece of text."""
    return _event("ai_chunk", {"content": text})


def _event(name: str, data: dict[str, Any]) -> str:
    return event_text(name, json.dumps(data, ensure_ascii=False))


def _new_id() -> str:
    return f"chat_{secrets.token_hex(12)}"

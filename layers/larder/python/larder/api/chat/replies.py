"""The HTTP responses of `POST /v1/chat`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.event_handler import content_types
from aws_lambda_powertools.event_handler.api_gateway import Response

from larder.api.chat.models import ChatAction
from larder.api.http.errors import refusal

if TYPE_CHECKING:
    from larder.api.chat.models import ChatResponse
    from larder.services.chat.converse import ModelFailedAfterwardsError

_EVENTS = "text/event-stream; charset=utf-8"


def answered(response: ChatResponse, *, stream: bool) -> Response[Any]:
    """Return the response as JSON; with `stream`, as server-sent events in one piece."""
    if not stream:
        return Response(200, content_types.APPLICATION_JSON, response)
    headers = {"Cache-Control": "no-store"}
    return Response(200, _EVENTS, "".join(response.events()), headers=headers)


def model_failed(error: ModelFailedAfterwardsError) -> Response[Any]:
    """Return the error, and what was done before it."""
    response = refusal(error)
    actions = [ChatAction.of(done).model_dump(mode="json") for done in error.conversation.done]
    response.body = {**(response.body or {}), "actions": actions}
    return response

"""The HTTP responses of `POST /v1/chat`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.event_handler import content_types
from aws_lambda_powertools.event_handler.api_gateway import Response

from larder.api.chat.models import ChatAction
from larder.api.http.errors import refusal
from larder.api.http.streams import EVENTS

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_lambda_powertools.event_handler.api_gateway import APIGatewayRestResolver

    from larder.api.chat.models import ChatResponse
    from larder.api.http.streams import ResponseStream
    from larder.services.chat.converse import Done, ModelFailedAfterwardsError

_HEADERS = {"Cache-Control": "no-store"}


def teller(app: APIGatewayRestResolver) -> Callable[[Done], None] | None:
    """Return what sends the events of a call at once; None where the response is not streamed.

    `answered` begins with the same events.
    """
    response: ResponseStream | None = getattr(app.lambda_context, "response", None)
    if response is None:
        return None
    headers = {"Content-Type": EVENTS, "x-request-id": app.current_event.request_context.request_id}

    def tell(done: Done) -> None:
        if not response.begun:
            response.begin(200, {name: [value] for name, value in (_HEADERS | headers).items()})
        response.write("".join(ChatAction.of(done).events()).encode())

    return tell


def answered(response: ChatResponse, *, stream: bool) -> Response[Any]:
    """Return the response as JSON; with `stream`, as server-sent events."""
    if not stream:
        return Response(200, content_types.APPLICATION_JSON, response)
    return Response(200, EVENTS, "".join(response.events()), headers=dict(_HEADERS))


def model_failed(error: ModelFailedAfterwardsError) -> Response[Any]:
    """Return the error, and what was done before it."""
    response = refusal(error)
    actions = [ChatAction.of(done).model_dump(mode="json") for done in error.conversation.done]
    response.body = {**(response.body or {}), "actions": actions}
    return response

"""The HTTP responses of `POST /v1/chat`."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.event_handler import content_types
from aws_lambda_powertools.event_handler.api_gateway import Response

from larder.api.chat.models import ChatAction, text_event
from larder.api.http.errors import refusal
from larder.api.http.streams import EVENTS

if TYPE_CHECKING:
    from aws_lambda_powertools.event_handler.api_gateway import APIGatewayRestResolver

    from larder.api.chat.models import ChatResponse
    from larder.api.http.streams import ResponseStream
    from larder.services.chat.carry_out import Carried
    from larder.services.chat.converse import Done, ModelFailedAfterwardsError

_HEADERS = {"Cache-Control": "no-store"}


class Teller:
    """Sends the events of a chat as they happen.

    `text` is what was sent of the answer: the text since the last action.
    """

    def __init__(self, response: ResponseStream, request_id: str) -> None:
        self.response = response
        self.text = ""
        self._request_id = request_id

    def told(self, event: str | Done) -> None:
        """Send a piece of the model's text, or a call that is done."""
        if isinstance(event, str):
            self.text += event
            self._send(text_event(event))
        else:
            self._act(ChatAction.of(event))

    def carried(self, carried: Carried) -> None:
        """Send a step of a plan that was carried out."""
        self._act(ChatAction.of_plan(*carried))

    def _act(self, action: ChatAction) -> None:
        self.text = ""
        self._send("".join(action.events()))

    def _send(self, events: str) -> None:
        if not self.response.begun:
            headers = {"Content-Type": EVENTS, "x-request-id": self._request_id, **_HEADERS}
            self.response.begin(HTTPStatus.OK, {name: [headers[name]] for name in headers})
        self.response.write(events.encode())


def teller(app: APIGatewayRestResolver) -> Teller | None:
    """Return what sends events at once; None where the response is not streamed."""
    response: ResponseStream | None = getattr(app.lambda_context, "response", None)
    if response is None:
        return None
    return Teller(response, app.current_event.request_context.request_id)


def answered(
    response: ChatResponse, *, stream: bool, teller: Teller | None = None
) -> Response[Any]:
    """Return the response as JSON; with `stream`, as server-sent events.

    What the teller has sent is their beginning.
    """
    if not stream:
        return Response(200, content_types.APPLICATION_JSON, response)
    if teller is None:
        body = "".join(response.events())
    else:
        body = teller.response.sent.decode() + "".join(response.last_events(teller.text))
    return Response(200, EVENTS, body, headers=dict(_HEADERS))


def model_failed(error: ModelFailedAfterwardsError) -> Response[Any]:
    """Return the error, and what was done before it."""
    response = refusal(error)
    actions = [ChatAction.of(done).model_dump(mode="json") for done in error.conversation.done]
    response.body = {**(response.body or {}), "actions": actions}
    return response

"""The request of the chat, as a flow."""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from larder_client.chat.events import ChatEvents
from larder_client.chat.models import ChatAnswer
from larder_client.errors import ConnectionFailedError
from larder_client.flow.retries import send_with_retries
from larder_client.flow.wire import decode, expect_status, idempotency_header, json_request

if TYPE_CHECKING:
    from collections.abc import Mapping

    from larder_client.chat.events import Tell
    from larder_client.flow.retries import RetryPolicy
    from larder_client.flow.steps import Flow, Reply, Request

_BROKE_OFF = "The answer broke off in the middle. What was done until then is done."


def send_chat(
    policy: RetryPolicy, body: Mapping[str, Any], tell: Tell | None = None
) -> Flow[ChatAnswer]:
    """Send messages or a plan; with `tell`, hear of the answer as it comes.

    A lost answer is asked for again, under the same idempotency key, unless some of it was told. A
    model that failed is not asked again: what it did before that is done.
    """
    request = json_request("POST", "/chat", body, idempotency_header())
    if tell is not None:
        headers = {**request.headers, "Accept-Encoding": "identity"}
        request = json_request("POST", "/chat", {**body, "stream": True}, headers)
    events = ChatEvents(tell or (lambda _: None))

    def attempt() -> Request:
        if events.begun:
            raise ConnectionFailedError(_BROKE_OFF)
        return request if tell is None else replace(request, sink=events)

    def may_retry(reply: Reply) -> bool:
        return reply.status != HTTPStatus.BAD_GATEWAY and policy.should_retry(reply)

    reply = yield from send_with_retries(policy, attempt, should_retry=may_retry)
    expect_status(reply, HTTPStatus.OK)
    if not events.begun:
        return decode(ChatAnswer, reply)
    if events.answer is None:
        raise ConnectionFailedError(_BROKE_OFF)
    return events.answer

"""The request of the chat, as a flow."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from larder_client.chat.models import ChatAnswer
from larder_client.flow.retries import send_with_retries
from larder_client.flow.wire import decode, expect_status, idempotency_header, json_request

if TYPE_CHECKING:
    from collections.abc import Mapping

    from larder_client.flow.retries import RetryPolicy
    from larder_client.flow.steps import Flow, Reply


def send_chat(policy: RetryPolicy, body: Mapping[str, Any]) -> Flow[ChatAnswer]:
    """Send messages or a plan.

    A lost answer is asked for again, under the same idempotency key. A model that failed is not:
    what it did before that is done.
    """
    request = json_request("POST", "/chat", body, idempotency_header())

    def may_retry(reply: Reply) -> bool:
        return reply.status != HTTPStatus.BAD_GATEWAY and policy.should_retry(reply)

    reply = yield from send_with_retries(policy, lambda: request, should_retry=may_retry)
    return decode(ChatAnswer, expect_status(reply, HTTPStatus.OK))

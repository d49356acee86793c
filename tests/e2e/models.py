"""Models for the tests that drive Larder with clients other than the tests' own."""

from __future__ import annotations

import json
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from larder.domain.upstreams import Upstream
from tests.fakes.model_script import Rule
from tests.fakes.model_server import serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.projects import Operator

REFUSAL = {"error": {"message": "No.", "type": "invalid_request_error", "code": "too_rude"}}

RULES = (
    Rule(contains="refuse this", status=400, body=REFUSAL),
    Rule(model="client-busy", status=503),
    Rule(model="client-slow", latency=3),
)


@contextmanager
def models_for_clients(operator: Operator, pattern: str = "client-*") -> Iterator[None]:
    """Serve three models: `client-good`, `client-slow`, and `client-busy`, which never answers.

    A request that says "refuse this" is answered with 400.
    """
    with serving(RULES) as server:
        operator.upstreams.put(
            Upstream("clients", server.base_url, (pattern,), created_at=int(time.time()))
        )
        try:
            yield
        finally:
            operator.upstreams.remove("clients")


def request_line(custom_id: str, text: str = "Hello", model: str = "client-good") -> bytes:
    """Return one line of a batch file."""
    body = {"model": model, "messages": [{"role": "user", "content": text}]}
    request = {"custom_id": custom_id, "method": "POST", "url": "/v1/chat/completions"}
    return json.dumps(request | {"body": body}).encode() + b"\n"

"""Models for the tests that drive Larder with clients other than the tests' own."""

from __future__ import annotations

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
    Rule(model="client-busy", status=503),
    Rule(contains="refuse this", status=400, body=REFUSAL),
)


@contextmanager
def models_for_clients(operator: Operator) -> Iterator[None]:
    """Serve the models `client-good`, which answers, and `client-busy`, which never does.

    A request that says "refuse this" is answered with 400.
    """
    with serving(RULES) as server:
        operator.upstreams.put(
            Upstream("clients", server.base_url, ("client-*",), created_at=int(time.time()))
        )
        try:
            yield
        finally:
            operator.upstreams.remove("clients")

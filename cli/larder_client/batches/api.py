"""The requests of the Batches API, as flows."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, TypeVar

from larder_client.batches.models import Batch, BatchPage, Upstreams
from larder_client.errors import ApiError, ConnectionFailedError, WaitTimeoutError
from larder_client.flow.retries import send_with_retries
from larder_client.flow.steps import Flow, Request, Sleep
from larder_client.flow.wire import (
    decode,
    expect_status,
    idempotency_header,
    json_request,
    path_segment,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from larder_client.flow.retries import RetryPolicy

T = TypeVar("T")

FIRST_PAUSE = 0.5
MAX_PAUSE = 10.0

PATIENCE = 300.0
"""Seconds that `wait` goes on without an answer: a batch takes hours, and a network may be away."""


class BatchApi:
    """The routes; each raises ApiError, UnexpectedAnswerError or ConnectionFailedError."""

    def __init__(self, policy: RetryPolicy) -> None:
        self._policy = policy

    def create(self, fields: dict[str, Any], idempotency_key: str | None) -> Flow[Batch]:
        """Create a batch, once for each idempotency key; None: a new key."""
        key = idempotency_header()
        if idempotency_key is not None:
            key = {"Idempotency-Key": idempotency_key}
        request = json_request("POST", "/batches", fields, key)
        return (yield from self._read(Batch, request))

    def batch(self, batch_id: str) -> Flow[Batch]:
        """Return a batch."""
        return (yield from self._read(Batch, Request("GET", _batch(batch_id))))

    def batches(self, *, limit: int, after: str | None) -> Flow[BatchPage]:
        """Return a page of batches, newest first."""
        query = {"limit": str(limit), "after": after}
        params = {name: value for name, value in query.items() if value is not None}
        return (yield from self._read(BatchPage, Request("GET", "/batches", params=params)))

    def upstreams(self) -> Flow[Upstreams]:
        """Return the model servers that answer batches."""
        return (yield from self._read(Upstreams, Request("GET", "/upstreams")))

    def cancel(self, batch_id: str) -> Flow[Batch]:
        """Stop a batch; the answers that have come are kept."""
        return (
            yield from self._read(Batch, json_request("POST", f"{_batch(batch_id)}/cancel", {}))
        )

    def retry(self, batch_id: str) -> Flow[Batch]:
        """Return the batch of the lines that an ended one left without a good answer."""
        return (yield from self._read(Batch, json_request("POST", f"{_batch(batch_id)}/retry", {})))

    def wait(
        self, batch_id: str, within: float | None, progress: Callable[[Batch], None]
    ) -> Flow[Batch]:
        """Return the batch once it has ended; `progress` gets it each time it is read.

        A server that does not answer is asked again for five minutes, beyond the usual retries.

        Raises:
            WaitTimeoutError: it did not end within `within` seconds.
        """
        waited, silent, pause = 0.0, 0.0, FIRST_PAUSE
        while True:
            try:
                batch = yield from self.batch(batch_id)
            except (ConnectionFailedError, ApiError) as error:
                if silent >= PATIENCE or not _is_passing(error):
                    raise
                silent += pause
            else:
                silent = 0.0
                progress(batch)
                if batch.ended:
                    return batch
            if within is not None and waited >= within:
                raise WaitTimeoutError(f"{batch_id} had not ended after {within:.0f} seconds.")
            yield Sleep(pause)
            waited += pause
            pause = min(pause * 1.2, MAX_PAUSE)

    def _read(self, kind: type[T], request: Request) -> Flow[T]:
        reply = yield from send_with_retries(self._policy, lambda: request)
        return decode(kind, expect_status(reply, HTTPStatus.OK))


def _batch(batch_id: str) -> str:
    return f"/batches/{path_segment(batch_id)}"


def _is_passing(error: ConnectionFailedError | ApiError) -> bool:
    """Return whether the same question may well be answered in a while."""
    return isinstance(error, ConnectionFailedError) or (
        not error.final and error.status != HTTPStatus.UNAUTHORIZED
    )

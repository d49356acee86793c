# Generated from _async/batches.py: edit that one and run 'make sync-client'.
"""A project's batches: `AsyncClient.batches`, and `Client.batches` with blocking calls."""

from __future__ import annotations

from tempfile import TemporaryFile
from typing import TYPE_CHECKING

import msgspec

from larder_client._sync.pages import every_item
from larder_client.batches.api import BatchApi
from larder_client.batches.models import BatchResult
from larder_client.errors import BatchNotEndedError, UnexpectedAnswerError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from larder_client._sync.files import Files
    from larder_client.batches.models import Batch, BatchPage, Upstream
    from larder_client.flow.retries import RetryPolicy
    from larder_client.flow.sync_runner import SyncRunner

PAGE = 100


class Batches:
    """A project's batches; every call raises LarderClientError.

    Calling the object itself, `client.batches()`, is short for `client.batches.list()`.
    """

    def __init__(self, runner: SyncRunner, policy: RetryPolicy, files: Files) -> None:
        self._runner = runner
        self._api = BatchApi(policy)
        self._files = files

    def create(
        self,
        input_file_id: str,
        endpoint: str,
        *,
        completion_window: str = "24h",
        metadata: Mapping[str, str] | None = None,
        output_expires_after: int | None = None,
        idempotency_key: str | None = None,
    ) -> Batch:
        """Create a batch of a file's requests, all of which name this endpoint.

        `completion_window` is in hours, as `24h`. `metadata` has up to 16 pairs.
        `output_expires_after` is how many seconds the result files live, None for a day. A second
        call with the same `idempotency_key` within a day returns the same batch.
        """
        fields = {
            "input_file_id": input_file_id,
            "endpoint": endpoint,
            "completion_window": completion_window,
            "metadata": metadata and dict(metadata),
            "output_expires_after": output_expires_after
            and {"anchor": "created_at", "seconds": output_expires_after},
        }
        given = {name: value for name, value in fields.items() if value is not None}
        return self._runner.run(self._api.create(given, idempotency_key))

    def retrieve(self, batch_id: str) -> Batch:
        """Return a batch as it is now."""
        return self._runner.run(self._api.batch(batch_id))

    get = retrieve

    def list(self, *, page_size: int = PAGE) -> Iterator[Batch]:
        """Yield all batches, newest first, requesting `page_size` (1..100) at a time."""
        return every_item(self.page, page_size)

    __call__ = list  # noqa: A003 - the method above

    def page(self, *, limit: int = PAGE, after: str | None = None) -> BatchPage:
        """Return up to `limit` (1..100) batches, newest first, older than the batch `after`."""
        return self._runner.run(self._api.batches(limit=limit, after=after))

    def upstreams(self) -> tuple[Upstream, ...]:
        """Return the model servers that answer batches, the oldest first."""
        return (self._runner.run(self._api.upstreams())).data

    def cancel(self, batch_id: str) -> Batch:
        """Stop a batch that runs; the answers that have come are kept."""
        return self._runner.run(self._api.cancel(batch_id))

    def retry(self, batch_id: str) -> Batch:
        """Return the batch of the requests of an ended one that have no good answer.

        The first call creates it. Later calls return the same.
        """
        return self._runner.run(self._api.retry(batch_id))

    def wait(
        self,
        batch_id: str,
        *,
        within: float | None = None,
        progress: Callable[[Batch], None] = lambda _: None,
    ) -> Batch:
        """Return the batch once it has ended; see `BatchApi.wait`."""
        return self._runner.run(self._api.wait(batch_id, within, progress))

    def results(self, batch_id: str) -> Iterator[BatchResult]:
        """Yield every request's result, first the good ones, then the others, in the input's order.

        Raises:
            BatchNotEndedError: the batch still runs.
        """
        batch = self.retrieve(batch_id)
        if not batch.ended:
            raise BatchNotEndedError(f"{batch.id} is {batch.status}: wait until it has ended.")
        for file_id in filter(None, (batch.output_file_id, batch.error_file_id)):
            with TemporaryFile() as lines:
                self._files.download_to(file_id, lines)
                lines.seek(0)
                for line in lines:
                    yield _result(line, file_id)


def _result(line: bytes, file_id: str) -> BatchResult:
    try:
        return msgspec.json.decode(line, type=BatchResult)
    except (ValueError, RecursionError) as error:
        raise UnexpectedAnswerError(f"{file_id} is not a result file of a batch.") from error

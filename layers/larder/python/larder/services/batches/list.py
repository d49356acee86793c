"""List a project's batches, a page at a time."""

from __future__ import annotations

import json
from itertools import accumulate
from typing import TYPE_CHECKING

from larder.domain.errors import InvalidParameterError
from larder.domain.ids import parse_batch_id
from larder.domain.limits import checked_limit
from larder.services.batches.ports import BatchPage

if TYPE_CHECKING:
    from larder.domain.batches import Batch
    from larder.domain.ids import TenantId
    from larder.services.batches.ports import BatchRecords

MAX_PAGE = 100
DEFAULT_PAGE = 20

MAX_PAGE_BYTES = 5 * 2**20
"""Bytes of a page, of Lambda's 6 MB for an answer: a batch may have 200 KB of errors."""

_ERROR_BYTES = 100
"""The names of an error's fields."""

_BATCH_BYTES = 2_048
"""All else that a batch has."""


def list_batches(
    tenant: TenantId, *, limit: int, after: str | None, batches: BatchRecords
) -> BatchPage:
    """Return the batches created before `after`, the newest first, at most `limit`.

    `after` is a position: the batch need not exist. A page holds fewer where their errors and
    metadata would not fit into one answer; `has_more` stays exact.

    Raises:
        InvalidParameterError: `limit` is outside 1..100, or `after` is malformed.
    """
    position = None if after is None else parse_batch_id(after)
    if after is not None and position is None:
        raise InvalidParameterError(f"'{after[:64]}' is not the id of a batch.", param="after")
    page = batches.page(tenant, limit=checked_limit(limit, most=MAX_PAGE), after=position)
    ends = accumulate(_wire_bytes(batch) for batch in page.batches)
    fitting = max(1, sum(end <= MAX_PAGE_BYTES for end in ends))
    if fitting >= len(page.batches):
        return page
    return BatchPage(page.batches[:fitting], has_more=True)


def _wire_bytes(batch: Batch) -> int:
    """Return at least the bytes that the batch takes in an answer: JSON, escaped once more."""
    errors = [[each.code, each.message, each.param, each.line] for each in batch.errors]
    chosen = json.dumps([errors, dict(batch.metadata or {})], ensure_ascii=False)
    written = json.dumps(chosen, ensure_ascii=False).encode(errors="surrogatepass")
    return len(written) + _ERROR_BYTES * len(errors) + _BATCH_BYTES

"""Any number of operations on files, by as many requests as they need, as a flow."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from larder_client.flow.steps import Flow
    from larder_client.space.api import SpaceApi
    from larder_client.space.models import FileOperation, OperationResult

MAX_OPERATIONS = 100
"""The most operations that one request takes."""

NOT_REACHED = "not_reached"
"""The code of an operation that a request had no time for."""


def change_files(api: SpaceApi, operations: Iterable[FileOperation]) -> Flow[list[OperationResult]]:
    """Carry out the operations in their order, and return the result of each.

    What one request had no time for is sent again, unless it had no time for anything.
    """
    results: list[OperationResult] = []
    wanted = list(operations)
    for start in range(0, len(wanted), MAX_OPERATIONS):
        rest = wanted[start : start + MAX_OPERATIONS]
        while rest:
            answered = (yield from api.batch(rest)).results
            reached = [each for each in answered if not _left_out(each)]
            results += reached or answered
            rest = rest[len(reached) :] if reached else []
    return results


def _left_out(result: OperationResult) -> bool:
    return result.error is not None and result.error.code == NOT_REACHED

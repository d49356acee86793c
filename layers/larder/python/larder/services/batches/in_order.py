"""Calls in several threads, whose results come in the order of their items."""

from __future__ import annotations

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from concurrent.futures import Future


def in_order[Item, Result](
    call: Callable[[Item], Result],
    items: Iterable[tuple[Item, int]],
    *,
    threads: int,
    most_bytes: int,
) -> Iterator[Result]:
    """Yield the result of each call, some of which are made ahead in up to `threads` threads.

    With each item comes the size of its result. Those that are under way or not yet dropped, the
    last one that was yielded included, have at most `most_bytes` together, or are a single one.
    With one thread nothing is made ahead, and all happens in the caller's.
    """
    if threads == 1:
        yield from (call(item) for item, _ in items)
        return
    coming = iter(items)
    following = next(coming, None)
    under_way: deque[tuple[Future[Result], int]] = deque()
    held = 0
    with ThreadPoolExecutor(threads) as pool:
        try:
            while following is not None or under_way:
                while following is not None and len(under_way) < threads:
                    item, size = following
                    if held and held + size > most_bytes:
                        break
                    under_way.append((pool.submit(call, item), size))
                    held += size
                    following = next(coming, None)
                future, size = under_way.popleft()
                yield future.result()
                del future
                held -= size
        finally:
            for future, _ in under_way:
                future.cancel()

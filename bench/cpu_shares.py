"""Which part of a program takes its processor time, over all of its threads.

A thread looks at all others fifty times a second: the processor time that one has had since the
last look, as Linux counts it, goes to the first of `PARTS` that is in its stack.
"""

import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

PARTS = {
    "/adapters/models/": "calls of the model: urllib3, http.client, the socket",
    "/botocore/": "calls of S3 and DynamoDB: botocore",
    "/larder/": "Larder's loop: reading requests, judging answers, writing lines",
}
_OTHERS = "starting and ending threads, the rest"
_SECONDS = 0.02


@contextmanager
def cpu_shares() -> Iterator[dict[str, int]]:
    """Yield the nanoseconds of each part, which are complete after the block."""
    taken: Counter[str] = Counter()
    ended = threading.Event()
    watch = threading.Thread(target=_watch, args=(taken, ended))
    watch.start()
    try:
        yield taken
    finally:
        ended.set()
        watch.join()


def _watch(taken: Counter[str], ended: threading.Event) -> None:
    before: dict[int, int] = {}
    while not ended.wait(_SECONDS):
        frames = sys._current_frames()  # noqa: SLF001 - how Python shows what its threads do
        for thread in threading.enumerate():
            frame = frames.get(thread.ident or 0)
            if frame is None or thread is threading.current_thread():
                continue
            with suppress(OSError):
                status = Path(f"/proc/self/task/{thread.native_id}/schedstat").read_text()
                now = int(status.split()[0])
                taken[_part_of(frame)] += now - before.get(thread.ident or 0, now)
                before[thread.ident or 0] = now


def _part_of(frame: FrameType | None) -> str:
    while frame is not None:
        for mark, part in PARTS.items():
            if mark in frame.f_code.co_filename:
                return part
        frame = frame.f_back
    return _OTHERS

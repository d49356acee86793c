"""Run a program and measure wall clock, processor time and peak memory."""

import contextlib
import os
import re
import subprocess
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

_HIGH_WATER = re.compile(r"VmHWM:\s*(\d+) kB")


@dataclass(frozen=True)
class Measured:
    """One round: wall clock, processor time of the client, and its peak memory in bytes.

    `shares` are the nanoseconds of its parts, where somebody looked on.
    """

    seconds: float
    cpu: float | None = None
    peak: int | None = None
    shares: Mapping[str, int] = field(default_factory=dict)


class ProgramFailedError(Exception):
    """A measured program ended with an unexpected exit status."""


def measured(*command: str, status: int = 0) -> Measured:
    """Run a program to its end and return what it took.

    Raises:
        ProgramFailedError: it ended with another exit status than `status`.
    """
    # An installed program has bytecode. Here the first run writes it for the others.
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    started = time.perf_counter()
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    peaks: list[int] = []
    watch = threading.Thread(target=_watch_memory, args=(process.pid, peaks))
    watch.start()
    _, ended, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(ended)
    watch.join()
    if process.returncode != status:
        message = f"{command[0]} ended with exit status {process.returncode}"
        raise ProgramFailedError(message)
    return Measured(seconds, usage.ru_utime + usage.ru_stime, max(peaks, default=None))


def _watch_memory(pid: int, peaks: list[int]) -> None:
    """Record the process's peak memory until it ends; wait4 would include its parent's."""
    with contextlib.suppress(OSError):
        while found := _HIGH_WATER.search(Path(f"/proc/{pid}/status").read_text()):
            peaks.append(int(found[1]) * 1024)
            time.sleep(0.02)

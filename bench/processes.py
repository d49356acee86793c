"""Programs as their user waits for them: wall clock, processor time, peak memory."""

import contextlib
import os
import re
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path

_HIGH_WATER = re.compile(r"VmHWM:\s*(\d+) kB")


@dataclass(frozen=True)
class Measured:
    """One way's best round: wall clock, the client's own processor time, and its peak memory."""

    seconds: float
    cpu: float | None = None
    peak: int | None = None


class ProgramFailedError(Exception):
    """A program under measurement ended with another status than was expected of it."""


def measured(*command: str, status: int = 0) -> Measured:
    """Run a program to its end.

    Raises:
        ProgramFailedError: it does not end with that exit status.
    """
    # An installed program has its bytecode; here, the first run leaves it for the others.
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
    """Note the process's peak memory until it ends: wait4 would count its parent's as well."""
    with contextlib.suppress(OSError):
        while found := _HIGH_WATER.search(Path(f"/proc/{pid}/status").read_text()):
            peaks.append(int(found[1]) * 1024)
            time.sleep(0.02)

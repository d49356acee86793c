"""A compiled validator for comparison, built from `native_validator.cpp` and simdjson."""

import shutil
import subprocess
from pathlib import Path

from bench.inputs import DATA

_SOURCE = Path(__file__).parent / "native_validator.cpp"
_PROGRAM = DATA / "native_validator"


class NotBuiltError(Exception):
    """The compiler or simdjson is missing; the message says what to install."""


def build() -> None:
    """Compile the program unless it is up to date.

    Raises:
        NotBuiltError: the compiler or simdjson is missing.
    """
    if _PROGRAM.exists() and _PROGRAM.stat().st_mtime > _SOURCE.stat().st_mtime:
        return
    compiler = shutil.which("g++")
    if compiler is None:
        message = "no g++; on Debian: apt-get install g++ libsimdjson-dev"
        raise NotBuiltError(message)
    flags = ["-O3", "-march=native", "-std=c++17"]
    command = [compiler, *flags, "-o", str(_PROGRAM), str(_SOURCE), "-lsimdjson"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        message = "simdjson did not compile; on Debian: apt-get install g++ libsimdjson-dev"
        raise NotBuiltError(message)


def validate(path: Path) -> tuple[int, float]:
    """Return the number of valid requests in the file, and the CPU seconds of the program."""
    done = subprocess.run([str(_PROGRAM), str(path)], capture_output=True, text=True, check=True)
    valid, seconds = done.stdout.split()
    return int(valid), float(seconds)

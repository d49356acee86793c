"""Where a validation's time goes: for the inputs that cost more than they were meant to.

The profiler adds to every call, so that shares of functions called for each line come out too high
against those called for each block. What they say is which part to look at.
"""

import cProfile
import pstats
import re
from collections.abc import Iterable
from itertools import islice
from pathlib import Path

from larder.domain.batch_input.validator import BatchValidator

_BUILT_IN = re.compile(r"<(?:built-in )?method '?([\w.]+)'?(?: of '([\w.]+)' objects)?>")
_MOST = 5
_LEAST = 0.04


def blocks_of(path: Path) -> Iterable[bytes]:
    """Yield the file's blocks as the function reads them."""
    with path.open("rb", buffering=0) as file:
        while block := file.read(64 * 1024):
            yield block


def shares(blocks: Iterable[bytes], most: int = 512) -> str:
    """Return what takes most of the time of validating that many of the blocks."""
    validator = BatchValidator()
    pieces = list(islice(blocks, most))
    profile = cProfile.Profile()
    profile.enable()
    for piece in pieces:
        validator.feed(piece)
    profile.disable()
    stats = pstats.Stats(profile).stats  # type: ignore[attr-defined]
    total = sum(spent for _, _, spent, _, _ in stats.values())
    largest = sorted(((spent / total, _name(*key)) for key, (_, _, spent, _, _) in stats.items()))
    return ", ".join(
        f"{name} {share:.0%}" for share, name in largest[: -_MOST - 1 : -1] if share >= _LEAST
    )


def _name(file: str, _: int, function: str) -> str:
    if found := _BUILT_IN.fullmatch(function):
        method, kind = found.groups()
        return f"{kind}.{method}".replace("_hashlib.HASH", "SHA-256") if kind else method
    return f"{Path(file).stem}.{function}"

"""Which functions take the time of a validation, for the inputs that miss their goal.

The profiler adds time to every call. So functions called per line get too high a share compared
with functions called per block. The shares show which part to look at, no more.
"""

import cProfile
import pstats
import re
from collections.abc import Iterable
from itertools import islice
from pathlib import Path

from larder_jsonl import BatchValidator

_BUILT_IN = re.compile(r"<(?:built-in )?method '?([\w.]+)'?(?: of '([\w.]+)' objects)?>")
_MOST = 5
_LEAST = 0.04


def blocks_of(path: Path) -> Iterable[bytes]:
    """Yield the file's blocks, of the size that the worker reads."""
    with path.open("rb", buffering=0) as file:
        while block := file.read(64 * 1024):
            yield block


def shares(blocks: Iterable[bytes], most: int = 512) -> str:
    """Validate up to `most` blocks and return the functions that take most of the time."""
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

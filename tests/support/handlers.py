"""The functions as Lambda runs them: loaded once, then called with an event and a context."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType

FUNCTIONS = Path(__file__).parents[2] / "functions"


@dataclass
class FakeContext:
    """The part of Lambda's context that handlers read."""

    function_name: str = "function"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:us-east-1:123456789012:function:function"
    aws_request_id: str = "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"
    remaining_ms: int = 300_000

    def get_remaining_time_in_millis(self) -> int:
        """Return how long the function may still run."""
        return self.remaining_ms


@cache
def load(name: str, folder: Path | None = None) -> ModuleType:
    """Load a function's module once, as a warm container does: from `functions/`, or a build.

    Its names, tables and queues come from the environment at that time.

    Raises:
        FileNotFoundError: there is no such function.
    """
    path = (folder or FUNCTIONS / name) / "app.py"
    spec = importlib.util.spec_from_file_location(f"functions.{name}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module

"""The logs of the deployed functions, checked for what must not be there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.support.template import FUNCTIONS, TEMPLATE, folder_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.e2e.stack import Stack

DEFAULT_MEMORY: int = TEMPLATE["Globals"]["Function"]["MemorySize"]
NEVER = ("unhandled", "Traceback", "X-Amz-Signature", "X-Amz-Credential")
_PEAK = re.compile(r'"peak_memory_mib": ?(\d+)')


def look_at_logs(stack: Stack, since: float, secrets: Iterable[str]) -> str:
    """Fail for a failure, a signature, one of the `secrets`, or more memory than a function has.

    `since` in unix seconds. Returns what was looked at, for people.
    """
    never = [*NEVER, *secrets]
    limits = {
        folder_of(function): function.get("MemorySize", DEFAULT_MEMORY)
        for function in FUNCTIONS.values()
    }
    lines, peak = 0, 0
    for folder, said in stack.log_lines(since=since):
        for word in never:
            assert word not in said, f"{folder} logged {word!r}: {said}"
        held = max(map(int, _PEAK.findall(said)), default=0)
        assert held <= limits[folder], f"{folder} held {held} MiB of {limits[folder]}"
        lines, peak = lines + 1, max(peak, held)
    return f"{lines} log lines: no failure, no secret, at most {peak} MiB held"

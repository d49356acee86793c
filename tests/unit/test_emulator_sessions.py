"""Functions that start at the same time on the emulator."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

from local.emulator_fixes.sessions import register_sessions_in_turn


def test_sessions_that_are_registered_at_once_do_not_fail() -> None:
    sessions: dict[str, Any] = {"first": {}}

    def register_session(access_key: str, session: dict[str, Any]) -> None:
        # MiniStack looks for expired sessions, and may be interrupted at each.
        for _ in sessions:
            time.sleep(0)
        sessions[access_key] = session

    sts = SimpleNamespace(register_session=register_session)
    register_sessions_in_turn(sts)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: sts.register_session(str(number), {}), range(100)))

    assert len(sessions) == 101

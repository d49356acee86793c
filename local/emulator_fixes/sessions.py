"""Sessions of the functions' roles, which MiniStack registers when it starts a function."""

from __future__ import annotations

from threading import Lock
from typing import Any


def register_sessions_in_turn(sts: Any) -> None:  # noqa: ANN401 - MiniStack has no types
    """Let one thread at a time register a session; `sts` is MiniStack's module.

    Each first looks through all sessions for expired ones. If another is added meanwhile, the
    function does not start: "dictionary changed size during iteration".
    """
    register, registering = sts.register_session, Lock()

    def register_session(*arguments: Any) -> None:  # noqa: ANN401
        with registering:
            register(*arguments)

    sts.register_session = register_session

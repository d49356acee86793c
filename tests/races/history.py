"""What clients saw of one file, and whether any order of it explains that.

The reference is a file as five lines of a table: which answer each operation may give in which
state, and the state after it. A history is right when its operations can be put into an order that
the table allows, and that contradicts no clock: one that ended before another began comes first
(Herlihy and Wing's linearizability).
"""

from __future__ import annotations

from dataclasses import dataclass

ABSENT, PENDING, ARRIVED, LIVE, TRASH, GONE, CANCELLED = (
    "absent", "pending", "arrived", "live", "trash", "gone", "cancelled",
)  # fmt: skip
NOT_LIVE = (ABSENT, PENDING, ARRIVED, TRASH, GONE, CANCELLED)
NOT_TRASH = (ABSENT, PENDING, ARRIVED, LIVE, GONE, CANCELLED)


def _same(*states: str) -> dict[str, str]:
    return {state: state for state in states}


# (operation, answer) -> state before -> state after. Bytes that have arrived may have made a file
# of their upload at any moment, whoever asks: that is `_STIRRING`.
ALLOWED: dict[tuple[str, str], dict[str, str]] = {
    ("create", "ok"): {ABSENT: LIVE},
    ("announce", "ok"): {ABSENT: PENDING},
    ("put", "ok"): {PENDING: ARRIVED, CANCELLED: CANCELLED},
    ("complete", "ok"): {ARRIVED: LIVE} | _same(LIVE, TRASH, GONE),
    ("complete", "refused"): _same(CANCELLED, PENDING),
    ("cancel", "ok"): {PENDING: CANCELLED, ARRIVED: CANCELLED, CANCELLED: CANCELLED},
    ("cancel", "refused"): _same(LIVE, TRASH, GONE),
    ("get", "ok"): _same(LIVE),
    ("get", "missing"): _same(*NOT_LIVE),
    ("delete", "ok"): {LIVE: GONE},
    ("delete", "missing"): _same(*NOT_LIVE),
    ("trash", "ok"): {LIVE: TRASH},
    ("trash", "missing"): _same(*NOT_LIVE),
    ("restore", "ok"): {TRASH: LIVE},
    ("restore", "missing"): _same(*NOT_TRASH),
    ("purge", "ok"): {TRASH: GONE},
    ("purge", "missing"): _same(*NOT_TRASH),
    ("expire", "ok"): {LIVE: GONE},
}
_STIRRING = {ARRIVED: LIVE}


@dataclass(frozen=True, slots=True)
class Seen:
    """One operation on one file, by a client's clock (`time.monotonic`)."""

    operation: str
    answer: str
    began: float
    ended: float


def explained(history: list[Seen]) -> bool:
    """Tell whether some order of the operations is allowed by the table and by the clock."""
    return bool(_final_states(history))


def _final_states(history: list[Seen]) -> set[str]:
    ordered = sorted(history, key=lambda seen: seen.began)
    everything = (1 << len(ordered)) - 1
    tried: set[tuple[int, str]] = set()
    open_ends, final = [(0, ABSENT)], set()
    while open_ends:
        done, state = open_ends.pop()
        if (done, state) in tried:
            continue
        tried.add((done, state))
        if done == everything:
            final.add(state)
            continue
        if state in _STIRRING:
            open_ends.append((done, _STIRRING[state]))
        left = [at for at in range(len(ordered)) if not done >> at & 1]
        first_end = min(ordered[at].ended for at in left)
        for at in left:
            if ordered[at].began > first_end:
                break
            after = ALLOWED[ordered[at].operation, ordered[at].answer].get(state)
            if after is not None:
                open_ends.append((done | 1 << at, after))
    return final


def final_states(history: list[Seen]) -> set[str]:
    """Return the states in which the file may be after all that was seen of it."""
    return {
        after for state in _final_states(history) for after in (state, _STIRRING.get(state, state))
    }

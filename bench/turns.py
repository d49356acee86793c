"""Ways that take turns, so that what disturbs one of them disturbs all; the best round counts."""

from collections.abc import Callable, Mapping


def timed(way: Callable[[], object], clock: Callable[[], float]) -> Callable[[], float]:
    """Return a call that goes that way and returns the seconds that it took by the clock."""

    def take() -> float:
        begun = clock()
        way()
        return clock() - begun

    return take


def in_turns[T](
    ways: Mapping[str, Callable[[], T]], rounds: int, seconds: Callable[[T], float]
) -> dict[str, T]:
    """Return each way's best round: the one that took the fewest `seconds`."""
    taken: dict[str, list[T]] = {label: [] for label in ways}
    for _ in range(rounds):
        for label, way in ways.items():
            taken[label].append(way())
    return {label: min(results, key=seconds) for label, results in taken.items()}

"""Run contenders in turn, so that a disturbance slows all of them; the best round counts."""

from collections.abc import Callable, Mapping


def timed(run: Callable[[], object], clock: Callable[[], float]) -> Callable[[], float]:
    """Return a function that runs `run` and returns the seconds it took on that clock."""

    def measure() -> float:
        started = clock()
        run()
        return clock() - started

    return measure


def interleave[T](
    contenders: Mapping[str, Callable[[], T]], rounds: int, seconds: Callable[[T], float]
) -> dict[str, T]:
    """Run all contenders once per round, and return each one's result with the fewest `seconds`."""
    results: dict[str, list[T]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, run in contenders.items():
            results[name].append(run())
    return {name: min(measured, key=seconds) for name, measured in results.items()}

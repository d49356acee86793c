"""How long `larder` takes to start: against Python alone, and Python with TLS.

    uv run python -m bench.client_start [--quick]

Runs the client as a user installs it, from .tools/client, which 'make bench' makes: the packages of
a clone would be loaded, too, where they are. `larder put` of a file that does not exist ends just
before its first request. The round with the least processor time counts, because a busy machine
changes that least.
"""

import argparse
import sys
from functools import partial
from pathlib import Path

from bench.interleave import interleave
from bench.processes import Measured, ProgramFailedError, measured
from bench.results import table, write_section

GOAL = 1.5
CLIENT = Path(__file__).resolve().parent.parent / ".tools/client/bin"
BASE = "python, and TLS"
COMMANDS = {
    "python": (("python", "-c", "pass"), 0),
    BASE: (("python", "-c", "import ssl"), 0),
    "larder --version": (("larder", "--version"), 0),
    "larder validate": (("larder", "validate", "examples/requests.jsonl"), 0),
    "larder put, before its first request": (("larder", "put", "none"), 1),
}


def main() -> None:
    """Measure, print and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="three rounds; write no results")
    options = parser.parse_args()
    if not CLIENT.exists():
        sys.exit("bench: .tools/client is missing: 'make .tools/client/.installed' makes it.")
    rounds = 3 if options.quick else 20
    try:
        best = interleave({name: partial(_run, name) for name in COMMANDS}, rounds, _cpu)
    except ProgramFailedError as failure:
        sys.exit(f"bench: {failure}")
    rows = [
        (name, f"{1000 * _cpu(run):.0f}", f"{1000 * run.seconds:.0f}", f"{_ratio(run, best):.1f}")
        for name, run in best.items()
    ]
    text = (
        f"The best of {rounds} rounds in turn, by processor time. Goal: at most {GOAL} times "
        f"Python that imports its TLS.\n\n{table(('', 'CPU ms', 'ms', 'ratio'), rows)}"
    )
    print(text)
    if not options.quick:
        write_section("The start of the client", text)


def _run(name: str) -> Measured:
    (program, *arguments), status = COMMANDS[name]
    return measured(str(CLIENT / program), *arguments, status=status)


def _cpu(run: Measured) -> float:
    return run.cpu or 0.0


def _ratio(run: Measured, best: dict[str, Measured]) -> float:
    return _cpu(run) / _cpu(best[BASE])


if __name__ == "__main__":
    main()

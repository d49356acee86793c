"""How fast files go up and down: Larder's client against a bare presigned PUT and GET by curl.

    uv run python -m bench.transfers [--quick] [--mib N]

Needs a running stack ('make run', or LARDER_ENV_FILE). Every way is checked for its bytes before
it is timed; then the ways take turns on the same stack, and the shortest of the rounds counts,
because that is the one that other programs disturbed least. Ratios are what this is for: all ways
wait for the same server, an emulator in one process on the same machine. What parts cost there by
themselves, and where the time of an upload goes, is measured along with it.
"""

import argparse
import contextlib
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from bench.processes import Measured, ProgramFailedError
from bench.results import table, write_section
from bench.spans import Spans
from bench.turns import in_turns
from bench.ways import MIB, Transfers
from larder_cli.failures import OperatorError
from larder_client import LarderClientError

GOAL = 1.15


def main() -> None:
    """Measure, print and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="two rounds, nothing written")
    parser.add_argument("--mib", type=int, default=256, help="size of the file")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="larder-bench-"))
    try:
        with contextlib.closing(Transfers(folder, options.mib * MIB)) as transfers:
            text = _report(transfers, options.mib, rounds=2 if options.quick else 7)
    except (LarderClientError, OperatorError, ProgramFailedError) as failure:
        sys.exit(f"bench: {failure}")
    finally:
        shutil.rmtree(folder)
    print(text)
    if not options.quick:
        write_section("Transfers", text)


def _report(transfers: Transfers, mib: int, rounds: int) -> str:
    load = os.getloadavg()[0]
    up = _best(
        {
            "curl, one presigned PUT": transfers.curl_put,
            "curl, the same parts, and complete": transfers.curl_parts,
            "larder_client": transfers.client_put,
            "larder put, whole process": transfers.cli_put,
        },
        rounds,
    )
    steps = _steps(transfers, min(3, rounds))
    file_id = transfers.put_once()
    ways: dict[str, Callable[[], Measured]] = {
        "curl, one presigned GET": transfers.curl_get,
        "larder_client, verified": lambda: transfers.client_get(file_id),
        "larder get, whole process": lambda: transfers.cli_get(file_id),
    }
    for way in ways.values():
        way()
        transfers.check_target()
    down = _best(ways, rounds)
    return "\n\n".join(
        (
            (
                f"{mib} MiB on the embedded stack, best of {rounds} rounds in turns; the load "
                f"average before was {load:.1f} on {os.cpu_count()} cores. "
                f"Goal: at most {GOAL} times curl. Larder's times include announcing, completing "
                "and the comparison of checksums; the bytes of every upload were fetched and "
                "compared."
            ),
            _table("upload", up, mib),
            _table("download", down, mib),
            table(("what an upload waits for", "s"), steps),
        )
    )


def _steps(transfers: Transfers, rounds: int) -> list[tuple[str, str]]:
    spans = min((transfers.client_put_spans() for _ in range(rounds)), key=Spans.total)
    seconds = {
        "`larder`'s start": min(transfers.cli_start().seconds for _ in range(rounds)),
        "`POST /v1/uploads`": spans.lasted("POST", "/uploads"),
        "the parts, four at a time": spans.lasted("PUT"),
        "`POST /v1/uploads/…/complete`": spans.lasted("POST", "/complete"),
        "S3's CompleteMultipartUpload, by itself": min(transfers.join() for _ in range(rounds)),
    }
    return [(step, f"{lasted:.2f}") for step, lasted in seconds.items()]


def _best(ways: dict[str, Callable[[], Measured]], rounds: int) -> dict[str, Measured]:
    for way in ways.values():
        way()  # Cold functions and caches are nobody's merit.
    return in_turns(ways, rounds, lambda measured: measured.seconds)


def _table(direction: str, best: dict[str, Measured], mib: int) -> str:
    """A row for each way; ratios to each of curl's."""
    curls = {name: way.seconds for name, way in best.items() if name.startswith("curl")}
    ratios = [f"/ {name}" for name in curls] if len(curls) > 1 else ["ratio"]
    rows = [
        (
            name,
            f"{way.seconds:.2f}",
            f"{mib / way.seconds:.0f}",
            *(f"{way.seconds / seconds:.2f}" for seconds in curls.values()),
            "" if way.cpu is None else f"{way.cpu:.2f}",
            "" if way.peak is None else f"{way.peak / MIB:.0f}",
        )
        for name, way in best.items()
    ]
    return table((direction, "s", "MiB/s", *ratios, "client CPU s", "peak MiB"), rows)


if __name__ == "__main__":
    main()

"""How fast files are uploaded and downloaded: Larder's client against presigned URLs with curl.

    uv run python -m bench.transfers [--quick] [--mib N]

Needs a running stack ('make run', or LARDER_ENV_FILE). The bytes that each contender transfers are
checked before it is timed. The contenders run in turn on the same stack. The shortest round counts,
because other programs disturbed it least. Compare the ratios: all contenders wait for the same
server, an emulator in one process on the same machine. The benchmark also measures what parts cost
by themselves, and which stages of an upload take the time.
"""

import argparse
import contextlib
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from bench.contenders import MIB, Transfers
from bench.interleave import interleave
from bench.processes import Measured, ProgramFailedError
from bench.results import table, write_section
from bench.stage_times import StageTimes
from larder_cli.failures import OperatorError
from larder_client import LarderClientError

GOAL = 1.15


def main() -> None:
    """Measure, print and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="two rounds; write no results")
    parser.add_argument("--mib", type=int, default=256, help="size of the file in MiB")
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
    stages = _stages(transfers, min(3, rounds))
    file_id = transfers.put_once()
    downloads: dict[str, Callable[[], Measured]] = {
        "curl, one presigned GET": transfers.curl_get,
        "curl, the same requests, and sha256sum": lambda: transfers.curl_get_verified(file_id),
        "larder_client, verified": lambda: transfers.client_get(file_id),
        "larder get, whole process": lambda: transfers.cli_get(file_id),
    }
    for download in downloads.values():
        download()
        transfers.check_target()
    down = _best(downloads, rounds)
    return "\n\n".join(
        (
            (
                f"{mib} MiB on the embedded stack; the best of {rounds} rounds in turn. The load "
                f"average before was {load:.1f} on {os.cpu_count()} cores. Goal: at most {GOAL} "
                "times curl. Larder's times include creating and completing the upload and "
                "verifying the checksum. The bytes of every upload were downloaded and compared."
            ),
            _table("upload", up, mib),
            _table("download", down, mib),
            table(("what an upload waits for", "s"), stages),
        )
    )


def _stages(transfers: Transfers, rounds: int) -> list[tuple[str, str]]:
    times = min((transfers.client_put_stages() for _ in range(rounds)), key=StageTimes.total)
    seconds = {
        "`larder`'s start": min(transfers.cli_start().seconds for _ in range(rounds)),
        "`POST /v1/uploads`": times.seconds("POST", "/uploads"),
        "the parts, four at a time": times.seconds("PUT"),
        "`POST /v1/uploads/…/complete`": times.seconds("POST", "/complete"),
        "S3's CompleteMultipartUpload, by itself": min(transfers.join() for _ in range(rounds)),
    }
    return [(stage, f"{taken:.2f}") for stage, taken in seconds.items()]


def _best(contenders: dict[str, Callable[[], Measured]], rounds: int) -> dict[str, Measured]:
    for run in contenders.values():
        run()  # Warms up functions and caches.
    return interleave(contenders, rounds, lambda measured: measured.seconds)


def _table(direction: str, best: dict[str, Measured], mib: int) -> str:
    """Return a row for each contender, with its ratio to each of curl's rows."""
    curls = {name: run.seconds for name, run in best.items() if name.startswith("curl")}
    ratios = [f"/ {name}" for name in curls] if len(curls) > 1 else ["ratio"]
    rows = [
        (
            name,
            f"{run.seconds:.2f}",
            f"{mib / run.seconds:.0f}",
            *(f"{run.seconds / seconds:.2f}" for seconds in curls.values()),
            "" if run.cpu is None else f"{run.cpu:.2f}",
            "" if run.peak is None else f"{run.peak / MIB:.0f}",
        )
        for name, run in best.items()
    ]
    return table((direction, "s", "MiB/s", *ratios, "client CPU s", "peak MiB"), rows)


if __name__ == "__main__":
    main()

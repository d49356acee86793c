"""What a call of a tool over MCP costs, and a start, beside the two libraries that serve MCP.

    uv run python -m bench.mcp_calls [--quick]

All serve the same tool from memory, each in an environment of its own, and answer the same message
with the same result. They run in turn, in fresh processes; the least processor time counts.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
from functools import partial
from operator import itemgetter
from pathlib import Path

from bench.interleave import interleave
from bench.results import table, write_section

ROOT = Path(__file__).parents[1]
PEERS = {"sdk": "mcp==2.3.0", "fastmcp": "fastmcp==4.1.6"}
NAMES = {
    "dispatcher": "Larder's dispatcher",
    "larder": "Larder's dispatcher, behind its Lambda handler",
    "sdk": "the official SDK's application (mcp 2.3.0)",
    "fastmcp": "FastMCP's application (4.1.6)",
}
_ENVIRONMENTS = Path(__file__).parent / ".data" / "mcp-peers"

type Taken = dict[str, float]


def main() -> None:
    """Measure, print and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rounds; write no results")
    options = parser.parse_args()
    text = _report(rounds=2 if options.quick else 9, calls=500 if options.quick else 5_000)
    print(text)
    if not options.quick:
        write_section("MCP", text)


def _report(rounds: int, calls: int) -> str:
    load = os.getloadavg()[0]
    runs = {name: partial(_run, name, calls) for name in NAMES}
    best = {what: interleave(runs, rounds, itemgetter(what)) for what in ("start", "call")}
    start, call = ({name: best[what][name][what] for name in NAMES} for what in best)
    rows = [
        (
            title,
            f"{start[name] * 1e3:.0f}",
            f"{start[name] / start['sdk']:.2f}",
            f"{call[name] * 1e6:.0f}",
            f"{call[name] / call['sdk']:.2f}",
        )
        for name, title in NAMES.items()
    ]
    columns = ("", "start, ms", "/ SDK", "a call, µs", "/ SDK")
    remark = (
        f"A tool that returns 20 rows of 200 in memory, revision 2026-07-28; the least of {rounds} "
        f"rounds, with a load average of {load:.1f} before. Processor time: the start until the "
        f"first answer, and the mean of {calls:,} calls. The libraries' applications are called "
        "in their process, without a server, without Lambda's event and without a log line; the "
        "second row has both. Goal: a third of either library."
    )
    return f"{remark}\n\n{table(columns, rows)}"


def _run(name: str, calls: int) -> Taken:
    python = _python_of(PEERS[name]) if name in PEERS else Path(sys.executable)
    paths = [] if name in PEERS else [ROOT, ROOT / "layers/larder/python"]
    done = subprocess.run(
        [python, "-P", ROOT / "bench/mcp_servers.py", name, str(calls)],
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.pathsep.join(map(str, paths)),
            "PYDANTIC_DISABLE_PLUGINS": "true",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        check=True,
    )
    taken: Taken = json.loads(done.stdout.splitlines()[-1])
    return taken


def _python_of(package: str) -> Path:
    """Return the interpreter of the package's environment, which is made if it is not there."""
    folder = _ENVIRONMENTS / package
    python = folder / "bin" / "python"
    if not python.exists():
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run(["uv", "venv", "--quiet", "--python", "3.13", folder], check=True)
        install = ("uv", "pip", "install", "--quiet", "--python")
        subprocess.run([*install, python, package], check=True)
    return python


if __name__ == "__main__":
    main()

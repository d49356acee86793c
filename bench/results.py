"""RESULTS.md: one section per benchmark. Each run replaces its section."""

import datetime as dt
import platform
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

PATH = Path(__file__).parent / "RESULTS.md"
_HEAD = """# Benchmark results

`make bench` writes this file; do not edit it. Compare ratios within a table, not times across runs.
"""


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table; the first column is text, the others are numbers."""
    lines = [columns, ["---", *["---:"] * (len(columns) - 1)], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def write_section(title: str, text: str) -> None:
    """Replace the section of that title; add today's date, this machine and the commit."""
    section = f"## {title}\n\n{_machine()}\n\n{text}\n"
    whole = PATH.read_text() if PATH.exists() else _HEAD
    head, *sections = re.split(r"(?m)^(?=## )", whole)
    others = [old for old in sections if not old.startswith(f"## {title}\n")]
    PATH.write_text("\n".join(part.rstrip() + "\n" for part in (head, *sorted([*others, section]))))


def _machine() -> str:
    today = dt.datetime.now(tz=dt.UTC).date().isoformat()
    cpu = platform.machine()
    cpu_info = Path("/proc/cpuinfo")
    if cpu_info.exists():
        cores = re.findall(r"(?m)^model name\s*: (.+)$", cpu_info.read_text())
        cpu += f", {len(cores)} cores of {cores[0]}" if cores else ""
    commit = _commit()
    return f"{today}, {cpu}, CPython {platform.python_version()}{commit}"


def _commit() -> str:
    command = ["git", "describe", "--always", "--dirty"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return f", commit {done.stdout.strip()}" if done.returncode == 0 else ""

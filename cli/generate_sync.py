"""Writes `larder_client/_sync` from `larder_client/_async`; with `--check`, only compares."""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from unasync import Rule, unasync_files  # type: ignore[import-untyped]

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "cli/larder_client/_async"
TARGET = ROOT / "cli/larder_client/_sync"

HEADER = "# Generated from {source}: edit that one and run 'make sync-client'.\n"

# What unasync does not know: it makes `Sync` of every other `Async`, and removes async and await.
NAMES = {
    "_async": "_sync",
    "async_runner": "sync_runner",
    "asyncio": "time",
    "AsyncArtifacts": "Artifacts",
    "AsyncBaseTransport": "BaseTransport",
    "AsyncBatches": "Batches",
    "AsyncClient": "Client",
    "AsyncFiles": "Files",
    "AsyncLargeBodies": "LargeBodies",
    "AsyncSpace": "Space",
    "AsyncUploads": "Uploads",
    "aread": "read",
}


def generated() -> dict[str, str]:
    """Return the texts of the blocking modules by their file names."""
    with TemporaryDirectory() as folder:
        source = shutil.copytree(SOURCE, Path(folder, "_async"))
        modules = [str(path) for path in source.glob("*.py")]
        unasync_files(modules, [Rule("/_async/", "/_sync/", NAMES)])
        target = source.with_name("_sync")
        _ruff("check", "--select", "I,UP028", "--fix", "--unsafe-fixes", target)
        _ruff("format", target)
        return {
            path.name: HEADER.format(source=f"_async/{path.name}") + path.read_text()
            for path in target.glob("*.py")
        }


def _ruff(command: str, *arguments: str | Path) -> None:
    config = ROOT / "pyproject.toml"
    ruff = (sys.executable, "-m", "ruff", command, "--quiet", "--no-cache", "--config", config)
    subprocess.run([*ruff, *arguments], cwd=ROOT, check=True)  # noqa: S603 - our own arguments


def main() -> int:
    """Return 1 if the modules are only compared, and differ."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing")
    check = parser.parse_args().check
    wanted = generated()
    found = {path.name: path.read_text() for path in TARGET.glob("*.py")}
    if not check:
        for name in found.keys() - wanted.keys():
            (TARGET / name).unlink()
        for name, text in wanted.items():
            (TARGET / name).write_text(text)
        return 0
    names = sorted(wanted.keys() | found.keys())
    stale = [name for name in names if wanted.get(name) != found.get(name)]
    if stale:
        sys.stderr.write(f"_sync is out of date ({', '.join(stale)}): run 'make sync-client'.\n")
    return int(bool(stale))


if __name__ == "__main__":
    sys.exit(main())

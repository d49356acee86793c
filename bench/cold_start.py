"""How long a function takes to start from the built layer, in fresh processes.

    make build && uv run python -m bench.cold_start [--quick]

The baseline imports boto3 and creates one DynamoDB client, from an untrimmed layer with the same
packages and the same kind of bytecode. The baseline and the functions run in turn. The median of
the rounds counts, in processor time, which is the time on an idle machine.
"""

import argparse
import compileall
import io
import os
import py_compile
import statistics
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

from bench.handlers import STACK
from bench.results import table, write_section
from bench.stub_aws import serving
from local.containers.sam import logical_id

ROOT = Path(__file__).parents[1]
BUILD = ROOT / ".aws-sam" / "build"
LAYER = BUILD / "LarderLayer"
WHOLE = ROOT / "bench" / ".data" / "whole-layer"
WORKERS = {"on_change", "on_cleanup", "on_file_removed", "on_object_created", "sweep"}

_START = """
import time
begun = time.process_time()
import sys
before = len(sys.modules)
{start}
print(time.process_time() - begun, len(sys.modules) - before)
"""
_BASELINE = _START.format(start='import boto3\nboto3.client("dynamodb")')
_MINIMAL = _START.format(start="from bench.minimal_client import DynamoDB\nDynamoDB()")
START_FUNCTION = _START.format(start="import app")
_ANSWER = """
import json, time
request = json.load(open({event!r}))
begun = time.process_time()
import app
started = time.process_time()
from bench.handlers import check
from tests.support.handlers import FakeContext
entered = time.process_time()
answer = app.lambda_handler(request, FakeContext())
done = time.process_time()
check({name!r}, answer)
print(started - begun, done - entered)
"""
FIRST_ANSWERS = ("authorize", "files_get")


@dataclass
class Started:
    """The starts of one function: seconds of each, and the number of modules it imports."""

    modules: int = 0
    seconds: list[float] = field(default_factory=list)


def main() -> None:
    """Measure, print and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rounds; write no results")
    options = parser.parse_args()
    if not LAYER.exists():
        sys.exit("the functions are not built: run make build")
    build_whole_layer()
    rounds = 3 if options.quick else 20
    text = "\n\n".join([_starts(rounds), _first_answers(rounds)])
    print(text)
    if not options.quick:
        write_section("Cold start", text)


def _starts(rounds: int) -> str:
    names = sorted(path.parent.name for path in ROOT.glob("functions/*/app.py"))
    functions = {name: BUILD / logical_id(name) for name in names}
    baseline, minimal, started = Started(), Started(), {name: Started() for name in functions}
    for _ in range(rounds):
        _start(baseline, _BASELINE, [WHOLE])
        _start(minimal, _MINIMAL, [ROOT])
        for name, folder in functions.items():
            _start(started[name], START_FUNCTION, [folder, LAYER / "python"])
    whole = statistics.median(baseline.seconds)
    rows = [
        ("boto3 and a client, untrimmed", baseline.modules, whole, "", ""),
        ("the minimal client", minimal.modules, statistics.median(minimal.seconds), "", ""),
    ]
    for name, measured in started.items():
        goal = {"authorize": "0.75"}.get(name, "1.00" if name in WORKERS else "1.30")
        seconds = statistics.median(measured.seconds)
        rows.append((name, measured.modules, seconds, goal, _zipped(functions[name])))
    lines = [
        (name, str(modules), f"{seconds * 1000:.0f}", f"{seconds / whole:.2f}", goal, size)
        for name, modules, seconds, goal, size in rows
    ]
    columns = ("function", "modules", "ms", "/ first row", "goal", "KiB zipped")
    remark = (
        f"The median of {rounds} fresh processes. The layer is {_zipped(LAYER)} KiB zipped, the "
        f"untrimmed one {_zipped(WHOLE)}, each with the binaries of one processor."
    )
    return f"{remark}\n\n{table(columns, lines)}"


def _first_answers(rounds: int) -> str:
    rows = []
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as stub:
        for name in FIRST_ANSWERS:
            code = _ANSWER.format(event=str(ROOT / "events" / f"{name}.json"), name=name)
            for kind, label in (("on-demand", "while it starts"), ("", "with the first request")):
                environment = {**stub, "AWS_LAMBDA_INITIALIZATION_TYPE": kind}
                paths = [BUILD / logical_id(name), LAYER / "python", ROOT]
                runs = [run(code, paths, environment) for _ in range(rounds)]
                start = statistics.median(each[0] for each in runs) * 1000
                request = statistics.median(each[1] for each in runs) * 1000
                rows.append(
                    (name, label, f"{start:.0f}", f"{request:.1f}", f"{start + request:.0f}")
                )
    columns = ("function", "connection opened", "start, ms", "first request, ms", "together, ms")
    remark = (
        "Processor time from the start to DynamoDB's first answer, over TLS, with all of "
        "botocore's certificates. Lambda gives a function of 512 MB a whole processor while it "
        "starts and 0.29 of one for a request."
    )
    return f"{remark}\n\n{table(columns, rows)}"


def _start(measured: Started, code: str, paths: list[Path]) -> None:
    seconds, modules = run(code, paths, {})
    measured.seconds.append(seconds)
    measured.modules = int(modules)


def run(code: str, paths: list[Path], environment: dict[str, str]) -> tuple[float, float]:
    """Run the code in a fresh interpreter that writes no bytecode; return the numbers it prints."""
    known = {
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }
    done = subprocess.run(
        [sys.executable, "-S", "-B", "-c", code],
        env={
            **STACK,
            **known,
            **environment,
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.pathsep.join(map(str, paths)),
        },
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=120,
    )
    first, second = map(float, done.stdout.splitlines()[-1].split())
    return first, second


def build_whole_layer() -> None:
    """Install the layer's packages without trimming them, with the layer's kind of bytecode."""
    if WHOLE.exists():
        return
    unfinished = WHOLE.with_suffix(".part")
    requirements = ROOT / "layers" / "larder" / "requirements.txt"
    install = ["uv", "pip", "install", "--quiet", "--link-mode", "copy"]
    subprocess.run([*install, "--target", unfinished, "--requirement", requirements], check=True)
    for cache in [*unfinished.rglob("__pycache__")]:
        for file in cache.iterdir():
            file.unlink()
    compile_packages(unfinished)
    unfinished.rename(WHOLE)


def compile_packages(folder: Path) -> None:
    """Compile as the layer's Makefile does: bytecode that is not checked against the sources."""
    mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
    compileall.compile_dir(folder, quiet=1, workers=0, invalidation_mode=mode)


def _zipped(folder: Path) -> str:
    """Return the size of the folder's ZIP archive in KiB, with the binaries of one processor."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and "aarch64" not in path.name:
                packed.write(path, path.relative_to(folder))
    return f"{len(archive.getbuffer()) / 1024:,.0f}"


if __name__ == "__main__":
    main()

"""Fuzz everything for a while: `python -m tests.fuzz`, with a deployed stack by LARDER_ENV_FILE.

Each target for `--seconds`, guided by coverage, and then the deployed API for `--api-seconds`. What
was found once is kept in .local/fuzz and tried again first. Fails with the first input that breaks
a promise, or when the functions' logs say something they must not.
"""

from __future__ import annotations

import argparse
import os
import re
import secrets
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

from larder.domain.scopes import SCOPES
from tests.e2e.function_logs import look_at_logs
from tests.e2e.projects import Operator, Project
from tests.e2e.stack import Stack
from tests.fuzz.seeds import SEEDS, WORDS
from tests.support.template import ROOT, TEMPLATE

TOOLS = ROOT / ".tools/fuzz/bin"
FOUND = ROOT / ".local/fuzz"
MAX_INPUT = 16_384
SLOWEST_SECONDS = 10

NOT_PROMISED = (
    # A valid request is refused with 400 when there is no room for its bytes, when they have not
    # arrived, or for what a schema cannot tell of a filename.
    "positive_data_acceptance",
    # Only batch files have a report: that of another file, just created, is not found.
    "ensure_resource_availability",
)


@dataclass(frozen=True)
class Finding(Exception):  # noqa: N818 - it is what was looked for
    """A broken promise, and where it is told in full."""

    what: str
    log: Path

    def __str__(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines()
        return "\n".join([f"{self.what}; all of it in {self.log}", *lines[-40:]])


def environment() -> dict[str, str]:
    """Return what the tools find the tests and the package by; nothing can reach an account."""
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "layers/larder/python")]),
        "AWS_DEFAULT_REGION": "us-east-1",
        "POWERTOOLS_SERVICE_NAME": "larder",
        "POWERTOOLS_METRICS_NAMESPACE": "Larder",
    }


def fuzz_target(name: str, seconds: int, seed: int) -> str:
    """Fuzz one target, and return what was done.

    Raises:
        Finding: an input broke a promise, took too long or too much memory.
    """
    folder = FOUND / name
    for part in ("corpus", "seeds"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    for number, example in enumerate(SEEDS[name]):
        (folder / "seeds" / str(number)).write_bytes(example)
    words = ("".join(f"\\x{byte:02x}" for byte in word) for word in WORDS)
    (folder / "words").write_text("".join(f'"{word}"\n' for word in words))
    log = folder / "log"
    memory = TEMPLATE["Globals"]["Function"]["MemorySize"]
    with log.open("wb") as output:
        status = subprocess.run(
            [
                *(TOOLS / "python", "-m", "tests.fuzz.atheris_run", name),
                *(f"-max_total_time={seconds}", f"-rss_limit_mb={memory}"),
                *(f"-timeout={SLOWEST_SECONDS}", f"-max_len={MAX_INPUT}"),
                *(f"-dict={folder / 'words'}", f"-artifact_prefix={folder}/"),
                *(f"-seed={seed}", "-print_final_stats=1", folder / "corpus", folder / "seeds"),
            ],
            cwd=ROOT,
            env=environment(),
            stdout=output,
            stderr=output,
            check=False,
        ).returncode
    text = log.read_text(errors="replace")
    runs = re.search(r"Done (\d+) runs in (\d+) second", text)
    if status or runs is None:
        raise Finding(f"{name} failed", log)
    edges = re.findall(r" cov: (\d+) ", text)[-1]
    peak = re.search(r"peak_rss_mb:\s+(\d+)", text)
    assert peak is not None
    return f"{runs[1]} inputs in {runs[2]} s, {edges} edges, at most {peak[1]} MiB"


def fuzz_api(stack: Stack, project: Project, seconds: int, seed: int) -> str:
    """Have schemathesis send what the OpenAPI document allows, and what it does not.

    Raises:
        Finding: one of its checks or of ours failed.
    """
    log = FOUND / "api.log"
    with log.open("wb") as output:
        status = subprocess.run(
            [
                *(TOOLS / "schemathesis", "--config-file", ROOT / "tests/fuzz/schemathesis.toml"),
                *("run", ROOT / "docs/openapi.json", "--checks", "all"),
                *("--exclude-checks", ",".join(NOT_PROMISED)),
                *("--url", stack.base_url.removesuffix("/v1"), "--max-redirects", "0"),
                *("--header", f"Authorization: Bearer {project.key}"),
                *("--header", f"x-api-key: {project.key}"),
                *("--max-time", str(seconds), "--continue-on-failure", "--no-color"),
                *("--generation-database", FOUND / "examples", "--seed", str(seed)),
            ],
            cwd=ROOT,
            env=environment()
            | {"SCHEMATHESIS_HOOKS": "tests.fuzz.checks", "FUZZ_KEY": project.key},
            stdout=output,
            stderr=output,
            check=False,
        ).returncode
    cases = re.search(r"(\d+) generated", log.read_text(errors="replace"))
    if status or cases is None:
        raise Finding("the deployed API failed", log)
    return f"{cases[1]} cases in {seconds} s, all checks passed"


def main() -> int:
    """Fuzz, print a line for each thing, and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=int, default=10, help="for each target")
    parser.add_argument("--api-seconds", type=int, default=45, help="for the deployed API")
    parser.add_argument("--seed", type=int, help="to send the same again; another one otherwise")
    parser.add_argument("targets", nargs="*", help="those to fuzz, instead of everything")
    options = parser.parse_args()
    FOUND.mkdir(parents=True, exist_ok=True)
    seed = options.seed or secrets.randbelow(2**31)
    try:
        for name in options.targets or SEEDS:
            print(f"{name:10} {fuzz_target(name, options.seconds, seed)}", flush=True)
        if not options.targets:
            since = time.time()
            stack = Stack.read(Path(os.environ["LARDER_ENV_FILE"]))
            operator = Operator(stack)
            project = operator.new_project(files=100_000, size=2**40)
            # Of every scope, or the admin's routes answer nothing but 403.
            key, _ = operator.create_key(project.id, frozenset(SCOPES))
            project = replace(project, key=key)
            print(f"{'api':10} {fuzz_api(stack, project, options.api_seconds, seed)}", flush=True)
            print(f"{'logs':10} {look_at_logs(stack, since, [project.key])}", flush=True)
    except (Finding, AssertionError) as finding:
        print(finding)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

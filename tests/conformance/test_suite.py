"""The official conformance suite, for both eras of the protocol."""

from __future__ import annotations

import json
import tomllib
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.conformance.conftest import Node

EXCEPTIONS = tomllib.loads(Path(__file__).with_name("exceptions.toml").read_text())
EXTENSIONS = EXCEPTIONS["extensions"]
PASSED = {"SUCCESS", "INFO", "SKIPPED"}


def is_of_an_extension(scenario: str) -> bool:
    return any(scenario.startswith(f"server-{prefix}") for prefix in EXTENSIONS)


@pytest.mark.parametrize(("revision", "at_least"), [("2026-07-28", 130), ("2025-11-25", 50)])
def test_no_check_fails_without_a_reason(
    node: Node, url: str, tmp_path: Path, revision: str, at_least: int
) -> None:
    done = node.run(
        *("conformance/dist/index.js", "server", "--url", url, "--requirements", revision),
        *("--output-dir", str(tmp_path)),
    )

    results: defaultdict[str, list[str]] = defaultdict(list)
    for report in tmp_path.glob("*/checks.json"):
        if not is_of_an_extension(report.parent.name):
            for check in json.loads(report.read_text()):
                said = "" if check["status"] in PASSED else check.get("errorMessage") or "failed"
                results[check["id"]].append(said)
    failed = {
        check: said for check, each in results.items() if (said := "; ".join(filter(None, each)))
    }
    unexplained = {
        check: said for check, said in failed.items() if check not in EXCEPTIONS[revision]
    }
    assert unexplained == {}
    assert set(EXCEPTIONS[revision]) - set(failed) == set(), "these pass: delete them"
    assert sum(map(len, results.values())) - len(failed) >= at_least, done.stdout + done.stderr

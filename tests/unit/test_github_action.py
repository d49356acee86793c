"""action.yml: its script as GitHub calls it, and its steps as they are written."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.support.template import ROOT

if TYPE_CHECKING:
    from pathlib import Path

ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text())
STEPS = {each.get("name"): each for each in ACTION["runs"]["steps"]}
CHECK = STEPS["Check the files"]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    for name in ("requests.jsonl", "mistakes.jsonl"):
        (tmp_path / "prompts/deep").mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / "examples" / name, tmp_path / "prompts/deep" / name)
    return tmp_path


def run(folder: Path, files: str, strict: str = "false") -> subprocess.CompletedProcess[str]:
    """Run the step as the runner does."""
    inputs = {"${{ inputs.files }}": files, "${{ inputs.strict }}": strict}
    given = {name: inputs[value] for name, value in CHECK["env"].items()}
    layer = ROOT / "layers/larder/python"
    return subprocess.run(  # noqa: S603 - our own step
        ["bash", "-e", "-o", "pipefail", "-c", CHECK["run"]],  # noqa: S607
        cwd=folder,
        env={
            "PATH": f"{os.path.dirname(sys.executable)}:{os.environ['PATH']}",  # noqa: PTH120
            "PYTHONPATH": str(layer),
            "GITHUB_ACTION_PATH": str(ROOT),
            "GITHUB_OUTPUT": str(folder / "output"),
            "GITHUB_STEP_SUMMARY": str(folder / "summary"),
            **given,
        },
        capture_output=True,
        text=True,
        check=False,
    )


def test_valid_files_pass(repository: Path) -> None:
    done = run(repository, "prompts/**/requests.jsonl\n")

    assert (done.returncode, done.stdout, done.stderr) == (0, "1 files checked, 0 invalid\n", "")
    assert (repository / "output").read_text() == "invalid=0\n"


def test_each_problem_is_an_annotation_at_its_line(repository: Path) -> None:
    done = run(repository, "prompts/**/*.jsonl")

    assert done.returncode == 1
    lines = done.stdout.splitlines()
    file = "file=prompts/deep/mistakes.jsonl"
    assert [line.split("::")[1] for line in lines[:-1]] == [
        f"error title=invalid_json_line,{file},line=2",
        f"error title=duplicate_custom_id,{file},line=3",
        f"error title=model_missing,{file},line=4",
        f"error title=invalid_url,{file},line=5",
    ]
    assert lines[-1] == "2 files checked, 1 invalid"
    assert (repository / "output").read_text() == "invalid=1\n"
    summary = (repository / "summary").read_text()
    assert "| ❌ | `prompts/deep/mistakes.jsonl` | 6 | 4 | 0 |" in summary


def test_a_pattern_without_a_file_fails(repository: Path) -> None:
    done = run(repository, "prompts/**/requests.jsonl\nelsewhere/*.jsonl")

    assert done.returncode == 1
    assert "::error title=no batch file::no file matches elsewhere/*.jsonl" in done.stdout


def test_without_a_pattern_nothing_is_said_to_be_valid(repository: Path) -> None:
    assert run(repository, "\n").returncode == 1


def test_a_warning_fails_only_if_that_is_wanted(repository: Path) -> None:
    line = (
        '{"custom_id": "a", "method": "POST", "url": "/v1/chat/completions", "body": '
        '{"model": "m", "messages": [{"role": "user", "content": "a"}], "stream": true}}\n'
    )
    (repository / "warned.jsonl").write_text(line)

    lax, strict = (run(repository, "warned.jsonl", strict) for strict in ("false", "true"))

    assert (lax.returncode, strict.returncode) == (0, 1)
    assert lax.stdout.startswith("::warning title=")
    assert strict.stdout.startswith("::error title=")


def test_what_a_file_contains_cannot_give_commands(repository: Path) -> None:
    name = "a,line=1::error ::x%0A.`|\n# b.jsonl"
    text = '{"custom_id": "\\n::stop-commands::x", "method": "POST", "url": "/v1/x", "body": {}}\n'
    (repository / name).write_text(text * 2)

    done = run(repository, "a,*.jsonl")

    assert done.returncode == 1
    for line in done.stdout.splitlines()[:-1]:
        head = line.split("::")[1]
        assert head.startswith("error title=")
        assert "file=a%2Cline=1%3A%3Aerror %3A%3Ax%250A.`|%0A# b.jsonl" in head
    [row] = (repository / "summary").read_text().splitlines()[2:]
    assert row.startswith("| ❌ | `a,line=1::error_::x%0A.___#_b.jsonl` | ")


def test_the_step_installs_the_package_that_the_script_needs() -> None:
    install = STEPS["Install the validator"]["run"]

    assert '"$GITHUB_ACTION_PATH/layers/larder/python"' in install
    assert (ROOT / "layers/larder/python/pyproject.toml").exists()
    assert {each["shell"] for name, each in STEPS.items() if name} == {"bash"}

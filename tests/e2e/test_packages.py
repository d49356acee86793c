"""The client as people install it: wheels, in an environment of their own, for each Python."""

from __future__ import annotations

import os
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

if TYPE_CHECKING:
    from tests.e2e.projects import NewProject

ROOT = Path(__file__).parents[2]
ACTION = ROOT / "action.yml"
UV = shutil.which("uv") or str(ROOT / ".tools/uv/bin/uv")
VERSIONS = ("3.10", "3.11", "3.12", "3.13", "3.14")

LARGE_FILES = """
import os
from larder_client.openai import transport
from openai import OpenAI

client = OpenAI(http_client=transport())
file = client.files.create(file=("a.bin", bytes(3_000_000)), purpose="user_data")
print(file.bytes)
"""


def run(*command: str | Path, **environment: str) -> str:
    done = subprocess.run(  # noqa: S603 - our own commands
        command,
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheels")
    for package in ("larder-client", "larder-jsonl"):
        run(UV, "build", "--quiet", "--wheel", "--package", package, "--out-dir", folder)
    return folder


def requirements() -> list[str]:
    project = tomllib.loads((ROOT / "cli/pyproject.toml").read_text())["project"]
    return [*project["dependencies"], *project["optional-dependencies"]["openai"]]


def interpreter(version: str) -> str:
    environment = dict(os.environ)
    if pyenv := shutil.which("pyenv"):
        # Its commands run only the versions that are switched on.
        environment["PYENV_VERSION"] = ":".join(run(pyenv, "versions", "--bare").split())
    found = subprocess.run(  # noqa: S603 - our own command
        [UV, "python", "find", "--no-project", "--no-python-downloads", version],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if found.returncode != 0:
        missing = f"Python {version} is not installed on this machine"
        assert "CI" not in os.environ, missing
        pytest.skip(f"{missing}: uv python install {version}")
    return found.stdout.strip()


# Of what the client needs, users get the newest, or what another package keeps back.
@pytest.mark.parametrize(
    ("version", "resolution"),
    [*((version, "highest") for version in VERSIONS), (VERSIONS[0], "lowest-direct")],
)
def test_the_client_is_installed_from_wheels_and_works(
    version: str, resolution: str, wheels: Path, tmp_path: Path, new_project: NewProject
) -> None:
    """The wheel validates, uploads and downloads, and gives the OpenAI SDK its large files.

    CI has every Python (.ci/pythons). Elsewhere, one that is not installed is skipped.
    """
    project = new_project()
    keys = {"LARDER_BASE_URL": project.base_url, "LARDER_API_KEY": project.key}
    environment, larder = tmp_path / "env", tmp_path / "env/bin/larder"
    run(UV, "venv", "--quiet", "--python", interpreter(version), environment)
    [client] = wheels.glob("larder_client-*.whl")
    install = [UV, "pip", "install", "--quiet", "--find-links", str(wheels)]
    python = str(environment / "bin/python")

    # What a wheel needs is not direct: named beside it, it is.
    direct = requirements() if resolution == "lowest-direct" else []
    run(*install, "--resolution", resolution, "--python", python, f"{client}[openai]", *direct)
    if direct:
        installed = run(python, "-c", "import importlib.metadata as m; print(m.version('click'))")
        assert f"click>={installed.strip()}" in direct

    assert run(larder, "--version").startswith("larder ")
    commands = run(larder, "--help")
    assert "\n  put " in commands
    assert "\n  project " not in commands
    typed = {"_LARDER_COMPLETE": "bash_complete", "COMP_WORDS": "larder key ", "COMP_CWORD": "2"}
    # No traceback where a shell asks about an operator's command.
    assert "plain,put\n" in run(larder, **typed)
    # As fast as the benchmark says: the newest release of a package may load more.
    loaded = run(python, "-c", "import sys, larder_cli.main; print(*sys.modules)").split()
    assert not {"pydantic", "rich", "httpx"} & set(loaded)
    assert "valid" in run(larder, "validate", "examples/requests.jsonl")
    file_id = run(larder, "put", "examples/requests.jsonl", "--wait", **keys).strip()
    copy = tmp_path / "copy.jsonl"
    run(larder, "get", file_id, "-o", copy, **keys)
    assert copy.read_bytes() == (ROOT / "examples/requests.jsonl").read_bytes()
    openai = {"OPENAI_BASE_URL": project.base_url, "OPENAI_API_KEY": project.key}
    assert run(python, "-c", LARGE_FILES, **openai).strip() == "3000000"


def test_the_github_action_installs_what_it_needs(tmp_path: Path) -> None:
    """Its steps as they are written, in an environment that has pip alone."""
    steps = {each.get("name"): each for each in yaml.safe_load(ACTION.read_text())["runs"]["steps"]}
    install, check = steps["Install the validator"]["run"], steps["Check the files"]["run"]
    run(UV, "venv", "--quiet", "--seed", tmp_path / "env")
    given = {
        "PATH": f"{tmp_path}/env/bin:{os.environ['PATH']}",
        "GITHUB_ACTION_PATH": str(ROOT),
        "LARDER_FILES": "examples/requests.jsonl",
    }

    run("bash", "-e", "-o", "pipefail", "-c", install, **given)

    assert run("bash", "-c", check, **given) == "1 files checked, 0 invalid\n"


def test_a_command_of_operators_says_where_it_is(wheels: Path, tmp_path: Path) -> None:
    environment = tmp_path / "env"
    run(UV, "venv", "--quiet", environment)
    [client] = wheels.glob("larder_client-*.whl")
    install = [UV, "pip", "install", "--quiet", "--find-links", str(wheels)]
    run(*install, "--python", str(environment / "bin/python"), str(client))

    refused = subprocess.run(  # noqa: S603 - the command under test
        [environment / "bin/larder", "key", "list", "demo"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert refused.returncode == 1
    assert (
        refused.stderr
        == "larder: 'larder key' operates a deployment: run it in a clone of Larder.\n"
    )

"""How a command finds the local stack, and which variables it takes from its file."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from unittest import mock

import pytest

from larder_cli.failures import OperatorError
from larder_cli.local_stack import OPERATOR_ENV_FILE, find_env_file, use_env_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(autouse=True)
def environment() -> Iterator[None]:
    with mock.patch.dict(os.environ):
        for name in [name for name in os.environ if name.startswith(("AWS_", "LARDER_"))]:
            del os.environ[name]
        yield


@pytest.fixture
def env_file(tmp_path: Path) -> Path:
    path = tmp_path / ".local/env"
    path.parent.mkdir()
    path.write_text(
        "LARDER_STACK=larder-local\n"
        "LARDER_STORE_TABLE=Store\n"
        "LARDER_KEYS_TABLE=Keys\n"
        "LARDER_FILES_BUCKET=files\n"
        "LARDER_EVENTS_QUEUE_URL=http://127.0.0.1:4566/000000000000/events\n"
        "LARDER_PEPPER_SECRET_ID=pepper\n"
        "LARDER_CURSOR_SECRET_ID=cursor\n"
        "LARDER_WEBHOOK_SECRET_ID=webhooks\n"
        "LARDER_DELIVERIES_QUEUE_URL=http://127.0.0.1:4566/000000000000/deliveries\n"
        "LARDER_PRIVATE_WEBHOOKS=true\n"
        "LARDER_BASE_URL=http://127.0.0.1:4566/v1\n"
        "AWS_ENDPOINT_URL=http://127.0.0.1:4566\n"
        "AWS_ACCESS_KEY_ID=test\n"
        "AWS_SECRET_ACCESS_KEY=test\n"
    )
    return path


def aws_settings() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name.startswith("AWS_")}


def test_the_file_is_found_from_a_folder_below(
    env_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    below = tmp_path / "some/where"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)

    assert find_env_file() == env_file


@pytest.mark.usefixtures("env_file")
def test_the_nearest_file_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nearer = tmp_path / "nearer/.local/env"
    nearer.parent.mkdir(parents=True)
    nearer.touch()
    monkeypatch.chdir(tmp_path / "nearer")

    assert find_env_file() == nearer


def test_operators_have_a_file_of_their_own(
    env_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    operators = env_file.with_name("operator.env")
    operators.touch()
    monkeypatch.chdir(tmp_path)

    assert find_env_file(OPERATOR_ENV_FILE) == operators


def test_without_a_file_none_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    assert find_env_file() is None


def test_a_file_named_by_the_environment_is_used_from_any_folder(
    env_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    os.environ["LARDER_ENV_FILE"] = str(env_file)

    assert find_env_file() == env_file


def test_a_missing_named_file_is_reported(tmp_path: Path) -> None:
    os.environ["LARDER_ENV_FILE"] = str(tmp_path / "gone")

    with pytest.raises(OperatorError, match="gone, which does not exist"):
        find_env_file()


def test_the_files_variables_are_set(env_file: Path) -> None:
    use_env_file(env_file)

    assert os.environ["LARDER_BASE_URL"] == "http://127.0.0.1:4566/v1"
    assert os.environ["AWS_ACCESS_KEY_ID"] == "test"


def test_a_variable_that_is_already_set_wins(env_file: Path) -> None:
    os.environ["LARDER_BASE_URL"] = "http://127.0.0.1:1/v1"

    use_env_file(env_file)

    assert os.environ["LARDER_BASE_URL"] == "http://127.0.0.1:1/v1"


def test_settings_of_a_real_account_do_not_reach_the_local_stack(env_file: Path) -> None:
    os.environ |= {
        "AWS_PROFILE": "work",
        "AWS_ACCESS_KEY_ID": "AKIAREAL",
        "AWS_SECRET_ACCESS_KEY": "real",
        "AWS_SESSION_TOKEN": "real",
    }

    use_env_file(env_file)

    assert aws_settings() == {
        "AWS_ENDPOINT_URL": "http://127.0.0.1:4566",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }


def test_settings_that_come_with_an_endpoint_win(env_file: Path) -> None:
    os.environ |= {"AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_ACCESS_KEY_ID": "other"}

    use_env_file(env_file)

    assert aws_settings() == {
        "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
        "AWS_ACCESS_KEY_ID": "other",
        "AWS_SECRET_ACCESS_KEY": "test",
    }


def test_two_different_stacks_are_refused(env_file: Path) -> None:
    os.environ["LARDER_STACK"] = "larder-prod"

    with pytest.raises(OperatorError, match="give --stack larder-prod, or unset LARDER_STACK"):
        use_env_file(env_file)


def test_an_incomplete_file_is_reported(env_file: Path) -> None:
    env_file.write_text("LARDER_STACK=larder-local\n")

    with pytest.raises(OperatorError, match="has no LARDER_BASE_URL"):
        use_env_file(env_file)

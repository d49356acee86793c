"""`larder login`, `logout`, `whoami` and `status`, on a fake Larder behind sockets."""

from __future__ import annotations

import os
import pty
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING
from unittest import mock

import pytest

from larder_cli.profiles import Profile, profiles_path, read_profiles, save_profile
from tests.fakes.larder_http import KEY, FakeLarder
from tests.fakes.larder_transports import over_sockets
from tests.support.cli import larder

if TYPE_CHECKING:
    from collections.abc import Iterator

CLI = Path(__file__).parents[2] / "cli"


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Work in an empty folder, as a user who has never logged in."""
    monkeypatch.chdir(tmp_path)
    with mock.patch.dict(os.environ):
        for name in [name for name in os.environ if name.startswith("LARDER_")]:
            del os.environ[name]
        os.environ["XDG_CONFIG_HOME"] = str(tmp_path / "config")
        yield


@pytest.fixture
def fake() -> Iterator[FakeLarder]:
    with over_sockets(FakeLarder()) as fake:
        yield fake


def log_in(fake: FakeLarder, *arguments: str, key: str = KEY) -> str:
    done = larder("login", "--base-url", fake.base_url, *arguments, stdin=f"{key}\n")
    assert done.exit_code == 0, done.stderr
    return done.stderr


def test_a_login_is_enough_for_every_other_command(fake: FakeLarder) -> None:
    said = log_in(fake)

    assert "Profile 'default' is saved" in said
    assert KEY not in said
    assert larder("ls").exit_code == 0
    assert larder("whoami", "--json").json["project"] == {"id": "wks-1"}


def test_only_the_owner_can_read_the_saved_keys(fake: FakeLarder) -> None:
    os.umask(0)

    log_in(fake)

    assert stat.S_IMODE(profiles_path().stat().st_mode) == 0o600
    assert stat.S_IMODE(profiles_path().parent.stat().st_mode) == 0o700
    assert [file.name for file in profiles_path().parent.iterdir()] == ["profiles.ini"]


def test_a_key_that_larder_refuses_is_not_saved(fake: FakeLarder) -> None:
    refused = larder("login", "--base-url", fake.base_url, stdin="zk_live_wrong\n")

    assert refused.exit_code == 1
    assert "Incorrect API key" in refused.stderr
    assert not profiles_path().exists()


def test_an_address_without_an_answer_is_not_saved() -> None:
    failed = larder("login", "--base-url", "http://127.0.0.1:1/v1", stdin=f"{KEY}\n")

    assert failed.exit_code == 3
    assert "cannot be reached" in failed.stderr
    assert not profiles_path().exists()


def test_without_a_terminal_login_asks_nothing() -> None:
    assert "Give --base-url" in larder("login", stdin=f"{KEY}\n").stderr
    refused = larder("login", "--base-url", "http://127.0.0.1:1/v1", stdin="")
    assert "has no API key" in refused.stderr


def test_on_a_terminal_login_asks_and_does_not_show_the_key(fake: FakeLarder) -> None:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "larder_cli", "login"],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=os.environ | {"PYTHONPATH": f"{CLI}:{CLI.parent}/layers/larder/python"},
        start_new_session=True,
    )
    os.close(theirs)
    shown = b""
    for question, answer in ((b"Address", fake.base_url), (b"API key", KEY)):
        deadline = time.monotonic() + 20
        while question not in shown and time.monotonic() < deadline:
            shown += os.read(ours, 1024)
        # The terminal still echoes what is typed before getpass has turned that off.
        time.sleep(0.2)
        os.write(ours, f"{answer}\n".encode())
    while True:
        try:
            block = os.read(ours, 1024)
        except OSError:
            break
        if not block:
            break
        shown += block

    assert process.wait(20) == 0, shown
    os.close(ours)
    assert KEY.encode() not in shown
    assert read_profiles()["default"] == Profile(fake.base_url, KEY)


def test_profiles_are_chosen_by_option_or_variable(fake: FakeLarder) -> None:
    log_in(fake, "--profile", "here")
    save_profile("gone", Profile("http://127.0.0.1:1/v1", "zk_live_gone"))

    assert larder("ls", "--profile", "here").exit_code == 0
    os.environ["LARDER_PROFILE"] = "here"
    assert larder("batch", "list").exit_code == 0
    assert larder("ls", "--profile", "gone").exit_code == 3


def test_a_profile_that_is_named_goes_before_the_environment(fake: FakeLarder) -> None:
    log_in(fake, "--profile", "here")
    os.environ |= {"LARDER_BASE_URL": "http://127.0.0.1:1/v1", "LARDER_API_KEY": "zk_live_x"}

    assert larder("ls", "--profile", "here").exit_code == 0


def test_the_environment_goes_before_a_profile_that_is_not_named(fake: FakeLarder) -> None:
    save_profile("default", Profile("http://127.0.0.1:1/v1", "zk_live_x"))
    os.environ |= {"LARDER_BASE_URL": fake.base_url, "LARDER_API_KEY": KEY}

    assert larder("ls").exit_code == 0


def test_a_running_local_stack_goes_before_the_default_profile(fake: FakeLarder) -> None:
    save_profile("default", Profile("http://127.0.0.1:1/v1", "zk_live_x"))
    Path(".local").mkdir()
    Path(".local/env").write_text(f"LARDER_BASE_URL={fake.base_url}\nLARDER_API_KEY={KEY}\n")

    assert larder("ls").exit_code == 0


def test_a_profiles_key_is_not_sent_to_another_address(fake: FakeLarder) -> None:
    save_profile("default", Profile("http://127.0.0.1:1/v1", KEY))

    for profile in ((), ("--profile", "default")):
        refused = larder("ls", "--base-url", fake.base_url, *profile)
        assert refused.exit_code == 1
        assert "key for" in refused.stderr
    os.environ["LARDER_BASE_URL"] = fake.base_url
    assert larder("ls").exit_code == 1
    assert not fake.requests


def test_a_profile_that_does_not_exist_is_named_with_the_others(fake: FakeLarder) -> None:
    log_in(fake, "--profile", "here")

    refused = larder("ls", "--profile", "prod")

    assert refused.exit_code == 1
    assert f"There is no profile 'prod' in {profiles_path()}. It has: here." in refused.stderr


@pytest.mark.parametrize("name", ["", "a b", "[x]", "a\nb", "../a", "x" * 65])
def test_an_invalid_name_of_a_profile_is_refused(fake: FakeLarder, name: str) -> None:
    refused = larder("login", "--base-url", fake.base_url, f"--profile={name}", stdin=f"{KEY}\n")

    # An empty one is as none.
    assert refused.exit_code == (0 if not name else 1)
    assert set(read_profiles()) <= {"default"}


@pytest.mark.parametrize("text", ["no section\n", "[default]\nbase_url = x\n", "\ufeff[a"])
def test_a_damaged_file_is_reported_with_its_path(text: str) -> None:
    profiles_path().parent.mkdir(parents=True)
    profiles_path().write_text(text)

    refused = larder("ls")

    assert refused.exit_code == 1
    assert str(profiles_path()) in refused.stderr
    assert refused.stderr.count("\n") == 1


def test_a_file_that_is_a_link_stays_one(fake: FakeLarder, tmp_path: Path) -> None:
    profiles_path().parent.mkdir(parents=True)
    (tmp_path / "dotfiles").mkdir()
    profiles_path().symlink_to(tmp_path / "dotfiles/larder.ini")

    log_in(fake)

    assert profiles_path().is_symlink()
    assert KEY in (tmp_path / "dotfiles/larder.ini").read_text()


def test_logout_removes_one_profile_and_keeps_the_others(fake: FakeLarder) -> None:
    log_in(fake)
    log_in(fake, "--profile", "other")

    gone = larder("logout")

    assert gone.exit_code == 0
    assert "stays valid" in gone.stderr
    assert list(read_profiles()) == ["other"]
    assert larder("logout").exit_code == 1


def test_a_refused_key_is_reported_with_its_source(fake: FakeLarder) -> None:
    save_profile("default", Profile(fake.base_url, "zk_live_revoked"))

    assert f"The key is from profile 'default' in {profiles_path()}." in larder("ls").stderr
    os.environ |= {"LARDER_BASE_URL": fake.base_url, "LARDER_API_KEY": "zk_live_other"}
    assert "The key is from LARDER_API_KEY." in larder("get", "file-1").stderr


def test_a_server_that_does_not_answer_is_reported_with_the_source_of_its_address() -> None:
    save_profile("default", Profile("http://127.0.0.1:1/v1", KEY))

    failed = larder("status")

    assert failed.exit_code == 3
    assert f"The address is from profile 'default' in {profiles_path()}." in failed.stderr


def test_whoami_shows_the_key_and_where_it_is_from(fake: FakeLarder) -> None:
    log_in(fake)
    fake.key["expires_at"] = 1_800_000_000

    shown = larder("whoami").stdout

    for part in ("zk_live_…_key", "nightly", "wks-1", "read, write", "2027-01-15", "default"):
        assert part in shown
    assert KEY not in shown


def test_status_shows_how_full_the_project_is(fake: FakeLarder) -> None:
    log_in(fake)
    fake.add_file(b"12345")

    shown = larder("status").stdout

    assert "1 of 200 (0%)" in shown
    assert "1.0 MiB reserved" in shown
    assert "1 of 10 running" in shown
    status = larder("status", "--json").json
    assert status["usage"]["files"]["used"] == 1
    assert status["key"]["scopes"] == ["read", "write"]

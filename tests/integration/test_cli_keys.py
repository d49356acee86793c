"""`larder key rotate` and `larder log`, on moto."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from larder.domain.api_keys import digest_of
from larder.domain.files import DAY
from tests.integration.local_stack import local_stack, nowhere
from tests.support.cli import Printed, larder

if TYPE_CHECKING:
    from larder.domain.api_keys import KeyRecord
    from larder.runtime.composition import Composition

__all__ = ["local_stack", "nowhere"]

ARN = "arn:aws:sts::123456789012:user/moto"


@pytest.fixture(autouse=True)
def project(local_stack: object) -> str:  # noqa: ARG001 - what it is created in
    return larder("project", "create", "demo", "--files", "1", "--bytes", "1").stdout.strip()


def a_key(*options: str) -> Any:
    return larder("key", "create", "demo", "--json", *options).json


def found(ports: Composition, secret: str) -> KeyRecord | None:
    return ports.keys.find(digest_of(secret, b"a pepper"))


def listed() -> dict[str, Any]:
    return {key["id"]: key for key in larder("key", "list", "demo", "--json").json}


def refused(done: Printed) -> str:
    assert (done.exit_code, done.stdout) == (1, "")
    [line] = done.stderr.splitlines()
    return line


def test_rotate_prints_only_the_secret_of_a_key_like_the_first(ports: Composition) -> None:
    old = a_key("--name", "nightly", "--scope", "read", "--scope", "batches")

    done = larder("key", "rotate", "demo", old["id"])

    new = found(ports, done.stdout.removesuffix("\n"))
    assert new is not None
    assert (new.name, set(new.scopes)) == ("nightly", {"read", "batches"})
    assert f"{new.id}, which replaces {old['id']}" in done.stderr
    assert listed()[old["id"]]["replaced_by"] == new.id


def test_the_old_key_works_until_its_grace_is_over(ports: Composition) -> None:
    old = a_key()

    new = larder("key", "rotate", "demo", old["id"], "--grace", "2d", "--json").json

    assert listed()[old["id"]]["expires_at"] == new["created_at"] + 2 * DAY
    assert new["expires_at"] is None
    assert new["secret"] not in larder("key", "list", "demo", "--json").stdout
    assert found(ports, old["secret"]) is not None


def test_a_grace_lets_no_key_outlive_its_expiry() -> None:
    old = a_key("--expires", "1d")

    larder("key", "rotate", "demo", old["id"], "--grace", "7d")

    assert listed()[old["id"]]["expires_at"] == old["expires_at"]


def test_an_admin_key_is_rotated_with_aws_credentials(ports: Composition) -> None:
    old = a_key("--scope", "admin")

    done = larder("key", "rotate", "demo", old["id"])

    new = found(ports, done.stdout.removesuffix("\n"))
    assert new is not None
    assert new.scopes == {"admin"}


def test_a_key_is_rotated_once() -> None:
    old = a_key()
    larder("key", "rotate", "demo", old["id"])

    again = larder("key", "rotate", "demo", old["id"])

    assert "was rotated before" in refused(again)
    assert len(listed()) == 2


def test_a_revoked_key_is_not_rotated() -> None:
    old = a_key()
    larder("key", "revoke", "demo", old["id"])

    assert "has ended" in refused(larder("key", "rotate", "demo", old["id"]))


def test_a_key_of_another_project_is_not_rotated() -> None:
    larder("project", "create", "theirs", "--files", "1", "--bytes", "1")
    theirs = larder("key", "create", "theirs", "--json").json

    done = larder("key", "rotate", "demo", theirs["id"])

    assert theirs["id"] in refused(done)
    [kept] = larder("key", "list", "theirs", "--json").json
    assert (kept["replaced_by"], kept["expires_at"]) == (None, None)


def test_an_unknown_project_or_key_is_reported_in_one_line() -> None:
    assert "nobody" in refused(larder("key", "rotate", "nobody", "key_0"))
    assert "key_0" in refused(larder("key", "rotate", "demo", "key_0"))


@pytest.mark.parametrize(("grace", "code"), [("91d", 1), ("soon", 2), ("-1", 2)])
def test_a_grace_out_of_bounds_changes_nothing(grace: str, code: int) -> None:
    old = a_key()

    assert larder("key", "rotate", "demo", old["id"], "--grace", grace).exit_code == code
    assert listed().keys() == {old["id"]}


def test_the_log_has_who_did_what_the_newest_first(project: str) -> None:
    key = a_key("--name", "nightly")
    new = larder("key", "rotate", "demo", key["id"], "--json").json
    larder("key", "revoke", "demo", key["id"])

    entries = larder("log", "--json").json

    assert [(entry["action"], entry["target"]) for entry in entries] == [
        ("key.revoke", key["id"]),
        ("key.rotate", key["id"]),
        ("key.create", key["id"]),
        ("project.create", project),
    ]
    assert {entry["project"] for entry in entries} == {project}
    assert {entry["actor"] for entry in entries} == {ARN}
    assert {entry["request_id"] for entry in entries} == {None}
    assert entries[1]["details"]["replaced_by"] == new["id"]
    assert not any(secret in str(entries) for secret in (key["secret"], new["secret"]))


def test_what_is_refused_is_not_in_the_log() -> None:
    key = a_key()
    larder("key", "revoke", "demo", key["id"])
    before = larder("log", "--json").json

    larder("key", "revoke", "demo", key["id"])
    larder("key", "rotate", "demo", key["id"])
    larder("project", "create", "demo", "--files", "1", "--bytes", "1")

    assert larder("log", "--json").json == before


def test_a_log_that_goes_on_says_how() -> None:
    for _ in range(2):
        a_key()
    [newest, middle, oldest] = larder("log", "--json").json

    first = larder("log", "--limit", "2")
    rest = larder("log", "--after", middle["id"])

    assert first.stderr == f"There are more entries: larder log --after {middle['id']}\n"
    assert newest["target"] in first.stdout
    assert oldest["target"] in rest.stdout
    assert newest["target"] not in rest.stdout
    assert rest.stderr == ""


@pytest.mark.parametrize(
    ("options", "code"), [(("--after", "key_0"), 1), (("--limit", "0"), 2), (("--limit", "101"), 2)]
)
def test_what_no_page_of_the_log_has_is_refused(options: tuple[str, ...], code: int) -> None:
    done = larder("log", *options)

    assert (done.exit_code, done.stdout) == (code, "")

"""`larder doctor` on the deployed stack: everything that the emulator has is as it should be."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from larder_operator.doctor.requests import REQUESTS
from larder_operator.doctor.resources import RESOURCES
from larder_operator.doctor.settle import SETTLE

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.stack import Stack

CANNOT_BE_SEEN_HERE = {
    "presigned host": "an emulator has one host for all buckets",
    "page of the origin": "an emulator's pages",
}


@pytest.fixture(scope="module")
def env_file(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("doctor") / "env"
    file.write_text("".join(f"{name}={value}\n" for name, value in stack.env.items()))
    return file


def doctor(env_file: Path, *options: str) -> tuple[int, list[dict[str, Any]]]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "LARDER_"))}
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "larder_cli", "doctor", "--json", *options],
        env=environment | {"LARDER_ENV_FILE": str(env_file)},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def test_a_first_deployment_is_found_in_order(env_file: Path) -> None:
    status, findings = doctor(env_file, "--first-deployment")

    names = [name for checks in (RESOURCES, REQUESTS, SETTLE) for name, _ in checks]
    assert [each["check"] for each in findings] == names
    others = {each["check"]: each for each in findings if each["state"] != "ok"}
    assert status == 0, others
    assert others.keys() == CANNOT_BE_SEEN_HERE.keys(), others
    for name, reason in CANNOT_BE_SEEN_HERE.items():
        assert others[name]["state"] == "skipped"
        assert reason in others[name]["found"]


def test_it_leaves_no_file_and_no_key_that_works(env_file: Path) -> None:
    doctor(env_file)

    larder = [sys.executable, "-m", "larder_cli"]
    environment = os.environ | {"LARDER_ENV_FILE": str(env_file)}
    keys, usage = (
        json.loads(
            subprocess.run(  # noqa: S603
                [*larder, *command, "larder-doctor", "--json"],
                env=environment,
                capture_output=True,
                check=True,
            ).stdout
        )
        for command in (("key", "list"), ("usage",))
    )
    assert keys
    assert all(key["revoked_at"] for key in keys)
    assert (usage["files"]["used"], usage["files"]["reserved"]) == (0, 0)


def test_a_dead_letter_is_found(stack: Stack, env_file: Path) -> None:
    sqs = stack.client("sqs")
    [queue] = [url for url in sqs.list_queues()["QueueUrls"] if "CleanupsDeadLetters" in url]
    sqs.send_message(QueueUrl=queue, MessageBody="{}")
    try:
        status, findings = doctor(env_file)
    finally:
        sqs.purge_queue(QueueUrl=queue)

    [failed] = [each for each in findings if each["state"] == "FAILED"]
    assert status == 1
    assert failed["found"] == "messages that failed: CleanupsDeadLetters: 1"
    assert "docs/runbook.md" in failed["remedy"]

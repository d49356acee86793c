"""The emulator, killed with -9: its stack, its records and its URL are there again."""

from __future__ import annotations

import os
import signal
import time
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from local.emulator import Emulator, recover, save_now
from local.errors import LocalError
from local.state import State
from tests.e2e.api import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def state(tmp_path: Path) -> State:
    return State(tmp_path / "run")


@pytest.fixture
def running() -> Iterator[list[Emulator]]:
    """The emulators that the test starts, which stop with it."""
    started: list[Emulator] = []
    yield started
    for emulator in started:
        emulator.stop()


def start(state: State, running: list[Emulator]) -> Emulator:
    recover(state)
    emulator = Emulator(state, port=0)
    emulator.start()
    running.append(emulator)
    emulator.wait_until_ready()
    return emulator


def client(emulator: Emulator, service: str) -> Any:
    settings = emulator.aws_settings
    return boto3.client(
        service,  # type: ignore[call-overload]
        endpoint_url=settings["AWS_ENDPOINT_URL"],
        aws_access_key_id=settings["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=settings["AWS_SECRET_ACCESS_KEY"],
        region_name=settings["AWS_DEFAULT_REGION"],
    )


def kill(state: State, emulator: Emulator) -> None:
    pid, _ = state.pid.read_text().split()
    os.kill(int(pid), signal.SIGKILL)

    def dead() -> bool:
        try:
            emulator.check_alive()
        except LocalError:
            return True
        return False

    eventually(dead, lambda is_dead: is_dead, 10)


def test_what_was_saved_survives_a_kill(state: State, running: list[Emulator]) -> None:
    emulator = start(state, running)
    api_id = client(emulator, "apigateway").create_rest_api(name="larder")["id"]
    dynamodb, s3 = client(emulator, "dynamodb"), client(emulator, "s3")
    dynamodb.create_table(
        TableName="Store",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    dynamodb.put_item(TableName="Store", Item={"pk": {"S": "kept"}})
    s3.create_bucket(Bucket="files")
    s3.put_object(Bucket="files", Key="a", Body=b"kept")
    state.api_key.write_text("zk_live_kept")
    before = time.time()
    save_now(state)
    saved = state.emulator / "saved"
    eventually(lambda: saved.exists() and saved.stat().st_mtime >= before - 1, bool, 30)

    kill(state, emulator)
    emulator = start(state, running)

    assert client(emulator, "apigateway").get_rest_apis()["items"][0]["id"] == api_id
    found = client(emulator, "dynamodb").get_item(TableName="Store", Key={"pk": {"S": "kept"}})
    assert found["Item"] == {"pk": {"S": "kept"}}
    assert client(emulator, "s3").get_object(Bucket="files", Key="a")["Body"].read() == b"kept"
    assert state.api_key.read_text() == "zk_live_kept"

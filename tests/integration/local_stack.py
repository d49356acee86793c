"""The stack on moto as the local one, which `larder` finds by its files: fixtures."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from unittest import mock

import pytest

from tests.moto_stack import CREDENTIALS, MotoStack

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MIB = 2**20
GATEWAY_URL = "https://example.execute-api.us-east-1.amazonaws.com/prod/v1"


def outputs(stack: MotoStack) -> dict[str, str]:
    return {
        "ApiUrl": GATEWAY_URL,
        "StoreTable": stack.settings.store_table,
        "KeysTable": stack.settings.keys_table,
        "FilesBucket": stack.settings.files_bucket,
        "EventsQueueUrl": stack.settings.events_queue_url,
        "PepperSecretId": stack.settings.pepper_secret_id,
        "CursorSecretId": stack.settings.cursor_secret_id,
        "WebhookSecretId": stack.settings.webhook_secret_id,
        "DeliveriesQueueUrl": stack.settings.deliveries_queue_url,
        "PrivateWebhooks": "false",
        "DefaultFilesLimit": "200",
        "DefaultBytesLimit": str(256 * MIB),
    }


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Work in an empty folder, and restore the environment after the test."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("LARDER_")]:
        monkeypatch.delenv(name)
    with mock.patch.dict(os.environ):
        yield


@pytest.fixture
def local_stack(stack: MotoStack, tmp_path: Path) -> MotoStack:
    """The stack on moto, found as the local one by its `.local/operator.env`."""
    names = outputs(stack)
    write_env_file(
        tmp_path,
        LARDER_STACK="larder-local",
        LARDER_BASE_URL=GATEWAY_URL,
        LARDER_STORE_TABLE=names["StoreTable"],
        LARDER_KEYS_TABLE=names["KeysTable"],
        LARDER_FILES_BUCKET=names["FilesBucket"],
        LARDER_EVENTS_QUEUE_URL=names["EventsQueueUrl"],
        LARDER_PEPPER_SECRET_ID=names["PepperSecretId"],
        LARDER_CURSOR_SECRET_ID=names["CursorSecretId"],
        LARDER_WEBHOOK_SECRET_ID=names["WebhookSecretId"],
        LARDER_DELIVERIES_QUEUE_URL=names["DeliveriesQueueUrl"],
        LARDER_PRIVATE_WEBHOOKS=names["PrivateWebhooks"],
        **CREDENTIALS,
    )
    return stack


def write_env_file(folder: Path, **variables: str) -> None:
    (folder / ".local").mkdir(exist_ok=True)
    (folder / ".local/operator.env").write_text(
        "".join(f"{name}={value}\n" for name, value in variables.items())
    )

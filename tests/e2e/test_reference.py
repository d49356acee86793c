"""The API reference and /healthz on the deployed stack: without a key, and with its own address."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.e2e.stack import ROOT

if TYPE_CHECKING:
    from tests.e2e.stack import Stack


@pytest.fixture
def stage(stack: Stack) -> str:
    return stack.base_url.removesuffix("/v1")


def test_the_document_names_the_address_that_it_was_asked_at(stage: str) -> None:
    answer = httpx.get(f"{stage}/v1/openapi.json", timeout=60)

    document = json.loads((ROOT / "docs/openapi.json").read_text())
    assert answer.status_code == 200
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.json() == document | {"servers": [{"url": stage}]}


def test_a_document_that_the_client_has_is_not_sent_again(stage: str) -> None:
    first = httpx.get(f"{stage}/v1/openapi.json", timeout=60)

    again = httpx.get(
        f"{stage}/v1/openapi.json", headers={"If-None-Match": first.headers["etag"]}, timeout=60
    )

    assert (again.status_code, again.content) == (304, b"")


def test_a_monitor_needs_no_key_and_no_header(stage: str) -> None:
    with httpx.Client(timeout=60) as client:
        client.headers.clear()
        answer = client.get(f"{stage}/healthz")

    assert (answer.status_code, answer.text) == (200, '{"status":"ok"}')


def test_a_head_is_enough_for_a_monitor(stage: str) -> None:
    assert httpx.head(f"{stage}/healthz", timeout=60).status_code == 200

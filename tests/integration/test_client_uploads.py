"""`client.uploads`, with both clients, and `larder uploads`, on a fake Larder."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from larder_client import ApiError
from tests.fakes.http_faults import api_error, respond_with
from tests.fakes.larder_clients import Caller
from tests.fakes.larder_http import FakeLarder
from tests.support.cli import larder as run
from tests.support.fake_shell import fake_shell

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

uploads = partial(run, "uploads")


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeLarder]:
    with fake_shell(tmp_path, monkeypatch) as fake:
        yield fake


@pytest.fixture(params=[False, True], ids=["sync", "async"])
def larder(request: pytest.FixtureRequest) -> Caller:
    return Caller(FakeLarder(), asynchronous=request.param)


def pending(fake: FakeLarder, *names: str) -> list[str]:
    """Create an upload of 2 KiB for each name, and return their ids."""
    sent: list[dict[str, Any]] = [
        {"filename": name, "purpose": "batch", "bytes": 2_048, "mime_type": "a/b"} for name in names
    ]
    return [fake.create_upload(each)["id"] for each in sent]


@pytest.mark.parametrize("method", ["uploads", "uploads.list"])
def test_all_pending_uploads_are_listed_newest_first(larder: Caller, method: str) -> None:
    ids = pending(larder.fake, "a", "b", "c", "d", "e")

    listed = larder.listed(method, page_size=2)

    assert [upload.id for upload in listed] == ids[::-1]
    assert (listed[0].filename, listed[0].bytes, listed[0].status) == ("e", 2_048, "pending")
    assert listed[0].transfer is None


def test_a_page_says_whether_there_are_more(larder: Caller) -> None:
    ids = pending(larder.fake, "a", "b", "c")

    first = larder.call("uploads.page", limit=2)
    rest = larder.call("uploads.page", limit=2, after=first.data[-1].id)

    assert ([upload.id for upload in first.data], first.has_more) == (ids[:0:-1], True)
    assert ([upload.id for upload in rest.data], rest.has_more) == (ids[:1], False)


def test_a_cancelled_upload_is_no_longer_listed(larder: Caller) -> None:
    kept, cancelled = pending(larder.fake, "a", "b")

    assert larder.call("uploads.cancel", cancelled).status == "cancelled"

    assert [upload.id for upload in larder.listed("uploads")] == [kept]
    assert larder.call("uploads.retrieve", cancelled).status == "cancelled"
    assert larder.call("uploads.get", kept).transfer.url


def test_a_refused_cancel_is_an_api_error(larder: Caller) -> None:
    with pytest.raises(ApiError, match="No such object"):
        larder.call("uploads.cancel", "upload_0")


def test_a_lost_answer_is_asked_for_again(larder: Caller) -> None:
    [upload_id] = pending(larder.fake, "a")
    larder.fake.fault("GET /v1/uploads", respond_with(api_error(500, "ours")))

    assert [upload.id for upload in larder.listed("uploads")] == [upload_id]


def test_the_command_lists_uploads_with_a_note_about_the_rest(fake: FakeLarder) -> None:
    ids = pending(fake, "a.jsonl", "b.jsonl", "[red]c.jsonl")

    listed = uploads("list", "--limit", "2")
    rest = uploads("list", "--after", ids[1], "--json")

    assert listed.stdout.index("[red]c.jsonl") < listed.stdout.index("b.jsonl")
    assert "2.0 KiB" in listed.stdout
    assert "a.jsonl" not in listed.stdout
    assert f"larder uploads list --after {ids[1]}" in listed.stderr
    [page] = rest.json_lines
    assert ([upload["id"] for upload in page["data"]], page["has_more"]) == (ids[:1], False)


def test_uploads_are_cancelled_each_on_its_own(fake: FakeLarder) -> None:
    first, second = pending(fake, "a", "b")

    cancelled = uploads("cancel", first, "upload_0", second)

    assert (cancelled.exit_code, cancelled.stdout) == (1, f"{first}\n{second}\n")
    assert cancelled.stderr.startswith("larder: upload_0: ")
    assert {upload.status for upload in fake.uploads.values()} == {"cancelled"}


def test_a_cancelled_upload_is_printed_as_json(fake: FakeLarder) -> None:
    [upload_id] = pending(fake, "a")

    [document] = uploads("cancel", upload_id, "--json").json_lines

    assert (document["id"], document["status"]) == (upload_id, "cancelled")

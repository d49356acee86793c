"""`larder artifact`, `bundle` and `compact`, and what the client does beside, on a fake Larder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from larder_cli.shared.common_texts import find_common_texts, with_references
from larder_client import Client
from tests.fakes.http_faults import api_error, respond_with
from tests.fakes.larder_http import KEY, MIB, FakeLarder
from tests.support.cli import larder
from tests.support.fake_shell import fake_shell

if TYPE_CHECKING:
    from collections.abc import Iterator

PROMPT = 'You are "Ödön".\n' * 200
OTHER = "x" * 2_000


@pytest.fixture(autouse=True)
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeLarder]:
    with fake_shell(tmp_path, monkeypatch) as fake:
        yield fake


def requests(count: int, **more: Any) -> list[bytes]:
    return [
        json.dumps(
            {
                "custom_id": str(number),
                "method": "POST",
                "url": "/v1/chat/completions",
                "body": {
                    "model": "m",
                    "messages": [
                        {"role": "system", "content": PROMPT},
                        {"role": "user", "content": f"question {number}"},
                    ],
                    **more,
                },
            }
        ).encode()
        + b"\n"
        for number in range(count)
    ]


def test_a_text_becomes_an_artifact_and_comes_back(fake: FakeLarder) -> None:
    Path("rules.md").write_text(PROMPT)

    made = larder("artifact", "create", "rules.md", "--type", "policy", "--metadata", '{"a": 1}').id

    assert fake.artifacts.all[made]["artifact_type"] == "policy"
    assert fake.artifacts.all[made]["metadata"] == {"a": 1}
    assert larder("artifact", "get", made).stdout == PROMPT
    assert json.loads(larder("artifact", "show", made).stdout)["content"] == PROMPT
    assert made in larder("artifact", "list", "--type", "policy").stdout
    assert larder("artifact", "rm", made).id == made
    assert larder("artifact", "show", made).exit_code == 1


def test_bytes_are_sent_as_an_attachment(fake: FakeLarder) -> None:
    Path("a.png").write_bytes(b"\x89PNG\xff")

    made = larder("artifact", "create", "a.png", "--type", "binary_attachment").id

    assert fake.artifacts.contents[made] == b"\x89PNG\xff"
    assert fake.artifacts.all[made]["content_encoding"] == "base64"


def test_bytes_are_no_text() -> None:
    Path("a.png").write_bytes(b"\x89PNG\xff")

    done = larder("artifact", "create", "a.png")

    assert done.exit_code == 1
    assert "--type binary_attachment" in done.stderr


def test_a_large_file_is_uploaded_and_copied_and_the_upload_goes(fake: FakeLarder) -> None:
    Path("large.txt").write_bytes(b"x" * (MIB + 1))

    made = larder("artifact", "create", "large.txt", "--json").json

    assert made["bytes"] == MIB + 1
    assert fake.files == {}


@pytest.mark.parametrize(
    "options", [(), ("a.txt", "--file-id", "file-1"), ("a.txt", "--metadata", "[1]")]
)
def test_wrong_use_is_told_so(options: tuple[str, ...]) -> None:
    Path("a.txt").write_text("x")

    assert larder("artifact", "create", *options).exit_code == 2


def test_a_bundle_is_made_in_order_and_says_what_is_gone(fake: FakeLarder) -> None:
    Path("a.txt").write_text("x")
    one, two = (larder("artifact", "create", "a.txt").id for _ in range(2))

    made = larder("bundle", "create", f"{two}:user", one).id
    larder("artifact", "rm", one)

    shown = json.loads(larder("bundle", "show", made).stdout)
    assert [
        (each["artifact_id"], each["role"], each["deleted"]) for each in shown["artifacts"]
    ] == [
        (two, "user", False),
        (one, "system", True),
    ]
    assert made in larder("bundle", "list").stdout
    assert larder("bundle", "rm", made, "--json").json == {"id": made, "deleted": True}
    assert fake.artifacts.bundles == {}


def test_a_list_has_all_pages(fake: FakeLarder) -> None:
    with Client(fake.base_url, KEY) as client:
        ids = [client.artifacts.create(str(number)).id for number in range(5)]

        assert [each.id for each in client.artifacts.list(page_size=2)] == ids[::-1]


def test_a_file_is_compacted_and_its_requests_stay_the_same(fake: FakeLarder) -> None:
    lines = requests(100)
    Path("questions.jsonl").write_bytes(b"".join(lines))

    done = larder("compact", "questions.jsonl", "--yes")

    assert (done.exit_code, done.stdout) == (0, "questions.compact.jsonl\n")
    [made] = fake.artifacts.all
    assert fake.artifacts.contents[made].decode() == PROMPT
    compacted = Path("questions.compact.jsonl").read_bytes()
    assert len(compacted) < len(b"".join(lines)) / 10
    reference = json.dumps({"$artifact": made}, separators=(",", ":"))
    written_out = compacted.decode().replace(reference, json.dumps(PROMPT))
    assert written_out.encode() == b"".join(lines)
    assert "1 artifact would save" in done.stderr
    assert larder("validate", "questions.compact.jsonl", "--strict").exit_code == 0


def test_it_asks_first(fake: FakeLarder) -> None:
    Path("questions.jsonl").write_bytes(b"".join(requests(10)))

    done = larder("compact", "questions.jsonl")

    assert "saves" in done.stderr
    assert fake.artifacts.all == {}
    assert not Path("questions.compact.jsonl").exists()


def test_nothing_is_made_of_requests_that_share_nothing(fake: FakeLarder) -> None:
    Path("questions.jsonl").write_bytes(requests(1)[0] + b"no json\n\n")

    done = larder("compact", "questions.jsonl", "--yes")

    assert (done.exit_code, done.stdout) == (0, "")
    assert "no text that is worth" in done.stderr
    assert fake.requests == []


def test_what_was_made_in_vain_is_deleted(fake: FakeLarder) -> None:
    Path("questions.jsonl").write_bytes(b"".join(requests(10, user=OTHER)))
    fake.fault("POST /v2/artifacts", respond_with(api_error(400, "full")), times=0)
    created = fake.artifacts.respond

    def refuse_the_second(request: Any, rest: list[str], data: bytes) -> Any:
        if request.method == "POST" and fake.artifacts.all:
            return api_error(400, "full")
        return created(request, rest, data)

    fake.artifacts.respond = refuse_the_second  # type: ignore[method-assign]

    done = larder("compact", "questions.jsonl", "--yes")

    assert done.exit_code == 1
    assert fake.artifacts.all == {}
    assert not Path("questions.compact.jsonl").exists()


def test_put_says_when_a_file_is_worth_it() -> None:
    Path("questions.jsonl").write_bytes(b"".join(requests(400)))
    Path("few.jsonl").write_bytes(b"".join(requests(10)))

    assert "'larder compact' sends" in larder("put", "questions.jsonl").stderr
    assert "larder compact" not in larder("put", "few.jsonl").stderr


def test_texts_that_save_little_stay() -> None:
    rare = requests(2, user=OTHER) + requests(500)

    [found] = find_common_texts(rare)

    assert found.text == PROMPT


def test_names_ids_and_what_is_no_request_stay() -> None:
    name = json.dumps(OTHER).encode()
    ids = {name: "art_" + "0" * 24}
    lines = [
        b'{"custom_id": %s, "body": {"a": 1}}' % name,
        b'{"body": {%s : 1}}' % name,
        b'{"body": %s}' % name,
        b"no json " + name,
    ]

    assert [with_references(line, ids) for line in lines] == lines
    assert with_references(b'{"body": {"a": [%s]}}' % name, ids) == (
        b'{"body": {"a": [{"$artifact":"art_000000000000000000000000"}]}}'
    )

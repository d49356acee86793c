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


def test_an_artifact_is_called_what_its_file_is(fake: FakeLarder) -> None:
    Path("texts").mkdir()
    Path("texts/rules.md").write_text(PROMPT)

    made = larder("artifact", "create", "texts/rules.md").id

    assert fake.artifacts.all[made]["metadata"] == {"name": "rules.md"}


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


def test_a_file_of_the_project_is_copied(fake: FakeLarder) -> None:
    file_id = fake.add_file(b"the rules")

    made = larder("artifact", "create", "--file-id", file_id, "--type", "document").id

    assert fake.artifacts.contents[made] == b"the rules"
    assert file_id in fake.files


def test_a_refused_copy_of_a_large_file_leaves_no_upload(fake: FakeLarder) -> None:
    Path("large.txt").write_bytes(b"x" * (MIB + 1))
    fake.fault("POST /v2/artifacts", respond_with(api_error(400, "artifact_type must be one of …")))

    done = larder("artifact", "create", "large.txt", "--type", "polcy")

    assert (done.exit_code, done.stdout) == (1, "")
    assert "--type must be one of" in done.stderr
    assert fake.files == {}


@pytest.mark.parametrize("kind", ["artifact", "bundle"])
def test_what_does_not_exist_is_named_and_the_others_are_deleted(
    fake: FakeLarder, kind: str
) -> None:
    Path("a.txt").write_text("x")
    there = larder("artifact", "create", "a.txt").id
    if kind == "bundle":
        there = larder("bundle", "create", there).id

    done = larder(kind, "rm", "no_such_id", there)
    again = larder(kind, "rm", there, "--json")

    assert (done.exit_code, done.stdout) == (1, f"{there}\n")
    assert "no_such_id" in done.stderr
    assert (again.exit_code, again.json["id"]) == (1, there)
    assert again.json["error"]["message"]
    assert (fake.artifacts.all if kind == "artifact" else fake.artifacts.bundles) == {}


@pytest.mark.parametrize(
    "command",
    [
        ("artifact", "get", "art_0"),
        ("artifact", "show", "art_0"),
        ("bundle", "show", "bnd_0"),
        ("artifact", "create", "nowhere.txt"),
        ("artifact", "create", "--file-id", "file-0"),
        ("bundle", "create", "art_0"),
    ],
)
def test_a_failure_is_one_line_and_prints_nothing(
    fake: FakeLarder, command: tuple[str, ...]
) -> None:
    fake.fault("POST /v2/.*", respond_with(api_error(404, "There is no file 'file-0'.")))

    done = larder(*command)

    assert (done.exit_code, done.stdout) == (1, "")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("kind", ["artifact", "bundle"])
def test_a_list_that_goes_on_says_how(kind: str) -> None:
    Path("a.txt").write_text("x")
    ids = [larder("artifact", "create", "a.txt").id for _ in range(3)]
    if kind == "bundle":
        ids = [larder("bundle", "create", ids[0]).id for _ in range(3)]

    first = larder(kind, "list", "--limit", "2")
    rest = larder(kind, "list", "--after", ids[1])

    assert f"larder {kind} list --after {ids[1]}" in first.stderr
    assert ids[0] in rest.stdout
    assert ids[1] not in rest.stdout
    assert rest.stderr == ""
    whole = larder(kind, "list", "--json").json
    assert [each["id"] for each in whole["data"]] == ids[::-1]


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

        bundles = [client.artifacts.create_bundle([(each, "system")]).id for each in ids]
        found = client.artifacts.list_bundles(page_size=2)
        assert [each.id for each in found] == bundles[::-1]


def test_a_file_is_compacted_and_its_requests_stay_the_same(fake: FakeLarder) -> None:
    lines = requests(100)
    Path("questions.jsonl").write_bytes(b"".join(lines))

    done = larder("compact", "questions.jsonl", "--yes")

    assert (done.exit_code, done.stdout) == (0, "questions.compact.jsonl\n")
    [made] = fake.artifacts.all
    assert fake.artifacts.contents[made].decode() == PROMPT
    assert " ".join(PROMPT.split()).startswith(fake.artifacts.all[made]["metadata"]["name"])
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

"""References in batch files: what is one, where it may stand, and what the report says of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from larder_jsonl import BatchValidator, ValidationReport
from larder_jsonl.references import MAX_REFERENCES
from tests.support.batch_reference import check_against_reference

ART = "art_" + "0" * 24
BND = "bnd_" + "0" * 24
USER = {"role": "user", "content": "hi"}


def line(number: int = 0, url: str = "/v1/chat/completions", **body: Any) -> bytes:
    request = {
        "custom_id": str(number),
        "method": "POST",
        "url": url,
        "body": {"model": "m"} | body,
    }
    return json.dumps(request).encode()


def validated(*lines: bytes) -> ValidationReport:
    data = b"\n".join(lines)
    validator = BatchValidator()
    validator.feed(data)
    report = validator.finish()
    check_against_reference(report, data)
    return report


def chat(*messages: Any, number: int = 0, **body: Any) -> bytes:
    return line(number, messages=list(messages), **body)


FINE: dict[str, tuple[bytes, tuple[str, ...]]] = {
    "content": (chat({"role": "system", "content": {"$artifact": ART}}, USER), (ART,)),
    "a part": (
        chat({"role": "user", "content": [{"type": "text", "text": {"$artifact": ART}}]}),
        (ART,),
    ),
    "anywhere": (chat(USER, tools=[{"function": {"description": {"$artifact": ART}}}]), (ART,)),
    "a bundle": (chat({"$bundle": BND}, USER), (BND,)),
    "a bundle alone": (chat({"$bundle": BND}), (BND,)),
    "an input": (line(url="/v1/embeddings", input={"$artifact": ART}), (ART,)),
    "instructions": (
        line(url="/v1/responses", input="x", instructions={"$artifact": ART}),
        (ART,),
    ),
    "a name of a schema": (chat(USER, schema={"$artifact": {"type": "string"}}), ()),
    "a text": (chat({"role": "user", "content": '{"$artifact": "art_1"}'}), ()),
    "the name as a text": (chat({"role": "user", "content": "$artifact"}), ()),
}


@pytest.mark.parametrize("name", FINE)
def test_a_reference_is_taken_where_a_string_may_be(name: str) -> None:
    given, references = FINE[name]

    report = validated(given)

    assert (report.valid, report.warning_count) == (True, 0)
    assert report.references == references


WRONG: dict[str, tuple[bytes, str]] = {
    "another id": (
        chat({"role": "user", "content": {"$artifact": "file-1"}}),
        "body.messages[0].content",
    ),
    "a member beside": (chat(USER, x={"$artifact": ART, "y": 1}), "body.x"),
    "a bundle later": (chat(USER, {"$bundle": BND}), "body.messages[1]"),
    "a bundle with a role": (chat({"$bundle": BND, "role": "user"}), "body.messages[0]"),
    "a bundle elsewhere": (line(url="/v1/responses", input=[{"$bundle": BND}]), "body.input[0]"),
    "a bundle of another id": (chat({"$bundle": ART}), "body.messages[0]"),
}


@pytest.mark.parametrize("name", WRONG)
def test_one_that_is_not_right_is_an_error(name: str) -> None:
    given, param = WRONG[name]

    report = validated(given)

    assert [(each.code, each.param) for each in report.errors] == [("invalid_reference", param)]
    assert report.references == ()


def test_the_model_is_no_reference() -> None:
    report = validated(line(messages=[USER], model={"$artifact": ART}))

    assert "model_missing" in report.counts


def test_lines_alike_are_read_by_template_with_their_references() -> None:
    system = {"role": "system", "content": {"$artifact": ART}}
    other = {"role": "system", "content": {"$artifact": ART.replace("0", "1")}}
    lines = [
        chat(other if number == 50 else system, USER | {"content": f"q{number}"}, number=number)
        for number in range(100)
    ]

    report = validated(*lines)

    assert report.valid
    assert report.references == (ART, ART.replace("0", "1"))


def test_a_file_refers_to_up_to_500() -> None:
    def refer(number: int) -> bytes:
        return chat(USER, x={"$artifact": f"art_{number:024x}"}, number=number)

    assert validated(*map(refer, range(MAX_REFERENCES))).valid

    report = validated(*map(refer, range(MAX_REFERENCES + 2)))

    assert report.counts == {"too_many_references": 2}
    assert len(report.references) == MAX_REFERENCES


ESCAPED = {
    "an id": (ART, ART.replace("art", "\\u0061rt")),
    "a member given twice": ('"$artifact"', f'"$artifact": "{ART}", "$artifact"'),
}


@pytest.mark.parametrize("name", ESCAPED)
def test_one_is_written_without_escapes_and_once(name: str) -> None:
    plain, escaped = (text.encode() for text in ESCAPED[name])

    report = validated(chat(USER, x={"$artifact": ART}).replace(plain, escaped, 1))

    assert [(each.code, each.param) for each in report.errors] == [("invalid_reference", "body")]


def test_a_name_with_escapes_alone_is_no_reference() -> None:
    report = validated(chat(USER, x={"$artifact": ART}).replace(b"$", b"\\u0024"))

    assert (report.valid, report.references) == (True, ())

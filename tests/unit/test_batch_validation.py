"""The rules of one request line: every row of the contract, and lines that are valid."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.batch_requests import (
    ABSENT,
    BODIES,
    alike,
    as_line,
    found,
    lengthened,
    request,
    validated,
    varied,
    warned,
    with_body,
    with_message,
)

DEEP_128 = json.loads("[" * 126 + "]" * 126)  # within request and body: 128
DEEP_129 = [DEEP_128]
DEEP = b"[" * 129 + b"]" * 129
MANY_MESSAGES = [{"role": "user", "content": "x" * 40}] * 40


# The lines before it decide how a line is read. They must not change what is found.
BEFORE: dict[str, Callable[[str], list[bytes]]] = {
    "first": lambda _: [],
    "later": lambda url: alike(url, 1),
    "after lines alike": alike,
    "after lines that vary": varied,
}


@pytest.mark.parametrize("url", BODIES)
def test_a_minimal_request_to_each_endpoint_is_valid(url: str) -> None:
    report = validated(as_line(request(url)))

    assert report.valid
    assert report.errors == ()
    assert (report.endpoint, report.model) == (url, "gpt-4o-mini")


VALID: dict[str, dict[str, Any]] = {
    "custom_id of 512 characters": request(custom_id="é" * 512),
    "further members": request(priority="low", metadata={"a": [1, {"b": None}]}),
    "body in front": dict(reversed(request().items())),
    "nesting of 128": with_body(metadata=DEEP_128),
    "many brackets, not deep": with_body(tools=[{"a": [{}]}] * 200),
    "brackets inside strings": with_body(user='"[{\\' * 300),
    "a long temperature": with_body(temperature=[0] * 100),
    "an integer beyond 64 bits": with_body(seed=2**64),
    "an integer of 5,000 digits": with_body(seed="DIGITS"),
    "stream false": with_body(stream=False),
    "stream null": with_body(stream=None),
    "unknown parameters": with_body(top_k=40, reasoning={"effort": "low"}),
    "content in parts": with_message(role="user", content=[{"type": "text", "text": "x"}]),
    "40 messages": with_body(messages=MANY_MESSAGES),
    "empty content": with_message(role="user", content=""),
    "tool calls without content": with_message(role="assistant", tool_calls=[{"id": "c"}]),
    "assistant with null content": with_message(role="assistant", content=None),
    "function with null content": with_message(role="function", name="f", content=None),
    "tool": with_message(role="tool", tool_call_id="c", content="42"),
    "developer": with_message(role="developer", content="Be brief."),
    "non-ASCII text": with_message(role="user", content="naïve 北京 \U0001f600"),
    "prompt of texts": with_body("/v1/completions", prompt=["a", "b"]),
    "prompt of tokens": with_body("/v1/completions", prompt=[1, 2, 3]),
    "input of texts": with_body("/v1/embeddings", input=["a", "b"]),
    "input of token lists": with_body("/v1/embeddings", input=[[1, 2], [3]]),
    "input of messages": with_body("/v1/responses", input=[{"role": "user", "content": "x"}]),
    "input of items": with_body(
        "/v1/responses", input=[{"role": "user", "content": [{"type": "input_text", "text": "x"}]}]
    ),
    "input of parts": with_body("/v1/moderations", input=[{"type": "text", "text": "x"}]),
    "prompt template": with_body("/v1/responses", input=ABSENT, prompt={"id": "pmpt_1"}),
    "previous response": with_body("/v1/responses", input=None, previous_response_id="resp_1"),
    "conversation": with_body("/v1/responses", input=ABSENT, conversation="conv_1"),
    "an empty input beside a previous response": with_body(
        "/v1/responses", input=[], previous_response_id="resp_1"
    ),
    "an empty input beside a prompt template": with_body(
        "/v1/responses", input="", prompt={"id": "pmpt_1"}
    ),
    "3,000 items to respond to": with_body("/v1/responses", input=["x"] * 3000),
    "2,048 inputs": with_body("/v1/embeddings", input=["x"] * 2048),
    "one image to edit": with_body("/v1/images/edits", images=ABSENT, image="data:,"),
    "moderation without a model": with_body("/v1/moderations", model=ABSENT),
    "image without a model": with_body("/v1/images/generations", model=None),
    "edit without a model": with_body("/v1/images/edits", model=ABSENT),
    "video without a model": with_body("/v1/videos", model=ABSENT),
    "audio": with_message(
        role="user", content=[{"type": "input_audio", "input_audio": {"data": "UklGRg=="}}]
    ),
}


@pytest.mark.parametrize("name", VALID)
@pytest.mark.parametrize("size", ["short", "long"])
@pytest.mark.parametrize("position", BEFORE)
def test_a_valid_request_is_valid(name: str, position: str, size: str) -> None:
    valid = lengthened(VALID[name]) if size == "long" else VALID[name]
    line = as_line(valid).replace(b'"DIGITS"', b"7" * 5000)

    assert warned(b"\n".join([*BEFORE[position](valid["url"]), line])) == []


NEEDS_MODEL = ("/v1/chat/completions", "/v1/completions", "/v1/embeddings", "/v1/responses")
INVALID: dict[str, tuple[dict[str, Any], str, str]] = {
    "custom_id absent": (request(custom_id=ABSENT), "missing_required_parameter", "custom_id"),
    "method absent": (request(method=ABSENT), "missing_required_parameter", "method"),
    "url absent": (request(url=ABSENT), "missing_required_parameter", "url"),
    "body absent": (request(body=ABSENT), "missing_required_parameter", "body"),
    "custom_id a number": (request(custom_id=1), "invalid_type", "custom_id"),
    "custom_id null": (request(custom_id=None), "invalid_type", "custom_id"),
    "method a list": (request(method=["POST"]), "invalid_type", "method"),
    "url a number": (request() | {"url": 7}, "invalid_type", "url"),
    "body a string": (request(body="{}"), "invalid_type", "body"),
    "body a list": (request(body=[]), "invalid_type", "body"),
    "custom_id empty": (request(custom_id=""), "invalid_custom_id", "custom_id"),
    "custom_id of 513": (request(custom_id="x" * 513), "invalid_custom_id", "custom_id"),
    "method GET": (request(method="GET"), "invalid_method", "method"),
    "method post": (request(method="post"), "invalid_method", "method"),
    "url unknown": (request(url="/v1/images"), "invalid_url", "url"),
    "url with host": (request(url="https://x/v1/embeddings"), "invalid_url", "url"),
    "model absent": (with_body(model=ABSENT), "model_missing", "body.model"),
    "model empty": (with_body(model=""), "model_missing", "body.model"),
    "model null": (with_body(model=None), "model_missing", "body.model"),
    "url of another version": (request(url="/v4/embeddings"), "invalid_url", "url"),
    **{
        f"model absent at {url}": (with_body(url, model=ABSENT), "model_missing", "body.model")
        for url in NEEDS_MODEL
    },
    **{
        f"model {value!r} at {url}": (with_body(url, model=value), "model_missing", "body.model")
        for url in sorted(set(BODIES) - set(NEEDS_MODEL))
        for value in ("", 1)
    },
}


@pytest.mark.parametrize("name", INVALID)
@pytest.mark.parametrize("size", ["short", "long"])
@pytest.mark.parametrize("position", BEFORE)
def test_an_invalid_member_is_named(name: str, position: str, size: str) -> None:
    invalid, code, param = INVALID[name]
    line = as_line(lengthened(invalid) if size == "long" else invalid)
    url = invalid["url"] if invalid.get("url") in BODIES else "/v1/embeddings"
    before = BEFORE[position](url)

    problems = found(b"\n".join([*before, line]))

    assert problems == [(code, len(before) + 1, param)]


WARNED: dict[str, tuple[dict[str, Any], str, str]] = {
    "messages absent": (
        with_body(messages=ABSENT),
        "missing_required_parameter",
        "body.messages",
    ),
    "messages empty": (with_body(messages=[]), "missing_required_parameter", "body.messages"),
    "messages a string": (with_body(messages="hi"), "invalid_type", "body.messages"),
    "messages null": (with_body(messages=None), "invalid_type", "body.messages"),
    "a message a string": (with_body(messages=["hi"]), "invalid_type", "body.messages[0]"),
    "role absent": (with_message(content="x"), "invalid_type", "body.messages[1].role"),
    "role unknown": (
        with_message(role="human", content="x"),
        "invalid_type",
        "body.messages[1].role",
    ),
    "role a number": (with_message(role=1, content="x"), "invalid_type", "body.messages[1].role"),
    "content a number": (
        with_message(role="user", content=1),
        "invalid_type",
        "body.messages[1].content",
    ),
    "content an object": (
        with_message(role="assistant", content={"text": "x"}),
        "invalid_type",
        "body.messages[1].content",
    ),
    "content absent": (with_message(role="user"), "invalid_type", "body.messages[1].content"),
    "content of one of 40 a number": (
        with_body(messages=[*MANY_MESSAGES[1:], {"role": "tool", "content": 1}]),
        "invalid_type",
        "body.messages[39].content",
    ),
    "content of a function absent": (
        with_message(role="function", name="f"),
        "invalid_type",
        "body.messages[1].content",
    ),
    "content null": (
        with_message(role="tool", content=None),
        "invalid_type",
        "body.messages[1].content",
    ),
    "prompt absent": (
        with_body("/v1/completions", prompt=ABSENT),
        "missing_required_parameter",
        "body.prompt",
    ),
    "prompt empty": (
        with_body("/v1/completions", prompt=""),
        "missing_required_parameter",
        "body.prompt",
    ),
    "prompt a number": (with_body("/v1/completions", prompt=1), "invalid_type", "body.prompt"),
    "input absent": (
        with_body("/v1/embeddings", input=ABSENT),
        "missing_required_parameter",
        "body.input",
    ),
    "input empty": (
        with_body("/v1/moderations", input=[]),
        "missing_required_parameter",
        "body.input",
    ),
    "input null": (with_body("/v1/embeddings", input=None), "invalid_type", "body.input"),
    "nothing to respond to": (
        with_body("/v1/responses", input=ABSENT),
        "missing_required_parameter",
        "body.input",
    ),
    "stream": (with_body(stream=True), "streaming_ignored", "body.stream"),
    "stream a string": (with_body(stream="yes"), "invalid_type", "body.stream"),
    "content an empty array": (
        with_message(role="user", content=[]),
        "invalid_type",
        "body.messages[1].content",
    ),
    "the last of 101 messages without a role": (
        with_body(messages=[*MANY_MESSAGES, *MANY_MESSAGES, *MANY_MESSAGES[:20], {}]),
        "invalid_type",
        "body.messages[100].role",
    ),
    "the last of 101 messages a string": (
        with_body(messages=[*MANY_MESSAGES, *MANY_MESSAGES, *MANY_MESSAGES[:20], "x"]),
        "invalid_type",
        "body.messages[100]",
    ),
    "2,049 inputs": (
        with_body("/v1/embeddings", input=["x"] * 2049),
        "invalid_type",
        "body.input",
    ),
    "2,049 tokens": (
        with_body("/v1/embeddings", input=[1] * 2049),
        "invalid_type",
        "body.input",
    ),
    "prompt of an image a list": (
        with_body("/v1/images/generations", prompt=["x"]),
        "invalid_type",
        "body.prompt",
    ),
    "nothing to edit": (
        with_body("/v1/images/edits", images=[]),
        "missing_required_parameter",
        "body.images",
    ),
    "prompt of a video absent": (
        with_body("/v1/videos", prompt=ABSENT),
        "missing_required_parameter",
        "body.prompt",
    ),
}


@pytest.mark.parametrize("name", WARNED)
@pytest.mark.parametrize("size", ["short", "long"])
@pytest.mark.parametrize("position", BEFORE)
def test_what_a_model_server_may_take_is_warned_of(name: str, position: str, size: str) -> None:
    doubtful, code, param = WARNED[name]
    line = as_line(lengthened(doubtful) if size == "long" else doubtful)
    before = BEFORE[position](doubtful["url"])

    problems = warned(b"\n".join([*before, line]))

    assert problems == [(code, len(before) + 1, param)]


REQUEST = as_line(request())
LONG_REQUEST = as_line(lengthened(request()))
REFUSED: dict[str, tuple[bytes, str]] = {
    "cut off": (REQUEST[:-1], "invalid_json_line"),
    "trailing data": (REQUEST + b"{}", "invalid_json_line"),
    "trailing comma": (REQUEST + b",", "invalid_json_line"),
    "trailing NUL": (REQUEST + b"\0", "invalid_json_line"),
    "form feed": (REQUEST + b"\x0c", "invalid_json_line"),
    "no JSON": (b"hello", "invalid_json_line"),
    "single quotes": (REQUEST.replace(b'"', b"'"), "invalid_json_line"),
    "a comment": (b"# " + REQUEST, "invalid_json_line"),
    "a tab in a string": (REQUEST.replace(b"Hello", b"Hel\tlo"), "invalid_json_line"),
    "NaN": (REQUEST.replace(b'"model"', b'"seed": NaN, "model"'), "invalid_json_line"),
    "Infinity": (REQUEST.replace(b'"model"', b'"n": Infinity, "model"'), "invalid_json_line"),
    "-Infinity": (REQUEST.replace(b'"model"', b'"n": -Infinity, "model"'), "invalid_json_line"),
    "01": (REQUEST.replace(b'"model"', b'"n": 01, "model"'), "invalid_json_line"),
    "lone high surrogate": (REQUEST.replace(b"Hello", rb"\ud83d!"), "invalid_json_line"),
    "lone low surrogate": (REQUEST.replace(b"Hello", rb"\ude00"), "invalid_json_line"),
    "lone surrogate in a skipped string": (
        REQUEST.replace(b'"model"', rb'"x": "\ud83d\ud83d", "model"'),
        "invalid_json_line",
    ),
    "lone surrogate in a skipped name": (
        REQUEST.replace(b'"model"', rb'"\udc00": 1, "model"'),
        "invalid_json_line",
    ),
    "nesting of 129": (as_line(with_body(metadata=DEEP_129)), "invalid_json_line"),
    "nesting of 129, outside the body": (as_line(request(x=[DEEP_129])), "invalid_json_line"),
    "nesting of 129 in a number's place": (
        as_line(with_body(temperature=DEEP_129)),
        "invalid_json_line",
    ),
    "nesting of 129 in a number's place, long": (
        as_line(lengthened(with_body(temperature=DEEP_129))),
        "invalid_json_line",
    ),
    "nesting of 129 in a number given again": (
        REQUEST.replace(b'"model"', b'"temperature": %s, "temperature": 1, "model"' % DEEP),
        "invalid_json_line",
    ),
    "nesting of 129 in a content given again": (
        REQUEST.replace(b'"content"', b'"content": %s, "content"' % DEEP),
        "invalid_json_line",
    ),
    "nesting of 129 in a content given again, long": (
        REQUEST.replace(b"Hello", b"x" * 1100).replace(
            b'"content"', b'"content": %s, "content"' % DEEP
        ),
        "invalid_json_line",
    ),
    "nesting of 100,000 arrays": (b"[" * 100_000 + b"]" * 100_000, "invalid_json_line"),
    "nesting of 100,000 objects": (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "invalid_json_line"),
    "100,000 open arrays": (b"[" * 100_000, "invalid_json_line"),
    "not UTF-8": (REQUEST.replace(b"Hello", b"Hell\xf6"), "invalid_encoding"),
    "not UTF-8 in a skipped string": (
        REQUEST.replace(b'"model"', b'"x": ["\xff"], "model"'),
        "invalid_encoding",
    ),
    "not UTF-8 in a number's place": (
        REQUEST.replace(b'"model"', b'"temperature": "\xff", "model"'),
        "invalid_encoding",
    ),
    "an encoded surrogate": (REQUEST.replace(b"Hello", b"\xed\xa0\x80"), "invalid_encoding"),
    "an overlong encoding": (REQUEST.replace(b"Hello", b"\xc0\xaf"), "invalid_encoding"),
    "a cut character": (REQUEST.replace(b"Hello", b"\xe5\x8c"), "invalid_encoding"),
    "not UTF-8, long": (LONG_REQUEST.replace(b"Hello", b"Hell\xf6"), "invalid_encoding"),
    "a tab in a string, long": (LONG_REQUEST.replace(b"Hello", b"\t"), "invalid_json_line"),
    "neither UTF-8 nor JSON": (b"\xff{", "invalid_encoding"),
    "an array": (b"[" + REQUEST + b"]", "invalid_request"),
    "a string": (b'"hello"', "invalid_request"),
    "null": (b"null", "invalid_request"),
    "a number": (b" 12", "invalid_request"),
    "method twice": (REQUEST.replace(b"{", b'{"method": "POST", ', 1), "invalid_request"),
    "url twice, compact": (
        REQUEST.replace(b": ", b":").replace(b", ", b",")[:-1] + b',"url":""}',
        "invalid_request",
    ),
    "url twice, first a number": (
        REQUEST.replace(b": ", b":").replace(b", ", b",").replace(b"{", b'{"url":0,', 1),
        "invalid_request",
    ),
    "body twice": (REQUEST[:-1] + b',"body":{}}', "invalid_request"),
    "a name twice, once escaped": (REQUEST[:-1] + rb',"\u0062ody":{}}', "invalid_request"),
    "an unknown name twice": (REQUEST[:-1] + b',"x":1,"y":2,"x":1}', "invalid_request"),
    "33 members": (
        as_line(request() | {f"m{n}": 0 for n in range(29)}),
        "invalid_request",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.parametrize("position", BEFORE)
def test_a_line_that_cannot_be_a_request_has_that_problem_alone(name: str, position: str) -> None:
    line, code = REFUSED[name]
    before = BEFORE[position]("/v1/chat/completions")

    assert found(b"\n".join([*before, line])) == [(code, len(before) + 1, None)]


def test_32_members_are_a_request() -> None:
    assert found(as_line(request() | {f"m{n}": 0 for n in range(28)})) == []


def test_independent_mistakes_in_one_line_are_all_reported() -> None:
    line = {
        "custom_id": "",
        "method": "PUT",
        "url": "/v1/chat/completions",
        "body": {
            "stream": True,
            "messages": [{"role": "human", "content": 1}, "x", {"role": "user", "content": "x"}],
        },
    }

    report = validated(as_line(line))

    assert [(each.code, each.param) for each in report.errors] == [
        ("invalid_custom_id", "custom_id"),
        ("invalid_method", "method"),
        ("model_missing", "body.model"),
    ]
    assert [(each.code, each.param) for each in report.warnings] == [
        ("streaming_ignored", "body.stream"),
        ("invalid_type", "body.messages[0].role"),
        ("invalid_type", "body.messages[0].content"),
        ("invalid_type", "body.messages[1]"),
    ]


def test_messages_beside_a_bad_one_are_judged_by_their_own_roles() -> None:
    messages = [
        {"role": "assistant"},
        {"role": "assistant", "content": None},
        {"role": "function", "name": "f", "content": None},
        {"role": "robot"},
        {"role": "user", "content": None},
    ]

    assert warned(as_line(with_body(messages=messages))) == [
        ("invalid_type", 1, "body.messages[3].role"),
        ("invalid_type", 1, "body.messages[4].content"),
    ]


def test_an_empty_object_lacks_all_four_members() -> None:
    assert found(b"{}") == [
        ("missing_required_parameter", 1, name) for name in ("custom_id", "method", "url", "body")
    ]


def test_only_the_first_bad_one_of_more_than_100_messages_is_reported() -> None:
    messages: list[Any] = [{"role": "user", "content": "x"}] * 101
    messages[8] = messages[9] = {"role": "human", "content": "x"}

    assert warned(as_line(with_body(messages=messages))) == [
        ("invalid_type", 1, "body.messages[8].role")
    ]
    assert len(warned(as_line(with_body(messages=messages[1:])))) == 2


@pytest.mark.parametrize("count", [1, 10, 11, 100, 101, 300])
def test_a_member_of_a_message_given_twice_counts_alike_at_any_number_of_messages(
    count: int,
) -> None:
    line = as_line(with_body(messages=[{"role": "user", "content": "x"}] * count))
    good_last = line.replace(b'"role": "user"', b'"role": 1, "role": "tool"')
    bad_last = line.replace(b'"role": "user"', b'"role": "tool", "role": "robot"', 1)

    assert warned(good_last) == []
    assert warned(bad_last) == [("invalid_type", 1, "body.messages[0].role")]


def test_the_last_value_of_a_body_member_given_twice_counts() -> None:
    good_last = REQUEST.replace(b'"model"', b'"stream": true, "stream": false, "model"')
    bad_last = REQUEST.replace(b'"model"', b'"stream": false, "stream": true, "model"')

    assert warned(good_last) == []
    assert warned(bad_last) == [("streaming_ignored", 1, "body.stream")]

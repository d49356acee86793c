"""What is sent for a line, what an answer means, and what is written of it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from larder.domain.batch_answers import (
    MAX_TOKENS,
    Answer,
    NoAnswer,
    Verdict,
    body_to_send,
    error_line,
    judge,
    output_line,
    parse_request,
    usage_of,
)
from larder.domain.batches import TokenUsage


def request(**body: Any) -> Any:
    line = {"custom_id": "a", "method": "POST", "url": "/v1/chat/completions", "body": body}
    return parse_request(json.dumps(line).encode())


def test_a_body_is_sent_as_it_came() -> None:
    line = b'{"custom_id":"a","url":"/v1/x","body": {"model" : "m",\t"n":1.50, "n":2} }'

    assert body_to_send(parse_request(line), None) == b'{"model" : "m",\t"n":1.50, "n":2}'


@pytest.mark.parametrize("stream", [True, False])
def test_nothing_is_asked_for_as_a_stream(*, stream: bool) -> None:
    sent = body_to_send(request(model="m", stream=stream, stream_options={}, n=1), None)

    assert json.loads(sent) == {"model": "m", "n": 1}


def test_a_model_is_called_what_its_upstream_calls_it() -> None:
    assert json.loads(body_to_send(request(model="m", n=1), "org/m")) == {"model": "org/m", "n": 1}


@pytest.mark.parametrize("body", [{}, {"model": None}])
def test_a_line_may_leave_the_model_to_the_endpoint(body: dict[str, Any]) -> None:
    assert request(**body).model == ""


DEEP = b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}"


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (Answer(200, b"{}"), Verdict.GOOD),
        (Answer(201, b'{"a":1}'), Verdict.GOOD),
        (Answer(200, b"[]"), Verdict.AGAIN),
        (Answer(200, b"<html>"), Verdict.AGAIN),
        (Answer(200, b'{"a":'), Verdict.AGAIN),
        (Answer(200, b""), Verdict.AGAIN),
        (Answer(200, b'{"a":"\xff"}'), Verdict.AGAIN),
        (Answer(200, DEEP), Verdict.AGAIN),
        (Answer(429, DEEP), Verdict.THROTTLED),
        (Answer(200, b'{"a":1e999}'), Verdict.GOOD),
        (Answer(302, b""), Verdict.BAD),
        (Answer(400, b"{}"), Verdict.BAD),
        (Answer(404, b"{}"), Verdict.BAD),
        (Answer(422, b"{}"), Verdict.BAD),
        (Answer(401, b"{}"), Verdict.STOP),
        (Answer(403, b""), Verdict.STOP),
        (Answer(429, b'{"error":{"code":"insufficient_quota"}}'), Verdict.STOP),
        (Answer(429, b'{"error":{"code":["x"]}}'), Verdict.THROTTLED),
        (Answer(429, b""), Verdict.THROTTLED),
        (Answer(503, b"", retry_after=3.0), Verdict.THROTTLED),
        (Answer(503, b""), Verdict.AGAIN),
        (Answer(408, b""), Verdict.AGAIN),
        (Answer(409, b""), Verdict.AGAIN),
        (Answer(500, b"{}"), Verdict.AGAIN),
        (NoAnswer.CONNECTION, Verdict.AGAIN),
        (NoAnswer.TIMEOUT, Verdict.AGAIN),
        (NoAnswer.TOO_LARGE, Verdict.BAD),
    ],
    ids=lambda value: repr(value)[:60],
)
def test_what_an_answer_means(answer: Answer | NoAnswer, verdict: Verdict) -> None:
    assert judge(answer) is verdict


def test_a_line_of_the_output_has_openais_shape() -> None:
    answer = Answer(200, b'{\n "id": "x",\r\n "text": "a\\nb \xc3\xa9"\n}', request_id="req_1")

    line = output_line("batch_req_1", "mine", answer)

    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert b"\r" not in line
    assert json.loads(line) == {
        "id": "batch_req_1",
        "custom_id": "mine",
        "response": {
            "status_code": 200,
            "request_id": "req_1",
            "body": {"id": "x", "text": "a\nb é"},
        },
        "error": None,
    }


@pytest.mark.parametrize("body", [b"<html>\xff</html>", b"", b"[1]", b'"text"'])
def test_the_body_of_a_line_is_an_object_whatever_came(body: bytes) -> None:
    line = json.loads(output_line("batch_req_1", "a", Answer(400, body)))

    assert line["response"]["body"] == {"error": {"message": body.decode("utf-8", "replace")}}


def test_a_line_without_an_answer_says_why() -> None:
    line = json.loads(error_line("batch_req_1", 'a"b', "batch_expired", "Too late."))

    assert line["response"] is None
    assert line["error"] == {"code": "batch_expired", "message": "Too late."}
    assert line["custom_id"] == 'a"b'


@pytest.mark.parametrize(
    ("usage", "tokens"),
    [
        (
            {
                "prompt_tokens": 5,
                "completion_tokens": 7,
                "prompt_tokens_details": {"cached_tokens": 2},
                "completion_tokens_details": {"reasoning_tokens": 3},
            },
            TokenUsage(5, 2, 7, 3),
        ),
        (
            {
                "input_tokens": 5,
                "output_tokens": 7,
                "input_tokens_details": {"cached_tokens": 2},
                "output_tokens_details": {"reasoning_tokens": 3},
            },
            TokenUsage(5, 2, 7, 3),
        ),
        ({"prompt_tokens": 5, "total_tokens": 5}, TokenUsage(input=5)),
        ({"prompt_tokens": -5, "completion_tokens": "7", "input_tokens_details": []}, TokenUsage()),
        ({"prompt_tokens": True}, TokenUsage()),
        ({"prompt_tokens": MAX_TOKENS, "completion_tokens": 10**40}, TokenUsage(MAX_TOKENS)),
        ({"prompt_tokens": float("inf")}, TokenUsage()),
        (None, TokenUsage()),
        ([], TokenUsage()),
    ],
)
def test_tokens_are_read_in_both_notations(usage: object, tokens: TokenUsage) -> None:
    assert usage_of(Answer(200, json.dumps({"usage": usage}).encode())) == tokens


NAMES = st.sampled_from(
    ["usage", "error", "code", "prompt_tokens", "output_tokens", "input_tokens_details"]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda each: st.lists(each, max_size=3) | st.dictionaries(NAMES | st.text(), each, max_size=4),
    max_leaves=12,
)


@st.composite
def bodies(draw: st.DrawFn) -> bytes:
    """Anything a server may send: bytes, JSON, and JSON with some bytes among its own."""
    if draw(st.booleans()):
        return draw(st.binary(max_size=40))
    body = json.dumps(draw(JSON), ensure_ascii=draw(st.booleans())).encode("utf-8", "surrogatepass")
    at = draw(st.integers(0, len(body)))
    return (
        body[:at]
        + draw(st.sampled_from([b"", b"\xff", b"\n", b"\0", b"\\", b"9" * 40]))
        + body[at:]
    )


@given(st.sampled_from([200, 204, 302, 400, 401, 429, 500, 503]), bodies())
def test_no_answer_stops_a_worker_or_breaks_a_line(status: int, body: bytes) -> None:
    answer = Answer(status, body)

    judge(answer)
    line = output_line("batch_req_1", "a", answer)
    tokens = usage_of(answer)

    assert line.count(b"\n") == 1
    assert isinstance(json.loads(line)["response"]["body"], dict)
    assert all(
        0 <= each <= MAX_TOKENS
        for each in (tokens.input, tokens.cached, tokens.output, tokens.reasoning)
    )

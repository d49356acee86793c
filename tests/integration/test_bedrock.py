"""Models at Bedrock, by botocore over HTTP: whole answers, and streams."""

from __future__ import annotations

import json
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from botocore.validate import ParamValidator

from larder.adapters import aws
from larder.adapters.models.bedrock_chat import BedrockChat
from larder.domain.errors import ModelFailedError
from larder.domain.quota import Amount
from larder.runtime.composition import Composition
from larder.services.chat.converse import Asked, Converse
from larder.services.chat.ports import ModelMessage, ModelRequest, ModelTurn, ToolCall
from larder.services.chat.tools import TOOLS, for_models
from tests.backends.memory import MemoryBackend
from tests.fakes.bedrock import Bedrock, encoded, events_of, said, serving_bedrock, uses
from tests.integration.iam import POLICIES
from tests.moto_stack import CREDENTIALS
from tests.policies import asked_for
from tests.samples import TENANT, a_project
from tests.support.chat import a_session
from tests.support.handlers import load
from tests.support.streaming import StreamingContext, outcome_of
from tests.unit.use_cases import store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mypy_boto3_bedrock_runtime import BedrockRuntimeClient

    from larder.domain.ids import TenantId
    from tests.integration.conftest import Functions

MODEL = "eu.amazon.nova-lite-v1:0"


@pytest.fixture
def bedrock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bedrock]:
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    found = Bedrock()
    with serving_bedrock(found) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", url)
        yield found


def a_client(seconds: float) -> BedrockRuntimeClient:
    """A client that refuses what does not fit botocore's description of the operations."""

    def check(params: Any, model: Any, **_: Any) -> None:
        problems = ParamValidator().validate(params, model.input_shape)
        assert not problems.has_errors(), problems.generate_report()

    client = aws.bedrock_client(aws.new_session(), seconds)
    for operation in ("Converse", "ConverseStream"):
        client.meta.events.register(f"before-parameter-build.bedrock-runtime.{operation}", check)
    return client


def nobody(request: ModelRequest, _hear: object = None) -> ModelTurn:
    assert request.messages
    return ModelTurn("from an upstream", (), 0, 0)


type Ask = Callable[..., ModelTurn]


def ask_bedrock(
    *messages: ModelMessage,
    hear: Callable[[str], None] | None = None,
    model: str = MODEL,
    **changes: Any,
) -> ModelTurn:
    wanted: dict[str, Any] = {
        "with_tools": True,
        "must_call": False,
        "temperature": 0.0,
        "max_tokens": 100,
        "seconds": 5,
    }
    chat = BedrockChat("amazon.nova-*", a_client, for_models(), nobody)
    return chat(ModelRequest(model, messages, **wanted | changes), hear)


@pytest.fixture(params=["whole", "streamed"])
def ask(request: pytest.FixtureRequest) -> Ask:
    """What asks a model; where it streams, what was heard is the text of the answer."""
    if request.param == "whole":
        return ask_bedrock

    def ask_and_hear(*messages: ModelMessage, **changes: Any) -> ModelTurn:
        heard: list[str] = []
        turn = ask_bedrock(*messages, hear=heard.append, **changes)
        assert "".join(heard) == turn.content.removeprefix("from an upstream")
        return turn

    return ask_and_hear


HELLO = ModelMessage("user", "Hello")


def test_a_conversation_with_tools_goes_both_ways(ask: Ask, bedrock: Bedrock) -> None:
    bedrock.answers = [
        said({"text": "I look."}, uses("search_files", query="a"), uses("get_usage"))
    ]

    turn = ask(
        ModelMessage("system", "Be brief."),
        HELLO,
        ModelMessage("assistant", "", calls=(ToolCall("c1", "get_usage", "{}"),)),
        ModelMessage("tool", '{"files_used":1}', call_id="c1"),
        ModelMessage("tool", '{"cut', call_id="c2"),
        ModelMessage("user", "Go on"),
        temperature=0.5,
    )

    [(path, body)] = bedrock.requests
    assert path.removesuffix("-stream") == f"/model/{MODEL}/converse"
    assert body["system"] == [{"text": "Be brief."}]
    assert body["inferenceConfig"] == {"maxTokens": 100, "temperature": 0.5}
    assert body["messages"] == [
        {"role": "user", "content": [{"text": "Hello"}]},
        {
            "role": "assistant",
            "content": [{"toolUse": {"toolUseId": "c1", "name": "get_usage", "input": {}}}],
        },
        {
            "role": "user",
            "content": [
                {"toolResult": {"toolUseId": "c1", "content": [{"text": '{"files_used":1}'}]}},
                {"toolResult": {"toolUseId": "c2", "content": [{"text": '{"cut'}]}},
                {"text": "Go on"},
            ],
        },
    ]
    specs = [tool["toolSpec"] for tool in body["toolConfig"]["tools"]]
    assert [spec["name"] for spec in specs] == list(TOOLS)
    assert all(spec["inputSchema"]["json"]["type"] == "object" for spec in specs)
    assert body["toolConfig"]["toolChoice"] == {"auto": {}}
    assert (turn.content, turn.input_tokens, turn.output_tokens) == ("I look.", 30, 7)
    assert turn.calls == (
        ToolCall("tooluse_search_files", "search_files", '{"query": "a"}'),
        ToolCall("tooluse_get_usage", "get_usage", "{}"),
    )


def test_an_answer_without_tokens_left_was_cut(ask: Ask, bedrock: Bedrock) -> None:
    bedrock.answers = [said({"text": "There is"}) | {"stopReason": "max_tokens"}]

    assert ask(HELLO).cut


def test_a_model_can_be_made_to_call_a_tool_or_have_none(ask: Ask, bedrock: Bedrock) -> None:
    ask(HELLO, must_call=True)
    ask(HELLO, with_tools=False)

    forced, without = (body for _, body in bedrock.requests)
    assert forced["toolConfig"]["toolChoice"] == {"any": {}}
    assert "toolConfig" not in without
    assert "system" not in without


def test_text_that_is_blank_is_left_out(ask: Ask, bedrock: Bedrock) -> None:
    ask(ModelMessage("system", " "), HELLO, ModelMessage("assistant", "\n"), HELLO)

    [(_, body)] = bedrock.requests
    assert body["messages"] == [{"role": "user", "content": [{"text": "Hello"}] * 2}]
    assert "system" not in body


@pytest.mark.parametrize("model", ["amazon.nova-lite-v1:0", "us.amazon.nova-pro-v1:0"])
def test_models_of_the_pattern_are_at_bedrock(ask: Ask, bedrock: Bedrock, model: str) -> None:
    assert ask(HELLO, model=model).content == "Hello."
    assert len(bedrock.requests) == 1


@pytest.mark.parametrize("model", ["gpt-5", "xamazon.nova-lite-v1:0", "anthropic.claude-x"])
def test_other_models_are_at_their_upstreams(ask: Ask, bedrock: Bedrock, model: str) -> None:
    assert ask(HELLO, model=model).content == "from an upstream"
    assert bedrock.requests == []


@pytest.mark.parametrize(
    ("status", "error", "says"),
    [
        (429, "ThrottlingException", "asked too often"),
        (403, "AccessDeniedException", "refused the request with AccessDeniedException"),
        (400, "ValidationException", "refused the request with ValidationException"),
        (424, "ModelErrorException", "refused the request with ModelErrorException"),
        (500, "InternalServerException", "refused the request with InternalServerException"),
    ],
)
def test_a_refusal_is_a_model_that_failed_after_one_try(
    ask: Ask, bedrock: Bedrock, status: int, error: str, says: str
) -> None:
    bedrock.status, bedrock.error = status, error
    bedrock.answers = [{"message": "secrets of the account"}]

    with pytest.raises(ModelFailedError, match=says) as failed:
        ask(HELLO)

    assert "secrets" not in failed.value.message
    assert len(bedrock.requests) == 1


@pytest.mark.parametrize(
    "answer", [{}, {"output": {}}, {"output": {"message": {"role": "assistant"}}}]
)
def test_an_answer_without_a_message_is_a_model_that_failed(
    ask: Ask, bedrock: Bedrock, answer: Any
) -> None:
    bedrock.answers = [answer]

    with pytest.raises(ModelFailedError, match=r"did not answer with a message|broke off"):
        ask(HELLO)


def test_a_slow_model_is_given_up(ask: Ask, bedrock: Bedrock) -> None:
    bedrock.seconds = 3

    with pytest.raises(ModelFailedError, match="did not answer in time"):
        ask(HELLO, seconds=1)


@pytest.mark.usefixtures("bedrock")
def test_bedrock_out_of_reach_is_a_model_that_failed(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", "http://127.0.0.1:9")

    with pytest.raises(ModelFailedError, match="cannot be reached"):
        ask(HELLO)


def heard_of(bedrock: Bedrock, *pieces: bytes, why: str) -> str:
    """Ask Bedrock, which sends these pieces and fails, and return what was heard until then."""
    bedrock.streaming = lambda _: iter(pieces)
    heard: list[str] = []
    with pytest.raises(ModelFailedError, match=why) as failed:
        ask_bedrock(HELLO, hear=heard.append)
    assert "secrets" not in failed.value.message
    return "".join(heard)


TEXT = encoded("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": "half"}})


def test_each_piece_is_heard_before_the_next_one_is_there(bedrock: Bedrock) -> None:
    heard: list[str] = []
    was_heard = threading.Event()

    def hear(text: str) -> None:
        heard.append(text)
        was_heard.set()

    def waiting(answer: dict[str, Any]) -> Iterator[bytes]:
        for event in events_of(answer):
            if b"lo." in event:
                assert was_heard.wait(10)
            yield event

    bedrock.streaming = waiting

    assert ask_bedrock(HELLO, hear=hear).content == "Hello."
    assert heard == ["Hel", "lo."]


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        ("modelStreamErrorException", "refused the request with modelStreamErrorException"),
        ("throttlingException", "asked too often"),
        ("internalServerException", "refused the request with internalServerException"),
    ],
)
def test_an_exception_in_the_stream_is_a_model_that_failed(
    bedrock: Bedrock, kind: str, why: str
) -> None:
    error = encoded(kind, {"message": "secrets of the account"}, "exception")

    assert heard_of(bedrock, TEXT, error, why=why) == "half"


@pytest.mark.parametrize(
    "rest", [b"", TEXT[:20], b"x" * 40, TEXT.replace(b"half", b"HALF")], ids=range(4)
)
def test_a_stream_that_breaks_off_is_no_answer(bedrock: Bedrock, rest: bytes) -> None:
    assert heard_of(bedrock, TEXT, rest, why="broke off in the middle") == "half"


def test_a_stream_that_stalls_is_given_up_in_time(bedrock: Bedrock) -> None:
    may_end = threading.Event()

    def stall(_: Any) -> Iterator[bytes]:
        yield TEXT
        may_end.wait(20)

    bedrock.streaming = stall
    heard: list[str] = []
    began = time.monotonic()

    with pytest.raises(ModelFailedError, match="did not answer in time"):
        ask_bedrock(HELLO, hear=heard.append, seconds=1)

    assert time.monotonic() - began < 4
    assert heard == ["half"]
    may_end.set()


def test_arguments_that_were_cut_do_not_end_the_conversation(bedrock: Bedrock) -> None:
    broken = ToolCall("c1", "get_usage", '{"a": ')

    ask_bedrock(HELLO, ModelMessage("assistant", "", calls=(broken,)))

    [(_, body)] = bedrock.requests
    assert body["messages"][-1]["content"][0]["toolUse"]["input"] == {}


def test_a_model_at_bedrock_finds_and_renames_a_file(bedrock: Bedrock) -> None:
    ports = MemoryBackend()
    a_project(ports, TENANT, Amount(files=9, bytes=1_000))
    file = store(ports, filename="report.txt")
    bedrock.answers = [
        said({"text": "I look."}, uses("search_files", query="report")),
        said(uses("rename_file", file_id=file.id, name="final.txt")),
        said({"text": "Renamed."}),
    ]
    ports.chat_model = BedrockChat(  # type: ignore[attr-defined]
        "amazon.nova-*", a_client, for_models(), nobody
    )

    found = ports.make(Converse)(a_session(), Asked([HELLO], MODEL))

    assert (found.answer, found.input_tokens) == ("Renamed.", 90)
    assert [done.operation for done in found.done] == ["read", "write"]
    renamed = ports.files.get(TENANT, file.id)
    assert renamed is not None
    assert renamed.filename == "final.txt"
    result = bedrock.requests[-1][1]["messages"][-1]["content"][0]["toolResult"]
    assert result["toolUseId"] == "tooluse_rename_file"


@pytest.mark.usefixtures("bedrock")
def test_the_deployment_asks_bedrock_if_it_has_a_pattern(monkeypatch: pytest.MonkeyPatch) -> None:
    without = Composition.from_environment().chat_model
    monkeypatch.setenv("CHAT_BEDROCK_MODELS", "amazon.nova-*")

    model = Composition.from_environment().chat_model

    assert not isinstance(without, BedrockChat)
    assert isinstance(model, BedrockChat)
    turn = model(ModelRequest(MODEL, [HELLO], True, False, 0.0, 100, 5))  # noqa: FBT003
    assert turn.content == "Hello."


@pytest.fixture
def nova(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A deployment whose chat may ask Nova: what is loaded already has no such model."""
    monkeypatch.setenv("CHAT_BEDROCK_MODELS", "amazon.nova-*")
    load.cache_clear()
    yield
    load.cache_clear()


@pytest.mark.usefixtures("nova")
@pytest.mark.parametrize("way", ["converse", "converse-stream"])
@pytest.mark.parametrize("model", ["amazon.nova-lite-v1:0", MODEL])
def test_the_role_of_the_chat_lets_it_ask_a_model_and_a_profile(
    functions: Functions,
    tenant: TenantId,
    bedrock: Bedrock,
    model: str,
    way: str,
) -> None:
    streams = way == "converse-stream"
    asked = {"messages": [{"role": "user", "content": "Hello"}], "model": model, "stream": streams}
    context = StreamingContext() if streams else None

    answer = functions.call(
        "chat", tenant, body=json.dumps(asked), isBase64Encoded=False, context=context
    )

    good, said_last = outcome_of(answer.raw) if streams else (answer.status == 200, answer.json)
    assert (good, said_last["response"]) == (True, "Hello.")
    assert [path for path, _ in bedrock.requests] == [f"/model/{model}/{way}"]


@pytest.mark.usefixtures("nova")
@pytest.mark.parametrize("operation", ["Converse", "ConverseStream"])
@pytest.mark.parametrize("model", ["anthropic.claude-x", "eu.anthropic.claude-x"])
def test_the_role_of_the_chat_lets_it_ask_no_other_model(model: str, operation: str) -> None:
    for asked in asked_for("bedrock-runtime", operation, {"modelId": model}, {}):
        assert not [each for each in POLICIES["chat"] if each.covers(asked)]

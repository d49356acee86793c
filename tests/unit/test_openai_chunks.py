"""Chat completions put together from chunks, however they are cut."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from larder.adapters.models.openai_chunks import StreamedCompletion
from tests.fakes.chat_server import calls, says
from tests.fakes.chat_streams import fragments

WORDS = st.text(max_size=20)
WANTED = st.lists(st.tuples(st.sampled_from(["a", "b"]), st.dictionaries(WORDS, WORDS)), max_size=3)
REQUEST = {"stream_options": {"include_usage": True}}


def streamed(text: str, wanted: list[tuple[str, Any]]) -> bytes:
    message = calls(*wanted) if wanted else says(text)
    return b"".join(fragments({**message, "content": text}, REQUEST))


def fed(stream: bytes, cuts: list[int]) -> tuple[StreamedCompletion, str]:
    completion, heard = StreamedCompletion(), ""
    for begin, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        heard += completion.feed(stream[begin:end])
    return completion, heard


@given(st.data(), WORDS, WANTED)
def test_a_message_is_the_same_however_its_bytes_are_cut(
    data: st.DataObject, text: str, wanted: list[tuple[str, Any]]
) -> None:
    stream = streamed(text, wanted)
    cuts = sorted(data.draw(st.sets(st.integers(0, len(stream)), max_size=20)))

    completion, heard = fed(stream, cuts)

    assert completion.ended
    assert completion.done
    assert not completion.failed
    assert heard == "".join(completion.text) == text
    found = [(each.name, json.loads("".join(each.arguments))) for each in completion.calls]
    assert found == wanted
    assert completion.usage is not None
    assert completion.usage.completion_tokens == 5


@given(st.data(), WORDS, WANTED)
def test_a_message_that_is_cut_anywhere_is_whole_or_not_taken_for_it(
    data: st.DataObject, text: str, wanted: list[tuple[str, Any]]
) -> None:
    stream = streamed(text, wanted)
    cut = data.draw(st.integers(0, len(stream)))

    completion, heard = fed(stream[:cut], [])

    assert text.startswith(heard)
    assert not completion.failed
    if completion.ended:
        assert heard == text
        assert len(completion.calls) == len(wanted)


@given(st.data(), WORDS)
def test_bytes_that_were_changed_never_raise(data: st.DataObject, text: str) -> None:
    stream = bytearray(streamed(text, [("a", {"x": text})]))
    for _ in range(data.draw(st.integers(1, 5))):
        stream[data.draw(st.integers(0, len(stream) - 1))] = data.draw(st.integers(0, 255))

    completion, heard = fed(bytes(stream), [])

    assert "".join(completion.text) == heard

"""Server-sent events, parsed as they arrive."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from larder.adapters.models.sse import MAX_EVENT, EventParser, EventTooLargeError


def parsed(*pieces: bytes) -> list[tuple[str, str]]:
    parser = EventParser()
    return [(name.decode(), data.decode()) for piece in pieces for name, data in parser.feed(piece)]


@pytest.mark.parametrize(
    ("stream", "events"),
    [
        (b"data: a\n\n", [("message", "a")]),
        (b"data:a\n\ndata:  b\n\n", [("message", "a"), ("message", " b")]),
        (b"data: a\r\n\r\ndata: b\r\n\r\n", [("message", "a"), ("message", "b")]),
        (b"data: a\r\rdata: b\r\r", [("message", "a"), ("message", "b")]),
        (b"event: error\ndata: a\n\ndata: b\n\n", [("error", "a"), ("message", "b")]),
        (b"data: a\ndata\ndata: b\n\n", [("message", "a\n\nb")]),
        (b": ping\n\n:\n\ndata: a\n: in between\n\n", [("message", "a")]),
        (b"id: 1\nretry: 2\nother: 3\nDATA: no\n\ndata: a\n\n", [("message", "a")]),
        (b"event: empty\n\ndata: a\n\n", [("message", "a")]),
        (b"\xef\xbb\xbfdata: a\n\n", [("message", "a")]),
        ("data: ä\u2028\x85\n\n".encode(), [("message", "ä\u2028\x85")]),
        (b"data: a\n\ndata: never ended\n", [("message", "a")]),
        (b"\n\n\n", []),
        (b"", []),
    ],
)
def test_events_are_found_as_the_standard_says(
    stream: bytes, events: list[tuple[str, str]]
) -> None:
    assert parsed(stream) == events
    assert parsed(*(stream[at : at + 1] for at in range(len(stream)))) == events


LINES = st.lists(st.sampled_from([b"", b"data: a", b"data:b", b"event: e", b": c", b"x"]))
ENDS = st.sampled_from([b"\n", b"\r", b"\r\n"])


@given(st.data())
def test_events_are_the_same_however_their_bytes_are_cut(data: st.DataObject) -> None:
    lines = data.draw(LINES)
    end = data.draw(ENDS)
    stream = b"".join(line + end for line in lines)
    cuts = sorted(data.draw(st.sets(st.integers(0, len(stream)))))
    bounds = zip([0, *cuts], [*cuts, len(stream)], strict=True)

    pieces = [stream[begin:stop] for begin, stop in bounds]

    assert parsed(*pieces) == parsed(b"".join(line + b"\n" for line in lines))


@pytest.mark.parametrize(
    "endless",
    [b"x" * 1_000, b"data: " + b"x" * 1_000 + b"\n", b"data:\n" * 100],
    ids=["line", "lines", "empty lines"],
)
def test_an_event_without_an_end_is_given_up(endless: bytes) -> None:
    with pytest.raises(EventTooLargeError):
        parsed(*([endless] * (MAX_EVENT // 100 + 1)))


def test_comments_may_go_on_for_ever() -> None:
    assert parsed(*([b": still working\n" * 100] * 1_000), b"data: a\n\n") == [("message", "a")]


def test_a_large_event_is_found() -> None:
    large = "x" * (MAX_EVENT - 10)

    assert parsed(f"data: {large}\n\n".encode()) == [("message", large)]

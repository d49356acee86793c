"""The validator compared with a slow reference, for any lines cut into any blocks."""

import json
import re
from typing import Any
from unittest.mock import patch

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from larder_jsonl import BatchValidator, nesting
from larder_jsonl.nesting import nested_deeper_than
from tests.support.batch_edits import similar_lines
from tests.support.batch_reference import check_against_reference
from tests.support.batch_requests import BODIES, alike, as_line, request, validated, varied

EXAMPLES = settings().max_examples  # as the profile says

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["", "x", "POST", "user", "assistant", "é\n", "\U0001f600", *BODIES])
    | st.text(max_size=8)
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)
messages = st.dictionaries(
    st.sampled_from(["role", "content", "name", "tool_calls"]),
    st.sampled_from(["user", "assistant", "function", "tool", None, "text"]) | values,
)
body_members = st.sampled_from(
    [
        *("model", "stream", "messages", "input", "prompt", "images", "image", "conversation"),
        *("temperature", "tools", "x"),
    ]
)


@st.composite
def requests(draw: st.DrawFn) -> Any:
    """A valid request, then mutated: members replaced, removed or added at any level."""
    whole = request(
        draw(st.sampled_from(list(BODIES))), custom_id=draw(st.sampled_from(["a", "b", "c", "d"]))
    )
    body = whole["body"]
    if draw(st.booleans()):
        body["user"] = "x" * 1100
    if "messages" in body:
        body["messages"] = body["messages"] + draw(st.lists(messages, max_size=2))
    for _ in range(draw(st.integers(0, 2))):
        body[draw(body_members)] = draw(values | st.lists(messages, max_size=2))
    for _ in range(draw(st.integers(0, 1))):
        body.pop(draw(st.sampled_from(list(body))), None)
    for _ in range(draw(st.integers(0, 1))):
        name = draw(st.sampled_from(["custom_id", "method", "url", "body", "x"]))
        whole[name] = draw(values)
    if draw(st.booleans()):
        whole.pop(draw(st.sampled_from(list(whole))))
    return dict(draw(st.permutations(list(whole.items()))))


separators = st.sampled_from([(",", ":"), (", ", ": "), (" , ", "  :\t ")])


@st.composite
def request_lines(draw: st.DrawFn) -> bytes:
    text = json.dumps(
        draw(requests()), ensure_ascii=draw(st.booleans()), separators=draw(separators)
    )
    return text.encode("utf-8", "surrogatepass")


splices = st.sampled_from(
    [
        *(b"{", b"}", b"[", b"]", b",", b":", b'"', b"\\", b"\\u", b"\\ud83d", b"\\ude00"),
        *(b"NaN", b"null", b"1", b"-", b".", b"e", b" ", b"\t", b"\r", b"\0", b"\xff", b"\xc3"),
        *(b"\xed\xa0\x80", b'"url":"",', b'"method":"POST",', b'"x":1,'),
        *(b"[" * 130, b"]" * 130, b'{"a":' * 130),
    ]
)


@st.composite
def damaged_lines(draw: st.DrawFn) -> bytes:
    line = draw(request_lines())
    start = draw(st.integers(0, len(line)))
    end = min(len(line), start + draw(st.integers(0, 3)))
    return line[:start] + draw(splices) + line[end:]


nested = st.integers(120, 136).flatmap(
    lambda depth: st.sampled_from(
        [b"[" * depth + b"]" * depth, b'{"":' * depth + b"0" + b"}" * depth]
    )
)
deep_lines = nested.map(lambda value: as_line(request())[:-1] + b',"x":' + value + b"}")
lines = st.one_of(
    request_lines(),
    damaged_lines(),
    deep_lines,
    values.map(as_line),
    st.binary(max_size=20),
    st.sampled_from([b"", b" ", b"\r", b"\xef\xbb\xbf"]),
)
files = st.builds(
    lambda content, start, end: start + b"\n".join(content) + end,
    st.lists(lines, max_size=6),
    st.sampled_from([b"", b"", b"\xef\xbb\xbf"]),
    st.sampled_from([b"", b"\n", b"\r\n", b"\n\n"]),
)


@st.composite
def files_of_one_program(draw: st.DrawFn) -> bytes:
    """Lines as one program writes them, and some that are damaged or quite different."""
    url = draw(st.sampled_from(list(BODIES)))
    content = draw(st.sampled_from([alike, varied]))(url, draw(st.integers(1, 16)))
    # A text that is also found between members must not be mistaken for them.
    text = draw(st.sampled_from([rb"\g<0>", rb"\g<0>", b", ", b": ", b""]))
    content = [re.sub(rb"text \d+", text, line) for line in content]
    size = draw(st.sampled_from([1, 300]))
    content = [line.replace(b"text", b"text" * size) for line in content]
    for _ in range(draw(st.integers(1, 4))):
        line = draw(st.sampled_from(content))
        start = draw(st.integers(0, len(line)))
        end = min(len(line), start + draw(st.integers(0, 3)))
        spliced = line[:start] + draw(splices) + line[end:]
        content.insert(draw(st.integers(1, len(content))), draw(st.just(spliced) | lines))
    return b"\n".join(content)


numbers = st.integers(0, 255)
edits = st.lists(st.tuples(numbers, numbers, numbers), min_size=1, max_size=4)


edited_files = st.builds(
    similar_lines,
    numbers,
    numbers,
    style=st.integers(0, 15),
    each=edits | st.just([]),
    edits=edits | st.just([]),
)


@settings(max_examples=5 * EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(files | files_of_one_program() | edited_files)
def test_the_report_equals_the_reference(data: bytes) -> None:
    check_against_reference(validated(data), data)


@settings(max_examples=2 * EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(files | files_of_one_program() | edited_files, st.lists(st.integers(0, 400), max_size=30))
def test_the_report_does_not_depend_on_where_blocks_end(data: bytes, sizes: list[int]) -> None:
    validator = BatchValidator()
    start = 0
    for size in sizes:
        validator.feed(memoryview(data)[start : start + size])
        start += size
    validator.feed(bytearray(data[start:]))

    assert validator.finish() == validated(data)


json_values = st.recursive(
    st.sampled_from(['""', '"]"', r'"\"["', r'"\\"', r'"\\\"}"', "0", "[]", "{}"]),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4).map(lambda items: f"[{', '.join(items)}]"),
        st.lists(inner, max_size=4).map(
            lambda items: "{" + ",".join(f'"k[{n}":{item}' for n, item in enumerate(items)) + "}"
        ),
    ),
    max_leaves=40,
)


@settings(max_examples=3 * EXAMPLES, deadline=None)
@given(json_values, st.integers(1, 60), st.integers(0, 12), st.integers(1, 40))
def test_nesting_is_found_without_a_parser(value: str, times: int, limit: int, piece: int) -> None:
    text = f"[{','.join([value] * times)}]"

    def depth(value: Any) -> int:
        children = value.values() if isinstance(value, dict) else value
        return 1 + max(map(depth, children), default=0) if isinstance(value, list | dict) else 0

    too_deep = depth(json.loads(text)) > limit
    assert nested_deeper_than(limit, text.encode()) == too_deep
    with patch.multiple(nesting, _PIECE=piece, _FEW_QUOTES=0):
        assert nested_deeper_than(limit, text.encode()) == too_deep

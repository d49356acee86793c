"""The rules about the whole file: line numbers, first values, limits, the summary."""

import hashlib
import tracemalloc
from collections.abc import Callable, Iterator

import pytest

from larder_jsonl import MAX_LINE_BYTES, BatchValidator
from larder_jsonl import validator as validator_module
from tests.support.batch_requests import (
    alike,
    as_line,
    found,
    many,
    request,
    validated,
    varied,
    warned,
    with_body,
    with_message,
)

BOM = b"\xef\xbb\xbf"
MIB = 1024 * 1024
CHAT = "/v1/chat/completions"
EMBEDDINGS = "/v1/embeddings"


def line_of(size: int, custom_id: str = "request-1") -> bytes:
    """A valid request line of exactly that many bytes."""
    empty = as_line(with_body("/v1/embeddings", input="<>").__or__({"custom_id": custom_id}))
    return empty.replace(b"<>", b"x" * (size - len(empty) + 2))


@pytest.mark.parametrize("data", [b"", b"\n", b"\r\n\r\n", b" \t", b" \n\t\r\n  \n", BOM])
def test_a_file_without_a_request_is_empty(data: bytes) -> None:
    report = validated(data)

    assert "empty_file" in [error.code for error in report.errors]
    assert report.errors[-1].line is None
    assert report.request_count == 0
    assert report.summary
    assert "no request" in report.summary


@pytest.mark.parametrize(
    ("data", "lines"),
    [(b"", 0), (b"\n", 1), (b"\n\n", 2), (b"x", 1), (b"x\n", 1), (b"x\n\n", 2), (b"x\ny", 2)],
)
def test_total_lines_are_physical_lines(data: bytes, lines: int) -> None:
    assert validated(data).total_lines == lines


def test_blank_lines_are_no_requests_and_keep_their_number() -> None:
    good = [as_line(request(custom_id=name)) for name in "abc"]
    data = b"\n \n" + good[0] + b"\n\t\r\n" + good[1] + b"\n{}\n\n\n" + good[2] + b"\n \n\n"

    report = validated(data)

    assert {error.line for error in report.errors} == {6}
    assert (report.total_lines, report.request_count) == (11, 4)


@pytest.mark.parametrize("blank", [b"\x0b", b"\x0c", b"\xc2\xa0", b"\0"])
def test_other_white_space_is_not_blank(blank: bytes) -> None:
    assert found(blank + b"\n") == [("invalid_json_line", 1, None)]


@pytest.mark.parametrize("ending", [b"\n", b"\r\n"])
@pytest.mark.parametrize("last", [b"", b"end"])
def test_both_line_endings_are_fine_and_the_last_may_be_missing(ending: bytes, last: bytes) -> None:
    lines = [as_line(request(custom_id=name)) for name in "abc"]

    report = validated(ending.join(lines) + (ending if last else b""))

    assert report.valid
    assert (report.total_lines, report.request_count) == (3, 3)


def test_a_byte_order_mark_is_a_problem_and_its_line_is_still_checked() -> None:
    assert found(BOM + as_line(request())) == [("invalid_encoding", 1, None)]
    assert found(BOM + as_line(request(method="GET"))) == [
        ("invalid_encoding", 1, None),
        ("invalid_method", 1, "method"),
    ]


def test_a_byte_order_mark_elsewhere_is_not_json() -> None:
    data = as_line(request()) + b"\n" + BOM + as_line(request(custom_id="b"))

    assert found(data) == [("invalid_json_line", 2, None)]


def test_a_repeated_custom_id_names_the_line_it_was_first_on() -> None:
    data = b"\n".join(as_line(request(custom_id=name)) for name in ("a", "b", "a", "a"))

    report = validated(data)

    assert [error.line for error in report.errors] == [3, 4]
    assert all(error.code == "duplicate_custom_id" for error in report.errors)
    assert all("line 1" in error.message for error in report.errors)


def test_custom_ids_are_compared_as_text_however_they_are_written() -> None:
    first = as_line(request(custom_id="é")).replace(b"\\u00e9", "é".encode())
    second = as_line(request(custom_id="é"))

    assert first != second
    assert found(first + b"\n" + second) == [("duplicate_custom_id", 2, "custom_id")]


@pytest.mark.parametrize("length", [127, 128, 129, 512])
def test_long_custom_ids_are_compared_in_full(length: int) -> None:
    names = ["x" * (length - 1) + last for last in "aba"]
    data = b"\n".join(as_line(request(custom_id=name)) for name in names)

    assert found(data) == [("duplicate_custom_id", 3, "custom_id")]


def test_a_custom_id_counts_even_when_its_line_is_invalid() -> None:
    data = as_line(request(method="GET")) + b"\n" + as_line(request())

    assert found(data) == [
        ("invalid_method", 1, "method"),
        ("duplicate_custom_id", 2, "custom_id"),
    ]


def test_every_url_must_be_the_first_valid_one() -> None:
    urls = ["/v1/nothing", "/v1/embeddings", "/v1/responses", "/v1/embeddings"]
    lines = [as_line(request(url, custom_id=str(n))) for n, url in enumerate(urls)]

    report = validated(b"\n".join(lines))

    assert [(e.code, e.line) for e in report.errors] == [("invalid_url", 1), ("url_mismatch", 3)]
    assert report.endpoint == "/v1/embeddings"


@pytest.fixture
def short_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let lines have 1 MiB, so that the tests of the limit take little time."""
    monkeypatch.setattr(validator_module, "MAX_LINE_BYTES", MIB)


def test_a_line_may_have_32_mib() -> None:
    assert MAX_LINE_BYTES == 32 * MIB
    assert found(line_of(MAX_LINE_BYTES) + b"\n") == []
    assert found(line_of(MAX_LINE_BYTES + 1) + b"\n") == [("line_too_long", 1, None)]


@pytest.mark.usefixtures("short_lines")
@pytest.mark.parametrize("block", [1000, 65536, 3 * MIB])
@pytest.mark.parametrize("ending", [b"", b"\n", b"\r\n"])
def test_a_line_of_1_mib_is_fine_and_one_more_byte_is_too_long(block: int, ending: bytes) -> None:
    assert found(line_of(MIB) + ending, block) == []
    assert found(line_of(MIB + 1) + ending, block) == [("line_too_long", 1, None)]


@pytest.mark.usefixtures("short_lines")
@pytest.mark.parametrize("block", [1000, 65536, 3 * MIB])
@pytest.mark.parametrize("ending", [b"", b"\n", b"\r\n"])
def test_the_limit_of_a_line_holds_for_later_lines(block: int, ending: bytes) -> None:
    first = line_of(200, "first") + b"\n"

    assert found(first + line_of(MIB) + ending, block) == []
    assert found(first + line_of(MIB + 1) + ending, block) == [("line_too_long", 2, None)]


@pytest.mark.usefixtures("short_lines")
def test_a_line_too_long_is_skipped_and_the_next_one_is_checked() -> None:
    data = b"x" * (3 * MIB) + b"\n" + as_line(request()) + b"\n{}\n" + b" " * (2 * MIB)

    report = validated(data)

    codes = [(error.code, error.line) for error in report.errors]
    assert codes[0] == ("line_too_long", 1)
    assert codes[-1] == ("line_too_long", 4)
    assert {line for _, line in codes[1:-1]} == {3}
    assert (report.total_lines, report.request_count) == (4, 4)


@pytest.mark.usefixtures("short_lines")
def test_a_byte_order_mark_does_not_make_a_line_too_long() -> None:
    assert found(BOM + line_of(MIB) + b"\r\n") == [("invalid_encoding", 1, None)]
    assert found(BOM + line_of(MIB + 1) + b"\r\n") == [
        ("invalid_encoding", 1, None),
        ("line_too_long", 1, None),
    ]


@pytest.mark.usefixtures("short_lines")
@pytest.mark.parametrize("ending", [b"\n", b"\r\n"])
def test_a_line_of_1_mib_is_fine_when_its_newline_comes_late(ending: bytes) -> None:
    validator = BatchValidator()

    validator.feed(BOM + line_of(MIB) + ending[:-1])
    validator.feed(ending[-1:])

    assert [error.code for error in validator.finish().errors] == ["invalid_encoding"]


def test_the_50_000th_request_is_not_too_many_even_if_invalid() -> None:
    assert found(many(49_999) + b"[]") == [("invalid_request", 50_000, None)]


def test_50_000_requests_are_fine() -> None:
    report = validated(b"\n\n" + many(50_000) + b"\n\n")

    assert report.valid
    assert (report.total_lines, report.request_count) == (50_004, 50_000)


@pytest.mark.usefixtures("short_lines")
@pytest.mark.parametrize("rest", [b"", b"{}\n" * 10, b"\n\n\n{}\n\n\nx\n\n\n\n", b"x" * 2 * MIB])
def test_the_first_request_over_50_000_is_the_last_one_looked_at(rest: bytes) -> None:
    data = b"\n" + many(50_001) + rest

    report = validated(data)

    assert [(e.code, e.line) for e in report.errors] == [("too_many_requests", 50_002)]
    assert report.request_count == 50_001
    assert report.total_lines == len(data.splitlines())
    assert report.sha256 == hashlib.sha256(data).hexdigest()


def test_the_first_1000_problems_are_kept_and_all_are_counted() -> None:
    report = validated(b"{}\n" * 400)

    assert report.error_count == 1600
    assert len(report.errors) == 1000
    assert report.errors[-1].line == 250
    assert report.invalid_lines == 400


@pytest.mark.parametrize("block", [1, 7, 65536])
def test_the_digest_and_size_are_those_of_the_bytes(block: int) -> None:
    data = many(50) + b"\r\n\xff"

    report = validated(data, block)

    assert report.sha256 == hashlib.sha256(data).hexdigest()
    assert report.bytes == len(data)


def test_the_summary_counts_lines_and_gives_the_first_problem() -> None:
    lines = [as_line(request(custom_id=str(n))) for n in range(10)]
    lines[6] = b"{}"
    lines[8] = b"[]"

    report = validated(b"\n".join(lines))

    assert report.error_count == 5
    assert report.summary == "2 of 10 lines are invalid; first: line 7: custom_id is missing"


def test_a_line_with_several_problems_is_one_invalid_line() -> None:
    report = validated(BOM + b"{}\n" + as_line(request()))

    assert (report.invalid_lines, report.error_count) == (1, 5)


def test_a_valid_file_has_no_summary() -> None:
    assert validated(many(1)).summary is None


@pytest.mark.parametrize(
    "line",
    [
        as_line(request(method="\n\x1b[31m" * 9999)),
        as_line(request(url="\U0001f600" * 9999)),
        as_line(with_body(model="x" * 99999)).replace(b"x", b"y", 1),
        as_line(with_body(messages=[{"role": "é\n" * 99999, "content": "x"}])),
        as_line(request())[:-1] + b'"' * 9999,
        as_line(request())[:-1] + b',"' + b"k" * 9999 + b'":1,"' + b"k" * 9999 + b'":2}',
        b"\0" * 9999,
    ],
)
def test_messages_quote_little_of_the_file_and_escape_it(line: bytes) -> None:
    report = validated(as_line(with_body(model="first")) + b"\n" + line)

    assert not report.valid
    assert report.summary
    for text in (report.summary, *(error.message for error in report.errors)):
        assert len(text) <= 512
        assert text.isprintable()


@pytest.fixture
def traced() -> Iterator[None]:
    tracemalloc.start()
    yield
    tracemalloc.stop()


@pytest.mark.usefixtures("traced", "short_lines")
@pytest.mark.parametrize("pattern", [b"x", b"[", b'{"a":', b"\0", b" ", b"\n", b" \n", b"[]\n"])
def test_memory_does_not_grow_with_the_file(pattern: bytes) -> None:
    block = pattern * (65536 // len(pattern))
    validator = BatchValidator()

    for _ in range(128):
        validator.feed(block)
    validator.finish()

    assert tracemalloc.get_traced_memory()[1] < 3 * MIB


MESSAGE = b'{"role":"user","content":""},'
COSTLY_BODIES: dict[str, tuple[str, bytes, bytes, bytes]] = {
    "a text of one wide character": (CHAT, b'"messages":"\xf0\x9f\x98\x80', b"x", b'"'),
    "escapes": (CHAT, b'"messages":"', rb"\"\\", b'"'),
    "lists 120 deep": (CHAT, b'"x":[', b"[" * 120 + b"]" * 120 + b",", b"0]"),
    "brackets in strings": (CHAT, b'"x":[', b'["["],', b"0]"),
    "messages": (CHAT, b'"messages":[', MESSAGE * 1000, MESSAGE[:-1] + b"]"),
    "empty messages": (CHAT, b'"messages":[', b"{}," * 1000, b"0]"),
    "inputs": (EMBEDDINGS, b'"input":[', b'"",' * 1000, b'""]'),
    "token lists": (EMBEDDINGS, b'"input":[', b"[1,2]," * 1000, b"[]]"),
    "nested inputs": (EMBEDDINGS, b'"input":[', b"[" * 120 + b"]" * 120 + b",", b"0]"),
    "a model": (CHAT, b'"model":"\xf0\x9f\x98\x80', b"x", b'"'),
}


@pytest.mark.parametrize("name", COSTLY_BODIES)
def test_a_line_takes_at_most_six_times_its_length(name: str) -> None:
    """At 32 MiB, the longest, that is four times its length and 64 MiB."""
    url, start, pattern, end = COSTLY_BODIES[name]
    head = b'{"custom_id":"a","method":"POST","url":"%s","body":{"model":"m",' % url.encode()
    size = 4 * MIB
    line = head + start + pattern * (size // len(pattern)) + end + b"}}\n"
    blocks = memoryview(line)
    validator = BatchValidator()
    validator.feed(b"\n".join(alike(url)) + b"\n")
    tracemalloc.start()

    try:
        for at in range(0, len(line), 65536):
            validator.feed(blocks[at : at + 65536])
        report = validator.finish()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert "invalid_json_line" not in report.counts
    assert peak <= 6 * len(line)


@pytest.mark.usefixtures("traced")
def test_a_custom_id_of_any_length_takes_little_memory() -> None:
    validator = BatchValidator()

    for number in range(2000):
        line = as_line(request(custom_id="\U0001f600" * 500 + f"{number:012}"))
        validator.feed(line + b"\n")

    assert validator.finish().valid
    assert tracemalloc.get_traced_memory()[1] < MIB


@pytest.mark.parametrize("block", [1_000, 65_536, 10**6, 10**9])
def test_each_problem_has_the_bytes_before_its_line(block: int) -> None:
    lines = [
        BOM + as_line(request()),
        *alike(CHAT),
        *[b"", b" \r"] * 40_000,
        b"[" * 100_000,
        *alike(CHAT),
        b"x" * (MAX_LINE_BYTES + 1),
        as_line(with_message(role="human", content="text")),
        b"no JSON",
    ]
    data = b"\n".join(lines)
    validator = BatchValidator()

    for at in range(0, len(data), block):
        validator.feed(data[at : at + block])
    report = validator.finish()

    problems = [*report.errors, *report.warnings]
    assert {each.code for each in problems} == {
        "invalid_encoding", "invalid_json_line", "duplicate_custom_id", "line_too_long",
        "invalid_type",
    }  # fmt: skip
    for each in problems:
        assert each.line is not None
        assert each.offset == sum(len(line) + 1 for line in lines[: each.line - 1])


def test_what_is_wrong_with_the_whole_file_is_at_no_line() -> None:
    [problem] = validated(b"\n").errors

    assert (problem.line, problem.offset) == (None, None)


def test_files_validated_at_the_same_time_do_not_mix() -> None:
    one, other = BatchValidator(), BatchValidator()

    for number in range(3):
        one.feed(as_line(request(custom_id=str(number))) + b"\n")
        other.feed(as_line(request("/v1/embeddings", custom_id=str(number))) + b"\n")

    assert one.finish().valid
    assert other.finish().valid


def test_lines_written_unlike_the_first_are_valid_too() -> None:
    spaced = as_line(request(custom_id="a"))
    compact = as_line(request(custom_id="b")).replace(b": ", b":").replace(b", ", b",")
    body_first = as_line(dict(reversed(request(custom_id="c").items())))
    with_return = as_line(request(custom_id="d")) + b"\r"
    wide = as_line(request(custom_id="e")).replace(b", ", b" ,   ")
    lines = [spaced, compact, body_first, with_return, wide]

    for first in range(len(lines)):
        assert found(b"\n".join(lines[first:] + lines[:first])) == []


def test_a_line_that_only_begins_like_the_others_is_no_request() -> None:
    good = as_line(request(custom_id="a"))
    other = as_line(request(custom_id="b"))
    cut = other[:-1] + b" "
    list_like = b"[" + other[1:]
    two = other[:-1] + b',{"model":"m"}}'
    broken = other.replace(b'"messages"', b'\n"messages"')

    problems = found(b"\n".join([good, cut, list_like, two, broken]))

    assert problems == [("invalid_json_line", line, None) for line in (2, 3, 4, 5, 6)]


def test_members_after_the_body_are_required_in_every_line() -> None:
    names = ("custom_id", "body", "method", "url", "metadata")
    whole = request(metadata={})
    first = as_line({name: whole[name] for name in names})
    second = as_line({"custom_id": "b", "body": whole["body"]})

    assert found(first + b"\n" + second) == [
        ("missing_required_parameter", 2, "method"),
        ("missing_required_parameter", 2, "url"),
    ]


@pytest.mark.parametrize("url", [CHAT, "/v1/embeddings", "/v1/completions"])
@pytest.mark.parametrize(
    ("text", "code"),
    [
        (rb"tab\tand \u00e9", None),
        (b"a\tb", "invalid_json_line"),
        (b'a" b', "invalid_json_line"),
        (b'a", "b', "invalid_json_line"),
        (b'a", "stream": true, "user": "b', "streaming_ignored"),
        (b'a", "n": ' + b"[" * 127 + b"]" * 127 + b', "user": "b', "invalid_json_line"),
        (b"a\\", "invalid_json_line"),
        (rb"\ud800", "invalid_json_line"),
        (b"\xff", "invalid_encoding"),
    ],
)
@pytest.mark.parametrize("size", [1, 2000])
def test_a_text_unlike_the_others_ends_at_its_closing_quote(
    url: str, text: bytes, code: str | None, size: int
) -> None:
    first, second, third = (line.replace(b"text", b"text" * size) for line in alike(url))
    third = third.replace(b"text 2", b"text " + text)
    if code == "streaming_ignored" and b"messages" in third:
        code = None  # it is then a member of the message

    report = validated(b"\n".join([first, second, third]))

    problems = [*report.errors, *report.warnings]
    assert [(each.code, each.line) for each in problems] == ([] if code is None else [(code, 3)])


@pytest.mark.parametrize("value", [b"0", b"null", b'{"a": "b"}'])
@pytest.mark.parametrize("size", [1, 2000])
def test_a_value_in_place_of_the_text_of_other_lines_is_a_wrong_type(
    value: bytes, size: int
) -> None:
    first, second, third = (line.replace(b"text", b"text" * size) for line in alike(CHAT))
    third = third.replace(b'"' + b"text" * size + b' 2"', value)

    assert warned(b"\n".join([first, second, third])) == [
        ("invalid_type", 3, "body.messages[0].content")
    ]


def test_the_content_of_a_message_may_be_empty_but_an_input_may_not() -> None:
    messages = [line.replace(b"text 2", b"") for line in alike(CHAT)]
    inputs = [line.replace(b"text 2", b"") for line in alike("/v1/embeddings")]

    assert warned(b"\n".join(messages)) == []
    assert warned(b"\n".join(inputs)) == [("missing_required_parameter", 3, "body.input")]


def test_an_empty_input_is_missing_even_before_spaces() -> None:
    first, second, third = (line.replace(b"text", b"text" * 500) for line in alike(EMBEDDINGS))
    start = third.index(b'"text')
    third = third[:start] + b'""   ' + third[third.index(b'"', start + 1) + 1 :]

    assert warned(b"\n".join([first, second, third])) == [
        ("missing_required_parameter", 3, "body.input")
    ]


@pytest.mark.parametrize("url", [CHAT, "/v1/embeddings", "/v1/completions"])
@pytest.mark.parametrize("text", [b", ", b": ", b"}, {"])
def test_a_text_of_punctuation_that_also_stands_between_members_is_a_text(
    url: str, text: bytes
) -> None:
    members = b', "user": "b", "metadata": {"a": "b"}, "x": ["{", "}, {", "}"]}}'
    lines = [line.removesuffix(b"}}") + members for line in alike(url)]
    lines[0] = lines[0].replace(b"text 0", text)

    assert found(b"\n".join(lines)) == []


def test_a_text_that_stands_twice_in_a_line_may_change_in_one_place() -> None:
    lines = [
        as_line(with_message(content="user", name="user", role="user") | {"custom_id": name})
        for name in "abcd"
    ]
    lines[1] = lines[1].replace(b'"role": "user"', b'"role": "x"')
    lines[2] = lines[2].replace(b'"content": "user"', b'"content": "x"')

    assert warned(b"\n".join(lines)) == [("invalid_type", 2, "body.messages[1].role")]


@pytest.mark.parametrize("url", [CHAT, EMBEDDINGS, "/v1/completions"])
def test_members_after_the_text_are_compared_as_well(url: str) -> None:
    lines = [line.removesuffix(b"}}") + b', "stream": false}}' for line in alike(url)]
    lines[2] = lines[2].replace(b"false", b"true ")

    assert warned(b"\n".join(lines)) == [("streaming_ignored", 3, "body.stream")]


@pytest.mark.parametrize("before", [alike, varied])
@pytest.mark.parametrize("url", [CHAT, EMBEDDINGS, "/v1/completions"])
def test_another_model_is_counted_after_lines_of_one_program(
    url: str, before: Callable[[str], list[bytes]]
) -> None:
    lines = before(url)
    other = as_line(with_body(url, model="another") | {"custom_id": "another"})

    models = validated(b"\n".join([*lines, other])).models

    assert models == {"gpt-4o-mini": len(lines), "another": 1}


def test_lines_that_vary_more_and_more_are_all_valid() -> None:
    tools = [as_line(with_body(tools=[{"a": n}]) | {"custom_id": f"t{n}"}) for n in range(40)]

    report = validated(b"\n".join([*alike(CHAT, 40), *varied(CHAT, 40), *tools, *tools[:3]]))

    assert (report.request_count, report.error_count) == (123, 3)
    assert [error.line for error in report.errors] == [121, 122, 123]

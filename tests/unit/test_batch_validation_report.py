"""What a report says of a file beside its errors: models, inputs, warnings, hints."""

import base64
from pathlib import Path

import pytest

from tests.support.batch_requests import (
    ABSENT,
    alike,
    as_line,
    found,
    many,
    request,
    validated,
    warned,
    with_body,
    with_message,
)

EMBEDDINGS = "/v1/embeddings"


def test_the_lines_of_each_model_are_counted_even_invalid_ones() -> None:
    models = ["large", "small", "large", "small", "large"]
    lines = [
        as_line({**with_body(model=model), "custom_id": str(n)}) for n, model in enumerate(models)
    ]

    report = validated(b"\n".join([*lines, lines[0]]))

    assert report.models == {"large": 4, "small": 2}
    assert report.model is None
    assert report.counts == {"duplicate_custom_id": 1}


def test_the_first_100_models_are_counted() -> None:
    names = [f"m{number}" for number in range(101)]
    lines = [
        as_line({**with_body(model=name), "custom_id": f"{turn}{name}"})
        for turn in "abc"
        for name in names
    ]

    report = validated(b"\n".join(lines))

    assert report.valid
    assert report.models == dict.fromkeys(names[:100], 3)


def test_a_line_that_leaves_the_model_to_its_endpoint_names_none() -> None:
    url = "/v1/moderations"
    lines = [as_line(with_body(url, model=ABSENT) | {"custom_id": str(n)}) for n in range(5)]

    report = validated(b"\n".join(lines))

    assert (report.valid, report.models, report.model) == (True, {}, None)


@pytest.mark.parametrize("name", ["x" * 300, "\U0001f600" * 9000, "é\n" * 9000])
def test_the_name_of_a_model_is_cut_at_256_characters(name: str) -> None:
    report = validated(as_line(with_body(model=name)))

    assert report.models == {name[:255] + "…": 1}


@pytest.mark.parametrize(
    ("value", "inputs"),
    [
        (b'"x"', 1),
        (b'["x"]', 1),
        (b'["a", "b", "c"]', 3),
        (b"[1, 2, 3]", 1),
        (b"[[1, 2], [3]]", 2),
        (b'[{"text": "a"}, {"image": ["b", "c"]}, "d"]', 3),
        (b'["' + b'\\",[1]\\\\' * 1000 + b'", "\\\\", [1, [2, 3]], 4]', 4),
        (b"[" + b'"a, b",' * 1999 + b'"c"]', 2000),
        (b"[" + b"[1, 2]," * 1999 + b"[ ]]", 2000),
        (b"[" + b'[1],"[",' * 999 + b"[]]", 1999),
        (b"[" + b"1," * 2000 + b"1]", 1),
        (b'""', 0),
        (b"[]", 0),
        (b"{}", 0),
    ],
)
def test_embedding_inputs_are_counted(value: bytes, inputs: int) -> None:
    one = as_line(request(EMBEDDINGS)).replace(b'"a text"', value)
    others = alike(EMBEDDINGS)

    assert validated(one).inputs == inputs
    assert validated(b"\n".join([*others, one])).inputs == len(others) + inputs


def test_inputs_of_other_endpoints_are_not_counted() -> None:
    assert validated(b"\n".join(alike("/v1/responses"))).inputs == 0


def inputs_in_lines_of(*counts: int) -> bytes:
    lines = [
        as_line(with_body(EMBEDDINGS, input=["x"] * count) | {"custom_id": str(number)})
        for number, count in enumerate(counts)
    ]
    return b"\n".join(lines)


def test_the_line_with_the_50_001st_input_has_too_many() -> None:
    fine = [2000] * 25

    assert found(inputs_in_lines_of(*fine)) == []
    assert found(inputs_in_lines_of(*fine, 1, 2000)) == [("too_many_inputs", 26, "body.input")]


def test_inputs_in_lines_alike_are_too_many_as_well() -> None:
    data = inputs_in_lines_of(2000) + b"\n" + many(48_001)

    report = validated(data)

    assert [(each.code, each.line) for each in report.errors] == [("too_many_inputs", 48_002)]
    assert report.inputs == 50_001


def test_warnings_leave_a_file_valid_and_are_counted_apart() -> None:
    doubtful = as_line(with_body(stream=True) | {"custom_id": "b"})

    report = validated(b"\n".join([as_line(request(custom_id="a")), doubtful, b"{}"]))

    assert (report.error_count, report.warning_count) == (4, 1)
    assert report.counts == {"missing_required_parameter": 4, "streaming_ignored": 1}
    assert {each.severity for each in report.errors} == {"error"}
    assert [(each.severity, each.line) for each in report.warnings] == [("warning", 2)]
    assert report.invalid_lines == 1
    alone = validated(doubtful)
    assert (alone.valid, alone.summary) == (True, None)


def test_the_first_1000_warnings_are_kept_beside_the_errors() -> None:
    doubtful = as_line(with_message(role="human", content=1))
    lines = [doubtful.replace(b"request-1", b"%d" % number) for number in range(600)]

    report = validated(b"\n".join([*lines, *[b"{}"] * 300]))

    assert (report.warning_count, len(report.warnings)) == (1200, 1000)
    assert (report.error_count, len(report.errors)) == (1200, 1000)


@pytest.mark.parametrize(
    ("data", "hint"),
    [
        (as_line(request(url="/chat/completions")), "did you mean /v1/chat/completions?"),
        (as_line(request(url="v1/embeddings")), "did you mean /v1/embeddings?"),
        (as_line(request(url="/v4/chat/completions")), "did you mean /v1/chat/completions?"),
        (as_line(request(url="https://x.y/v1/responses/")), "did you mean /v1/responses?"),
        (
            as_line(request(url="/openai/deployments/d/chat/completions?api-version=1")),
            "did you mean /v1/chat/completions?",
        ),
        (as_line(request(url="/v1/chat/completion")), "did you mean /v1/chat/completions?"),
        (as_line(request(url="/v1/images/edit")), "did you mean /v1/images/edits?"),
        (as_line(request()).decode().encode("utf-16"), "looks like UTF-16"),
        (as_line(request()).decode().encode("utf-16-be"), "looks like UTF-16"),
        (b"{\n" + as_line(request()), "looks pretty-printed"),
        (b'  "custom_id": "a",\n  },\n', "looks pretty-printed"),
        (as_line(request()) + b",\n", "looks like one JSON array"),
        (b"[" + as_line(request()) + b",\n", "looks like one JSON array"),
    ],
)
def test_a_message_says_what_the_mistake_looks_like(data: bytes, hint: str) -> None:
    assert hint in validated(data).errors[0].message


@pytest.mark.parametrize("url", ["/v1/nothing", "", "/", "x" * 9999, "/v1/models"])
def test_a_url_like_none_has_no_hint(url: str) -> None:
    assert "did you mean" not in validated(as_line(request() | {"url": url})).errors[0].message


FILES = Path(__file__).parent / "batch_files"
WARNED_FILES = {
    "role_unknown",
    "content_null_user",
    "empty_messages",
    "chat_stream_true",
    "chat_content_empty_array",
    "emb_2049_inputs",
    "compl_empty_string",
    "compl_null",
    "empty_input_first",
    "empty_input_with_a_space",
}
INVALID_FILES = {
    "utf16le_bom": ("invalid_encoding", "looks like UTF-16"),
    "pretty_json": ("invalid_json_line", "looks pretty-printed"),
    "url_no_v1_azure": ("invalid_url", "did you mean /v1/chat/completions?"),
    "url_full_host": ("invalid_url", "did you mean /v1/chat/completions?"),
    "duplicate_ids_hidden_by_a_key": ("duplicate_custom_id", "line 1"),
}


@pytest.mark.parametrize("path", sorted(FILES.iterdir()), ids=lambda path: path.stem)
def test_a_file_of_somebody_who_runs_batches_is_judged_as_it_runs(path: Path) -> None:
    report = validated(path.read_bytes())

    assert report.valid == (path.stem not in INVALID_FILES)
    assert bool(report.warnings) == (path.stem in WARNED_FILES)
    if path.stem in INVALID_FILES:
        code, words = INVALID_FILES[path.stem]
        assert report.errors[0].code == code
        assert words in report.errors[0].message


def test_duplicates_hidden_by_a_key_are_all_found() -> None:
    report = validated((FILES / "duplicate_ids_hidden_by_a_key.jsonl").read_bytes())

    assert report.counts == {"duplicate_custom_id": 4}


def test_the_same_lines_have_the_same_warnings_in_any_order() -> None:
    names = ("empty_input_first", "empty_input_with_a_space")
    one, other = (validated((FILES / f"{name}.jsonl").read_bytes()) for name in names)

    assert one.counts == other.counts == {"missing_required_parameter": 1}


@pytest.mark.parametrize("size", [1_200_000, 4_800_000])
def test_a_picture_in_a_line_is_fine(size: int) -> None:
    picture = "data:image/jpeg;base64," + base64.b64encode(bytes(size)).decode()
    parts = [{"type": "image_url", "image_url": {"url": picture}}, {"type": "text", "text": "?"}]

    assert warned(as_line(with_message(role="user", content=parts))) == []


def test_a_document_in_a_line_is_fine() -> None:
    document = "data:application/pdf;base64," + base64.b64encode(bytes(1_500_000)).decode()
    parts = [{"type": "input_file", "filename": "a.pdf", "file_data": document}]
    message = {"role": "user", "content": parts}

    assert warned(as_line(with_body("/v1/responses", input=[message]))) == []

from __future__ import annotations

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from urllib3.fields import RequestField
from urllib3.filepost import encode_multipart_formdata

from larder.api.http.multipart_form import MultipartForm, parse_form
from larder.api.http.multipart_parts import MAX_HEADER_BYTES, MAX_PARTS, MalformedMultipartError
from larder.domain.filenames import InvalidFilenameError

CONTENT_TYPE = "multipart/form-data; boundary=cut"
KNOWN = {"purpose", "expires_after[anchor]", "expires_after[seconds]"}


def part(disposition: str | bytes, data: bytes = b"x", *headers: str) -> bytes:
    value = disposition if isinstance(disposition, bytes) else disposition.encode()
    lines = [b"--cut", b"Content-Disposition: " + value, *(header.encode() for header in headers)]
    return b"\r\n".join([*lines, b"", data, b""])


def parse(*parts: bytes) -> MultipartForm:
    return read(CONTENT_TYPE, b"".join(parts) + b"--cut--\r\n")


def read(content_type: str | None, body: bytes) -> MultipartForm:
    return parse_form(content_type, body, known_fields=KNOWN)


def filename_of(disposition: str | bytes) -> str:
    file = parse(part(disposition)).file
    assert file is not None
    return file.filename


FILE = part('form-data; name="file"; filename="a.jsonl"', b"{}\n", "Content-Type: text/plain")
PURPOSE = part('form-data; name="purpose"', b"batch")


@pytest.mark.parametrize("order", [(FILE, PURPOSE), (PURPOSE, FILE)])
def test_parts_are_accepted_in_any_order(order: tuple[bytes, ...]) -> None:
    form = parse(*order)

    assert form.fields == {"purpose": "batch"}
    assert form.file is not None
    assert (form.file.filename, form.file.content_type, form.file.data) == (
        "a.jsonl",
        "text/plain",
        b"{}\n",
    )


def test_nested_field_names_of_the_sdks_are_kept_unchanged() -> None:
    form = parse(
        part('form-data; name="expires_after[anchor]"', b"created_at"),
        part('form-data; name="expires_after[seconds]"', b"3600"),
    )

    assert form.fields == {"expires_after[anchor]": "created_at", "expires_after[seconds]": "3600"}
    assert form.file is None


def test_a_form_without_parts_has_neither_fields_nor_file() -> None:
    assert read(CONTENT_TYPE, b"--cut--\r\n") == MultipartForm({}, None)


def test_of_unknown_parts_only_the_names_are_kept_even_when_repeated_or_not_text() -> None:
    unknown = part('form-data; name="colour"', b"\xff")
    other_file = part('form-data; name="avatar"; filename="me.png"')

    form = parse(unknown, unknown, other_file)

    assert form == MultipartForm({}, None, frozenset({"colour", "avatar"}))


def test_the_callers_own_field_names_replace_those_of_the_files_api() -> None:
    body = part('form-data; name="folderId"', b"f1") + PURPOSE + b"--cut--"

    form = parse_form(CONTENT_TYPE, body, known_fields={"folderId"})

    assert form.fields == {"folderId": "f1"}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\r\n",
        b"--cut--\r\n",
        b"x--cut\r\n",
        b"\n--cut\n",
        b"\r\n--cu\r\n--cu",
        b"\r\n-cut\r\n\r--cut",
        b'line\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nvision\r\n',
        bytes(range(256)) * 300,
    ],
)
def test_data_that_resembles_a_delimiter_survives_byte_for_byte(data: bytes) -> None:
    file = parse(part('form-data; name="file"; filename="a"', data), PURPOSE).file

    assert file is not None
    assert file.data == data


@pytest.mark.parametrize(
    ("disposition", "expected"),
    [
        ('form-data; name="file"; filename="a.jsonl"', "a.jsonl"),
        ("form-data; name=file; filename=a.jsonl", "a.jsonl"),
        ('form-data; filename="a.jsonl"; name="file"', "a.jsonl"),
        ('FORM-DATA; NAME="file"; FILENAME="a.jsonl";', "a.jsonl"),
        ('form-data; name="file"; filename="größe 日本 🍏.jsonl"', "größe 日本 🍏.jsonl"),
        (
            'form-data; name="file"; filename="a; filename*=UTF-8\'\'b.txt"',
            "a; filename*=UTF-8''b.txt",
        ),
        # How browsers and curl 7.81 and later quote, then how older clients do.
        ('form-data; name="file"; filename="say %22hi%22.txt"', 'say "hi".txt'),
        (r'form-data; name="file"; filename="say \"hi\".txt"', 'say "hi".txt'),
        ('form-data; name="file"; filename="100%25.txt"', "100%25.txt"),
        ('form-data; name="file"; filename="../../etc/passwd"', "passwd"),
        (r'form-data; name="file"; filename="C:\Users\me\a.txt"', "a.txt"),
        (r'form-data; name="file"; filename="dir\..\b/c\d.txt"', "d.txt"),
    ],
)
def test_the_filename_is_the_last_path_segment_unquoted(disposition: str, expected: str) -> None:
    assert filename_of(disposition) == expected


@pytest.mark.parametrize(
    ("extended", "expected"),
    [
        ("UTF-8''na%C3%AFve%20plan.txt", "naïve plan.txt"),
        ("utf-8'en'%e2%82%ac.txt", "€.txt"),
        ("ISO-8859-1''na%EFve.txt", "naïve.txt"),
        ("\"UTF-8''quoted.txt\"", "quoted.txt"),
        ("UTF-8''..%2F..%2Fpasswd", "passwd"),
        ("UTF-8''%FF.txt", "plain.txt"),
        ("UTF-8''%4.txt", "plain.txt"),
        ("KOI8-R''%C1.txt", "plain.txt"),
        ("no-charset.txt", "plain.txt"),
    ],
)
def test_a_valid_filename_star_wins_over_filename(extended: str, expected: str) -> None:
    assert filename_of(f'form-data; name="file"; filename="plain.txt"; filename*={extended}') == (
        expected
    )


def test_filename_star_alone_is_enough() -> None:
    assert filename_of("form-data; name=\"file\"; filename*=UTF-8''a.txt") == "a.txt"


@pytest.mark.parametrize(
    "content_type", [None, "", "application/json", "multipart/mixed; boundary=cut"]
)
def test_another_content_type_is_refused_and_named(content_type: str | None) -> None:
    with pytest.raises(MalformedMultipartError, match="Send the file as multipart/form-data"):
        read(content_type, FILE + b"--cut--")


@pytest.mark.parametrize(
    "content_type", ["multipart/form-data", 'multipart/form-data; boundary=""']
)
def test_the_error_for_a_missing_boundary_says_what_to_do(content_type: str) -> None:
    with pytest.raises(MalformedMultipartError, match="let your HTTP client set this header"):
        read(content_type, FILE + b"--cut--")


def test_an_empty_body_is_reported_as_incomplete() -> None:
    with pytest.raises(MalformedMultipartError, match=r"ends before its closing .*\(0 bytes"):
        read(CONTENT_TYPE, b"")


@pytest.mark.parametrize(
    "body",
    [
        b'{"purpose": "batch"}',
        b"--other\r\n\r\n\r\n--other--\r\n",
        b"--cut\nContent-Disposition: form-data; name=file\n\nx\n--cut--\n",
        b"--cut\r\nno colon\r\n\r\nx\r\n--cut--",
        b"--cut\r\n\r\nno header\r\n--cut--",
        b"--cut\r\nContent-Type: text/plain\r\n\r\nx\r\n--cut--",
        part("form-data") + b"--cut--",
        part("form-data; filename=a") + b"--cut--",
        part('attachment; name="file"; filename="a"') + b"--cut--",
        part('form-data; name="file"; filename=my plan.txt') + b"--cut--",
        part('form-data; name="file"; filename="open') + b"--cut--",
        part('form-data; name="file"; filename=größe.txt') + b"--cut--",
        part('form-data; name="file"; name="purpose"; filename="a"') + b"--cut--",
        part('form-data; name="file"; filename="a"', b"x", "Content-Disposition: form-data; name=b")
        + b"--cut--",
        part('form-data; name="file"; filename="a"', b"x", "Content-Length: 2") + b"--cut--",
        part(b'form-data; name="file"; filename="\xff.txt"') + b"--cut--",
        part(b'form-data; name="purp\xff"') + b"--cut--",
        part('form-data; name="file"; filename="a"', b"x\r\n--cut-and-more") + b"--cut--",
    ],
)
def test_a_malformed_body_is_refused(body: bytes) -> None:
    with pytest.raises(MalformedMultipartError, match="malformed"):
        read(CONTENT_TYPE, body)


@pytest.mark.parametrize(
    "disposition",
    [b'form-data; name="file"; filename="\xff.txt"', 'form-data; name="größe"'.encode("latin-1")],
)
def test_the_error_for_a_name_that_is_not_utf8_says_how_to_send_it(disposition: bytes) -> None:
    with pytest.raises(MalformedMultipartError, match=r"is not UTF-8\. Send it in UTF-8, or as"):
        parse(part(disposition))


@pytest.mark.parametrize("extended", ["UTF-8''%FF.txt", "KOI8-R''%C1.txt", "plain.txt"])
def test_the_error_for_an_unreadable_filename_star_says_how_to_send_it(extended: str) -> None:
    with pytest.raises(MalformedMultipartError, match="send it as percent-encoded") as refusal:
        parse(part(f'form-data; name="file"; filename*={extended}'))

    assert refusal.value.param == "file"


def test_a_field_value_that_is_not_utf8_names_the_field() -> None:
    with pytest.raises(MalformedMultipartError, match="not UTF-8") as refusal:
        parse(part('form-data; name="purpose"', b"b\xe4tch"))

    assert refusal.value.param == "purpose"


@pytest.mark.parametrize(("twice", "param"), [(FILE, "file"), (PURPOSE, "purpose")])
def test_a_known_part_sent_twice_is_refused(twice: bytes, param: str) -> None:
    with pytest.raises(
        MalformedMultipartError, match=f"{param} was sent more than once"
    ) as refusal:
        parse(twice, twice)

    assert refusal.value.param == param


def test_the_error_for_a_file_sent_as_a_plain_field_says_how_to_send_it() -> None:
    with pytest.raises(
        MalformedMultipartError, match="file must be sent as a file part"
    ) as refusal:
        parse(part('form-data; name="file"', b"{}"))

    assert refusal.value.param == "file"
    assert "-F file=@requests.jsonl" in refusal.value.message


def test_a_field_sent_as_a_file_is_refused() -> None:
    with pytest.raises(MalformedMultipartError, match="purpose must be sent as a plain form field"):
        parse(part('form-data; name="purpose"; filename="blob"', b"batch"))


def test_encoded_file_bytes_are_refused_rather_than_stored_encoded() -> None:
    encoded = part(
        'form-data; name="file"; filename="a"', b"e30K", "Content-Transfer-Encoding: Base64"
    )

    with pytest.raises(MalformedMultipartError, match="send the bytes of the file as they are"):
        parse(encoded)


def test_a_binary_transfer_encoding_changes_nothing() -> None:
    file = parse(
        part('form-data; name="file"; filename="a"', b"{}", "content-transfer-encoding: binary")
    ).file

    assert file is not None
    assert file.data == b"{}"


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("Content-Type: Application/JSONL; charset=utf-8", "application/jsonl"),
        ("Content-Type: nonsense", None),
        ("Content-Type: text/pl\x00ain", None),
        ("X-Note: none stated", None),
    ],
)
def test_the_media_type_is_the_stated_one_without_parameters(
    header: str, expected: str | None
) -> None:
    file = parse(part('form-data; name="file"; filename="a"', b"{}", header)).file

    assert file is not None
    assert file.content_type == expected


def test_one_part_more_than_allowed_is_refused() -> None:
    unknown = [part(f"form-data; name=x{number}") for number in range(MAX_PARTS - 1)]
    assert parse(*unknown, PURPOSE).fields == {"purpose": "batch"}

    with pytest.raises(MalformedMultipartError, match="at most 64 parts"):
        parse(*unknown, PURPOSE, FILE)


@pytest.mark.parametrize(
    "headers",
    [
        ["X-Padding: " + "x" * MAX_HEADER_BYTES],
        [f"X-Padding-{number}: x" for number in range(9)],
    ],
)
def test_oversized_part_headers_are_refused(headers: list[str]) -> None:
    with pytest.raises(MalformedMultipartError, match="over a limit"):
        parse(part('form-data; name="file"; filename="a"', b"x", *headers))


def test_line_breaks_as_browsers_encode_them_are_refused() -> None:
    with pytest.raises(InvalidFilenameError) as refusal:
        filename_of('form-data; name="file"; filename="a%0D%0Ab.txt"')

    assert refusal.value.param == "file"


names = (
    st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"], exclude_characters="/\\"))
    .filter(lambda name: name.replace(".", "").strip() and len(name.encode()) <= 255)
    # The browsers' quoting is ambiguous for names that contain its escapes literally.
    .filter(lambda name: not any(escape in name for escape in ("%22", "%0D", "%0A")))
)
# Short pieces of a delimiter, so that data comes close to one far more often than by chance.
payloads = st.lists(
    st.sampled_from([b"\r\n", b"\r", b"\n", b"--", b"-", b"cut", b"cu", b"\r\n--cu", b"\0"])
    | st.binary(max_size=8),
    max_size=24,
).map(b"".join)


@given(name=names, data=payloads, purpose=st.text(st.characters(exclude_categories=["Cs"])))
@example(name="requests.jsonl", data=b"\r\n--cu", purpose="batch")
def test_another_implementations_forms_are_read_and_refused_when_incomplete(
    name: str, data: bytes, purpose: str
) -> None:
    assume(b"\r\n--cut" not in b"\r\n" + data)
    assume("--cut" not in purpose)
    file = RequestField("file", data, filename=name)
    file.make_multipart(content_type="application/octet-stream")
    body, content_type = encode_multipart_formdata([file, ("purpose", purpose)], boundary="cut")

    form = read(content_type, body)

    assert form.fields == {"purpose": purpose}
    assert form.file is not None
    assert (form.file.filename, form.file.data) == (name, data)
    for length in range(len(body.removesuffix(b"\r\n"))):
        with pytest.raises(MalformedMultipartError):
            read(content_type, body[:length])


@given(
    content_type=st.just(CONTENT_TYPE) | st.text(),
    body=st.lists(payloads | st.sampled_from([FILE, PURPOSE, b"--cut\r\n", b"--cut--"])).map(
        b"".join
    ),
)
def test_any_input_is_read_or_refused(content_type: str, body: bytes) -> None:
    try:
        form = read(content_type, body)
    except (MalformedMultipartError, InvalidFilenameError):
        return

    assert form.file is None or form.file.data in body

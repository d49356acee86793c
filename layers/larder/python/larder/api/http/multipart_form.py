"""Parses the multipart/form-data body of a file upload (RFC 7578)."""

import hashlib
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from urllib.parse import unquote_to_bytes

from multipart import (  # type: ignore[import-untyped]
    MultipartError,
    MultipartSegment,
    ParserLimitReached,
    PushMultipartParser,
    content_disposition_unquote,
    parse_options_header,
)

from larder.domain.errors import InvalidParameterError
from larder.domain.filenames import clean_filename

MAX_PARTS = 64
MAX_HEADERS = 8
MAX_HEADER_BYTES = 4224

# Possessive quantifiers: hostile headers must not cost backtracking.
_PARAMETER = (
    r";[ \t]*+([A-Za-z0-9_-]++\*?)[ \t]*+=[ \t]*+"
    r"""("(?:\\.|[^\\"])*+"|[a-zA-Z0-9!#$%&'*+.^_`|~-]++)[ \t]*+"""
)
_PARAMETERS = re.compile(_PARAMETER)
_DISPOSITION = re.compile(rf"form-data[ \t]*+(?:{_PARAMETER})++;?[ \t]*+", re.IGNORECASE)
_MEDIA_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]+/[a-z0-9!#$&^_.+-]+")
# RFC 8187 section 3.2.1: charset ' [language] ' *( percent-encoded / attr-char )
_EXTENDED_VALUE = re.compile(
    r"(utf-8|iso-8859-1)'[A-Za-z0-9-]*'((?:%[0-9A-Fa-f]{2}|[A-Za-z0-9!#$&+.^_`|~-])*)",
    re.IGNORECASE,
)
_PLAIN_ENCODINGS = frozenset({"7bit", "8bit", "binary"})


class MalformedMultipartError(InvalidParameterError):
    """The form is malformed; `param` is None when the fault is not in one field."""


@dataclass(frozen=True, slots=True)
class FilePart:
    """The uploaded file: its cleaned name, the media type the client states, its exact bytes."""

    filename: str
    content_type: str | None
    data: bytes


@dataclass(frozen=True, slots=True)
class MultipartForm:
    """A form: its known text fields by name, its file, if it has one, the names of other parts."""

    fields: Mapping[str, str]
    file: FilePart | None
    unknown: frozenset[str] = frozenset()


def parse_form(
    content_type: str | None,
    body: bytes,
    *,
    known_fields: Collection[str],
    file_field: str = "file",
    list_fields: Collection[str] = (),
) -> MultipartForm:
    """Parse a form. Its parts may come in any order; of unknown parts only the names are kept.

    Args:
        content_type: the request's Content-Type header with its boundary.
        body: the request body as raw bytes, not base64.
        known_fields: the text fields to return, each allowed once.
        file_field: the name of the part that carries the file.
        list_fields: the text fields to return whose values are joined by commas.

    Raises:
        MalformedMultipartError: not a form, cut short, malformed, over `MAX_PARTS` parts,
            `MAX_HEADERS` headers a part or `MAX_HEADER_BYTES` bytes a header line, a known part
            sent twice, the file without a filename, or text that is not UTF-8.
        InvalidFilenameError: see `clean_filename`.
    """
    fields: dict[str, str] = {}
    file: FilePart | None = None
    unknown: set[str] = set()
    for segment, data in _parts(_boundary(content_type), body):
        parameters = _disposition_parameters(segment)
        name = content_disposition_unquote(parameters.get("name", ""))
        if name == file_field:
            if file is not None:
                raise _sent_twice(name)
            file = _file_part(name, parameters, segment, data)
        elif name in known_fields:
            if name in fields:
                raise _sent_twice(name)
            fields[name] = _text(name, parameters, data)
        elif name in list_fields:
            sent = [fields[name]] if name in fields else []
            fields[name] = ",".join([*sent, _text(name, parameters, data)])
        else:
            unknown.add(name)
    return MultipartForm(MappingProxyType(fields), file, frozenset(unknown))


def sole_part(content_type: str | None, body: bytes, *, name: str) -> bytes:
    """Return the bytes of the part `name`, with or without a filename; others are skipped.

    Raises:
        MalformedMultipartError: as for `parse_form`, or there is no such part.
    """
    found = [
        data
        for segment, data in _parts(_boundary(content_type), body)
        if content_disposition_unquote(_disposition_parameters(segment).get("name", "")) == name
    ]
    if len(found) > 1:
        raise _sent_twice(name)
    if not found:
        raise MalformedMultipartError(f"The form has no part named '{name}'.", param=name)
    return found[0]


def part_digests(content_type: str | None, body: bytes) -> list[str]:
    """Return a digest of each part of the form, its name and filename included.

    Raises:
        MalformedMultipartError: as for `parse_form`.
    """
    return [
        hashlib.sha256(
            repr(sorted(_disposition_parameters(segment).items())).encode() + data
        ).hexdigest()
        for segment, data in _parts(_boundary(content_type), body)
    ]


def _boundary(content_type: str | None) -> str:
    media_type, options = parse_options_header(content_type or "")
    if media_type != "multipart/form-data":
        sent = f"Content-Type {media_type!r}" if media_type else "no Content-Type"
        message = f"Send the file as multipart/form-data; this request has {sent}."
        raise MalformedMultipartError(message)
    boundary = options.get("boundary")
    if not boundary:
        message = (
            "The Content-Type multipart/form-data has no boundary: let your HTTP client set this "
            "header itself instead of writing it by hand."
        )
        raise MalformedMultipartError(message)
    return str(boundary)


def _parts(boundary: str, body: bytes) -> list[tuple[MultipartSegment, bytes]]:
    parts: list[tuple[MultipartSegment, bytes]] = []
    chunks: list[bytes] = []
    segment: MultipartSegment | None = None
    read_to_the_end = False
    try:
        with PushMultipartParser(
            boundary,
            max_header_size=MAX_HEADER_BYTES,
            max_header_count=MAX_HEADERS,
            max_segment_count=MAX_PARTS,
            strict=True,
        ) as parser:
            for event in parser.parse(body):
                if isinstance(event, MultipartSegment):
                    segment, chunks = event, []
                elif event is not None:
                    chunks.append(event)
                elif segment is not None:
                    # Given the whole body, the parser makes one chunk: join returns it uncopied.
                    parts.append((segment, b"".join(chunks)))
            read_to_the_end = True
    except ParserLimitReached as error:
        message = (
            f"The multipart body is over a limit ({error.args[0]}): send at most {MAX_PARTS} "
            f"parts, each with at most {MAX_HEADERS} headers of {MAX_HEADER_BYTES} bytes."
        )
        raise MalformedMultipartError(message) from error
    except MultipartError as error:
        if read_to_the_end or not body:
            message = (
                "The multipart body ends before its closing boundary "
                f"({len(body)} bytes arrived): send it again, whole."
            )
        else:
            message = f"The multipart body is malformed: {error.args[0]}."
        raise MalformedMultipartError(message) from error
    return parts


def _disposition_parameters(segment: MultipartSegment) -> dict[str, str]:
    # The parser ignores parameters that it does not understand, filename* included, and takes the
    # last of two. A wrong name would be stored without notice, so this reads them strictly.
    values = [value for name, value in segment.headerlist if name == "Content-Disposition"]
    pairs = _PARAMETERS.findall(values[0]) if _DISPOSITION.fullmatch(values[0]) else []
    parameters = {key.lower(): value for key, value in pairs}
    if len(values) > 1 or not pairs or len(parameters) < len(pairs):
        message = (
            f"The part header 'Content-Disposition: {values[0][:200]}' is malformed: expected "
            'form-data; name="file"; filename="requests.jsonl", with each parameter once.'
        )
        raise MalformedMultipartError(message)
    return parameters


def _file_part(
    name: str, parameters: Mapping[str, str], segment: MultipartSegment, data: bytes
) -> FilePart:
    encoding = str(segment.header("Content-Transfer-Encoding", "binary")).strip().lower()
    if encoding not in _PLAIN_ENCODINGS:
        message = (
            f"The part {name!r} has Content-Transfer-Encoding {encoding!r}: "
            "send the bytes of the file as they are (RFC 7578 section 4.7)."
        )
        raise MalformedMultipartError(message, param=name)
    filename = _extended_value(parameters.get("filename*", ""))
    if filename is None and "filename" in parameters:
        filename = content_disposition_unquote(parameters["filename"], filename=True)
    if filename is None:
        message = (
            f"{name} must be sent as a file part with a filename. With curl: "
            f"-F {name}=@requests.jsonl (with @, not <). "
            f"In JavaScript: form.append({name!r}, blob, 'requests.jsonl')."
        )
        raise MalformedMultipartError(message, param=name)
    stated = segment.content_type or ""
    media_type = stated if _MEDIA_TYPE.fullmatch(stated) else None
    return FilePart(clean_filename(filename, param=name), media_type, data)


def _extended_value(value: str) -> str | None:
    match = _EXTENDED_VALUE.fullmatch(value.strip('"'))
    if match is None:
        return None
    charset, encoded = match.groups()
    try:
        return unquote_to_bytes(encoded).decode(charset)
    except UnicodeDecodeError:
        return None


def _text(name: str, parameters: Mapping[str, str], data: bytes) -> str:
    if "filename" in parameters or "filename*" in parameters:
        message = f"{name} must be sent as a plain form field, not as a file."
        raise MalformedMultipartError(message, param=name)
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        message = f"The value of {name} is not UTF-8: send it encoded in UTF-8."
        raise MalformedMultipartError(message, param=name) from error


def _sent_twice(name: str) -> MalformedMultipartError:
    return MalformedMultipartError(f"{name} was sent more than once: send it once.", param=name)

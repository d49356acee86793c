"""Parses the form of a file upload: its text fields and its file."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from urllib.parse import unquote_to_bytes

from multipart import (  # type: ignore[import-untyped]
    MultipartSegment,
    content_disposition_unquote,
)

from larder.api.http.multipart_parts import MalformedMultipartError, parts_of
from larder.domain.filenames import clean_filename

_MEDIA_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]+/[a-z0-9!#$&^_.+-]+")
# RFC 8187 section 3.2.1: charset ' [language] ' *( percent-encoded / attr-char )
_EXTENDED_VALUE = re.compile(
    r"(utf-8|iso-8859-1)'[A-Za-z0-9-]*'((?:%[0-9A-Fa-f]{2}|[A-Za-z0-9!#$&+.^_`|~-])*)",
    re.IGNORECASE,
)
_PLAIN_ENCODINGS = frozenset({"7bit", "8bit", "binary"})


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
        MalformedMultipartError: see `parts_of`; or a known part is sent twice, the file has no
            filename, or a text is not UTF-8.
        InvalidFilenameError: see `clean_filename`.
    """
    fields: dict[str, str] = {}
    file: FilePart | None = None
    unknown: set[str] = set()
    for segment, parameters, data in parts_of(content_type, body):
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
        for _, parameters, data in parts_of(content_type, body)
        if content_disposition_unquote(parameters.get("name", "")) == name
    ]
    if len(found) > 1:
        raise _sent_twice(name)
    if not found:
        raise MalformedMultipartError(
            f"The form has no part named '{name}': send the bytes as one (curl: -F {name}=@part).",
            param=name,
        )
    return found[0]


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
    if filename is None and "filename*" in parameters:
        message = (
            f"The filename* of {name} cannot be read: send it as percent-encoded UTF-8, such as "
            "filename*=UTF-8''na%C3%AFve.txt (RFC 8187)."
        )
        raise MalformedMultipartError(message, param=name)
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

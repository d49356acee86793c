"""The parts of a multipart/form-data body, as they were sent (RFC 7578)."""

import hashlib
import re

from multipart import (  # type: ignore[import-untyped]
    MultipartError,
    MultipartSegment,
    ParserLimitReached,
    PushMultipartParser,
    parse_options_header,
)

from larder.domain.errors import InvalidParameterError

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


class MalformedMultipartError(InvalidParameterError):
    """The form is malformed; `param` is None when the fault is not in one field."""


def parts_of(
    content_type: str | None, body: bytes
) -> list[tuple[MultipartSegment, dict[str, str], bytes]]:
    """Return each part of the form, the parameters of its disposition, and its bytes.

    Raises:
        MalformedMultipartError: not a form, cut short, malformed, over `MAX_PARTS` parts,
            `MAX_HEADERS` headers a part or `MAX_HEADER_BYTES` bytes a header line.
    """
    parts = _parts(_boundary(content_type), body)
    return [(segment, _disposition_parameters(segment), data) for segment, data in parts]


def part_digests(content_type: str | None, body: bytes) -> list[str]:
    """Return a digest of each part of the form, its name and filename included.

    Raises:
        MalformedMultipartError: see `parts_of`.
    """
    return [
        hashlib.sha256(repr(sorted(parameters.items())).encode() + data).hexdigest()
        for _, parameters, data in parts_of(content_type, body)
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
        if isinstance(error.__context__, UnicodeDecodeError):
            message = (
                "A header of the multipart body is malformed: the name or the filename of a part "
                "is not UTF-8. Send it in UTF-8, or as filename*=UTF-8''na%C3%AFve.txt."
            )
        elif read_to_the_end or not body:
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

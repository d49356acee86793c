"""What kind of file it is, as far as its sender and its name tell.

Only ever shown and searched for: what a browser gets is a download of no particular type.
"""

from __future__ import annotations

import mimetypes

UNKNOWN = "application/octet-stream"

MAX_MEDIA_TYPE = 255

# Python's own table and no other: the system's differs from machine to machine.
_BY_NAME = mimetypes.MimeTypes()
for _extension, _media_type in {
    ".jsonl": "application/jsonl",
    ".ndjson": "application/x-ndjson",
    ".md": "text/markdown",
    ".parquet": "application/vnd.apache.parquet",
    ".yaml": "application/yaml",
    ".yml": "application/yaml",
    ".webp": "image/webp",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}.items():
    _BY_NAME.add_type(_media_type, _extension)


def media_type_of(filename: str, claimed: str | None) -> str:
    """Return the media type that the sender claimed, else the one that the name suggests.

    `application/octet-stream`, which many clients send for want of a better one, claims nothing.
    Type and subtype, by which people search, are in lower case (RFC 9110, 8.3.1).
    """
    essence, *parameters = (claimed or "").strip().split(";")
    essence = essence.strip().lower()
    if essence not in {"", UNKNOWN} and len(claimed or "") <= MAX_MEDIA_TYPE:
        return ";".join([essence, *parameters])
    guessed, encoding = _BY_NAME.guess_file_type(filename)
    if encoding is not None:
        # The type is that of what is inside: "a.csv.gz" is no text.
        return {"gzip": "application/gzip", "bzip2": "application/x-bzip2"}.get(encoding, UNKNOWN)
    return guessed or UNKNOWN

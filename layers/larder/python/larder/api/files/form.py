"""The form of `POST /v1/files`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from larder.api.http.multipart_form import FilePart, parse_form
from larder.domain.errors import InvalidParameterError
from larder.domain.files import Purpose

if TYPE_CHECKING:
    from collections.abc import Mapping

_SECONDS = re.compile(r"[0-9]{1,12}")


@dataclass(frozen=True, slots=True)
class FileForm:
    """The form's fields, None if missing; `expires_after` in seconds, `sha256` in hex."""

    file: FilePart
    purpose: str
    folder_id: str | None
    expires_after: int | None
    sha256: str | None


def file_form(content_type: str | None, body: bytes) -> FileForm:
    """Parse the form.

    Raises:
        InvalidParameterError: it cannot be read, has no file, or a field is malformed.
    """
    form = parse_form(content_type, body)
    if form.file is None:
        raise InvalidParameterError(
            "The form has no file: send it as a part named 'file' with a filename "
            "(curl: -F file=@requests.jsonl).",
            param="file",
        )
    return FileForm(
        file=form.file,
        purpose=form.fields.get("purpose", Purpose.BATCH),
        folder_id=form.fields.get("folder_id"),
        expires_after=_expires_after(form.fields),
        sha256=form.fields.get("sha256"),
    )


def _expires_after(fields: Mapping[str, str]) -> int | None:
    anchor = fields.get("expires_after[anchor]")
    seconds = fields.get("expires_after[seconds]")
    if anchor not in {None, "created_at"}:
        raise InvalidParameterError(
            "expires_after[anchor] must be 'created_at'.", param="expires_after[anchor]"
        )
    if seconds is None and anchor is None:
        return None
    if seconds is None or not _SECONDS.fullmatch(seconds):
        raise InvalidParameterError(
            "expires_after[seconds] must be a whole number of seconds.",
            param="expires_after[seconds]",
        )
    return int(seconds)

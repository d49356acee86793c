"""The form of `POST /v1/files`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import ValidationError

from larder.api.http.expires_after import ExpiresAfter, refuse_other_expiry
from larder.api.http.multipart_form import FilePart, parse_form
from larder.domain.errors import InvalidParameterError
from larder.domain.files import Purpose

if TYPE_CHECKING:
    from collections.abc import Mapping

FIELDS = frozenset(
    {
        "purpose",
        "expires_after",
        "expires_after[anchor]",
        "expires_after[seconds]",
        "expires_after.anchor",
        "expires_after.seconds",
        "folder_id",
        "sha256",
    }
)
"""The form's text fields. The expiry comes as OpenAI's SDKs write it, dotted, or as JSON."""

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
    form = parse_form(content_type, body, known_fields=FIELDS)
    refuse_other_expiry(
        form.unknown,
        instead="send expires_after[anchor]=created_at and expires_after[seconds]=3600",
    )
    if form.file is None:
        raise InvalidParameterError(
            "The form has no file: send it as a part named 'file' with a filename "
            "(curl: -F file=@requests.jsonl).",
            param="file",
        )
    return FileForm(
        file=form.file,
        purpose=form.fields.get("purpose", Purpose.BATCH),
        # An empty field stands for none.
        folder_id=form.fields.get("folder_id") or None,
        expires_after=_expires_after(form.fields),
        sha256=form.fields.get("sha256"),
    )


def _expires_after(fields: Mapping[str, str]) -> int | None:
    given = sorted(name for name in fields if name.startswith("expires_after"))
    if "expires_after" in given:
        if len(given) > 1:
            raise InvalidParameterError(
                f"The expiry was sent twice, as {given[0]} and {given[1]}: send it once.",
                param="expires_after",
            )
        return _from_json(fields["expires_after"])
    anchor = _one_of(fields, "expires_after[anchor]", "expires_after.anchor")
    seconds = _one_of(fields, "expires_after[seconds]", "expires_after.seconds")
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


def _one_of(fields: Mapping[str, str], name: str, other: str) -> str | None:
    if name in fields and other in fields:
        raise InvalidParameterError(f"{name} was sent as {other} too: send it once.", param=name)
    return fields.get(name, fields.get(other))


def _from_json(value: str) -> int:
    try:
        return ExpiresAfter.model_validate_json(value).seconds
    except ValidationError as invalid:
        raise InvalidParameterError(
            "expires_after as one field must be JSON, such as "
            '{"anchor": "created_at", "seconds": 3600}.',
            param="expires_after",
        ) from invalid

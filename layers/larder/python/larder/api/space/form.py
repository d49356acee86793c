"""The form of `POST /v1/storage/files`."""

from __future__ import annotations

from dataclasses import dataclass

from larder.api.http.expires_after import refuse_other_expiry
from larder.api.http.multipart_form import FilePart, parse_form
from larder.domain.errors import InvalidParameterError


@dataclass(frozen=True, slots=True)
class SpaceForm:
    """The form's fields."""

    file: FilePart
    folder_id: str | None
    tags: tuple[str, ...]


def space_form(content_type: str | None, body: bytes) -> SpaceForm:
    """Parse the form; `tags` may be several fields, or one with commas between the tags.

    Raises:
        InvalidParameterError: it cannot be read, has no file, or says when the file expires.
    """
    form = parse_form(content_type, body, known_fields={"folderId"}, list_fields={"tags"})
    refuse_other_expiry(
        form.unknown, instead="send it to POST /v1/files, which takes expires_after[seconds]"
    )
    if form.file is None:
        raise InvalidParameterError(
            "The form has no file: send it as a part named 'file' with a filename "
            "(curl: -F file=@report.pdf).",
            param="file",
        )
    tags = form.fields.get("tags", "").split(",")
    return SpaceForm(
        file=form.file,
        # An empty field stands for none.
        folder_id=form.fields.get("folderId") or None,
        tags=tuple(tag for tag in tags if tag.strip()),
    )

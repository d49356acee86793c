"""Rename, move, tag or mark a file."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from larder.domain.errors import ContentionError
from larder.domain.filenames import checked_name
from larder.domain.folders import folder_id_from
from larder.domain.tags import checked_tag, checked_tags
from larder.services.budget import attempts
from larder.services.files.get import get_file

if TYPE_CHECKING:
    from larder.domain.files import File
    from larder.domain.ids import TenantId
    from larder.services.clock import Clock
    from larder.services.files.ports import FileRecords


@dataclass(frozen=True, slots=True)
class FileChanges:
    """The changes; None leaves a field as it is. `folder` is an id, or `root` for no folder.

    `tags` replaces all tags, before `add_tags` and `remove_tags` are applied.
    """

    name: str | None = None
    folder: str | None = None
    tags: tuple[str, ...] | None = None
    add_tags: tuple[str, ...] = ()
    remove_tags: tuple[str, ...] = ()
    favorite: bool | None = None


def update_file(
    tenant: TenantId, file_id: str, changes: FileChanges, *, files: FileRecords, clock: Clock
) -> File:
    """Change the file and return it. Concurrent changes to other fields are kept.

    Raises:
        InvalidParameterError: a name or a tag is not acceptable, or there are too many tags.
        NotFoundError: there is no such file, or no such folder, for this project.
        ContentionError: too many concurrent changes to the file.
    """
    for _ in attempts():
        file = get_file(tenant, file_id, files=files, clock=clock)
        changed = _changed(file, changes)
        if changed == file:
            return file
        changed = replace(changed, revised_at=int(clock()), revision=file.revision + 1)
        if files.revise(tenant, file, changed):
            return changed
    raise ContentionError


def _changed(file: File, changes: FileChanges) -> File:
    removed = {checked_tag(tag, param="remove_tags") for tag in changes.remove_tags}
    kept = file.tags if changes.tags is None else checked_tags(changes.tags, param="tags")
    added = [checked_tag(tag, param="add_tags") for tag in changes.add_tags]
    return replace(
        file,
        filename=file.filename
        if changes.name is None
        else checked_name(changes.name, param="name"),
        folder_id=file.folder_id
        if changes.folder is None
        else folder_id_from(changes.folder, param="folder_id"),
        tags=checked_tags((tag for tag in (*kept, *added) if tag not in removed), param="add_tags"),
        favorite=file.favorite if changes.favorite is None else changes.favorite,
    )

"""Folders and files to begin a test of the Space with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from larder.domain.files import File
from larder.domain.folders import Folder
from tests.samples import TENANT

if TYPE_CHECKING:
    from larder.domain.ids import FileId, FolderId
    from tests.property.space import Space


def a_folder(world: Space, name: str = "a", parent: FolderId | None = None) -> FolderId:
    folder = world.finish(world.create_folder(TENANT, name, parent)).result
    assert isinstance(folder, Folder)
    return folder.id


def a_file(
    world: Space,
    folder: FolderId | None = None,
    *,
    settled: bool = True,
    expires_after: int | None = None,
) -> FileId:
    file = world.finish(
        world.create_file(TENANT, 10, "user_data", expires_after, folder=folder)
    ).result
    assert isinstance(file, File)
    if settled:
        world.drain()
    return file.id


def a_trashed_file(world: Space, folder: FolderId | None = None, *, settled: bool = True) -> FileId:
    file_id = a_file(world, folder, settled=settled)
    world.finish(world.trash(TENANT, file_id))
    if settled:
        world.drain()
    return file_id

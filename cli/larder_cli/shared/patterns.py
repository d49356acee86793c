"""Wildcards in paths of the Space: `/Projects/*/report-?.pdf`. Quote them from the shell.

Imported only for a path that has one.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, TypeVar

from larder_client.space.models import ROOT, Folder, SpaceFile
from larder_client.space.names import folded
from larder_client.space.paths import names_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from larder_client import Client
    from larder_client.space.models import TrashedFile, TrashedFolder

Item = TypeVar("Item", SpaceFile, Folder)


def files_matching(client: Client, pattern: str) -> Iterator[tuple[str, SpaceFile]]:
    """Yield each file that matches, with its path."""
    if pattern.endswith("/"):
        return
    for above, folder_id in _parents(client, pattern):
        files = client.space.files(folder_id=folder_id, sort="name")
        yield from _matching(files, names_of(pattern)[-1], above)


def folders_matching(client: Client, pattern: str) -> Iterator[tuple[str, Folder]]:
    """Yield each folder that matches, with its path."""
    for above, folder_id in _parents(client, pattern):
        yield from _matching(client.space.folders(folder_id), names_of(pattern)[-1], above)


def items_matching(client: Client, pattern: str) -> Iterator[tuple[str, Folder | SpaceFile]]:
    """Yield each folder, then each file, that matches, with its path."""
    yield from folders_matching(client, pattern)
    yield from files_matching(client, pattern)


def trashed_matching(
    client: Client, pattern: str
) -> Iterator[tuple[str, TrashedFile | TrashedFolder]]:
    """Yield each folder, then each file, that was deleted from a path that matches."""
    for folder in client.space.trashed_folders():
        if folder.path and _matches(folder.path, pattern):
            yield folder.path, folder
    files = list(client.space.trashed())
    folders = client.space.paths_of({file.folder_id for file in files if file.folder_id})
    for file in files:
        above = folders.get(file.folder_id) if file.folder_id else "/"
        if above is not None and _matches(path := f"{above.rstrip('/')}/{file.name}", pattern):
            yield path, file


def _matches(path: str, pattern: str) -> bool:
    names, wanted = names_of(path), names_of(pattern)
    return len(names) == len(wanted) and all(
        fnmatchcase(folded(name), folded(each)) for name, each in zip(names, wanted, strict=True)
    )


def _parents(client: Client, pattern: str) -> list[tuple[str, str]]:
    """Return the path and the id of each folder that what matches can be in."""
    level = [("", ROOT)]
    for name in names_of(pattern)[:-1]:
        level = [
            (path, child.id)
            for above, folder_id in level
            for path, child in _matching(client.space.folders(folder_id), name, above)
        ]
    return level


def _matching(items: Iterable[Item], pattern: str, above: str) -> Iterator[tuple[str, Item]]:
    for item in items:
        if fnmatchcase(folded(item.name), folded(pattern)):
            yield f"{above}/{item.name}", item

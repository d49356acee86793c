"""Tables and trees of folders, files and the trash."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text
from rich.tree import Tree as Drawing

from larder_cli.shared.output import minute, size
from larder_cli.shared.tables import columns, print_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from larder_client import Folder, SpaceFile, TrashedFile, TrashedFolder, Tree
    from larder_client.space.models import TagCount

FAVORITE = "★"

_OF_A_FILE = ("size", "type", "tags", "status", "expires UTC", "changed UTC", "id")
_UNIMPORTANT = ("type", "changed UTC", "tags", "expires UTC", "size", "status")


def print_contents(tree: Tree) -> None:
    """Print what a folder contains: folders first, then files."""
    table = columns("", "name", *_OF_A_FILE, drop=_UNIMPORTANT)
    for child in tree.folders:
        if child.folder:
            folder = child.folder
            name = f"{folder.name}/"
            table.add_row(
                _star(folder), name, "", "", "", "", "", minute(folder.created_at), folder.id
            )
    for file in tree.files:
        table.add_row(*_cells(file, file.name))
    print_table(table)


def print_files(files: Sequence[tuple[SpaceFile, str | None]]) -> None:
    """Print files, each with its path."""
    table = columns("", "path", *_OF_A_FILE, drop=_UNIMPORTANT)
    for file, path in files:
        table.add_row(*_cells(file, path or file.name))
    print_table(table)


def print_tags(tags: Iterable[TagCount]) -> None:
    """Print tags, each with the number of its files."""
    table = columns("tag", "files")
    for each in tags:
        table.add_row(each.tag, str(each.count))
    print_table(table)


def print_trash(
    folders: Sequence[TrashedFolder], files: Sequence[tuple[TrashedFile, str | None]]
) -> None:
    """Print the trash. A file whose folder is gone has no path: its name is shown."""
    table = columns(
        "path",
        "files",
        "size",
        "deleted UTC",
        "purged UTC",
        "id",
        drop=("deleted UTC", "files", "purged UTC", "size"),
    )
    for folder in folders:
        where, count = f"{folder.path or folder.name}/", str(folder.file_count or 0)
        held = size(int(folder.size_bytes or 0))
        when = minute(folder.deleted_at), minute(folder.purge_at)
        table.add_row(where, count, held, *when, folder.id)
    for file, path in files:
        where = path or file.name
        when = minute(file.deleted_at), minute(file.purge_at)
        table.add_row(where, "", size(file.size), *when, file.id)
    print_table(table)


def print_tree(tree: Tree, title: str) -> None:
    """Print a folder and what was read of its contents, at any depth."""
    drawing = Drawing(f"{tree.folder.name}/" if tree.folder else title)
    _grow(drawing, tree)
    print_table(drawing)


def _grow(drawing: Drawing, tree: Tree) -> None:
    for child in tree.folders:
        if child.folder:
            label = Text.assemble((f"{child.folder.name}/", "bold"), _marks(child.folder, ()))
            _grow(drawing.add(label), child)
    for file in tree.files:
        label = Text.assemble(file.name, (f"  {size(file.size)}", "dim"), _marks(file, file.tags))
        drawing.add(label)
    if tree.more_files:
        drawing.add("…")


def _marks(item: SpaceFile | Folder, tags: Sequence[str]) -> str:
    star = f"  {FAVORITE}" if item.favorite else ""
    return star + (f"  [{', '.join(tags)}]" if tags else "")


def _cells(file: SpaceFile, name: str) -> Iterator[str]:
    yield _star(file)
    yield name
    yield size(file.size)
    yield file.mime_type
    yield ", ".join(file.tags)
    yield file.status
    yield minute(file.expires_at) if file.expires_at else ""
    yield minute(file.updated_at)
    yield file.id


def _star(item: SpaceFile | Folder) -> str:
    return FAVORITE if item.favorite else ""

"""`larder space ls`, `find` and `tags`: show folders, search for files, and count tags."""

from __future__ import annotations

from importlib import import_module
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

import click
import msgspec

from larder_cli.shared.arguments import argument
from larder_cli.shared.connection import connection_options, json_option, open_client
from larder_cli.shared.each import report
from larder_cli.shared.output import note, print_json_line
from larder_cli.shared.paths import FOLDER_ID, find_folder_id, has_wildcard, is_path
from larder_client import ROOT, Folder, PathError, SpaceFile, Tree

if TYPE_CHECKING:
    from collections.abc import Sequence

    from larder_client import Client
    from larder_client.space.models import FileFilters

F = TypeVar("F", bound=SpaceFile)

LIMIT = 1000


_SORTED: dict[str, FileFilters] = {
    "name": {"sort": "name"},
    "created": {"sort": "createdAt"},
    "size": {"sort": "sizeBytes"},
}
_REVERSED: dict[str, FileFilters] = {
    "name": {"sort": "name", "order": "desc"},
    "created": {"sort": "createdAt", "order": "asc"},
    "size": {"sort": "sizeBytes", "order": "asc"},
}


@click.command()
@argument(
    "item", default="/", metavar="[ITEM]", help="The path or id of a folder or file. Default: /."
)
@click.option("--tree", is_flag=True, help="Show the contents of its folders too.")
@click.option(
    "--depth", type=click.IntRange(min=1), metavar="N", help="Show a tree of at most N levels."
)
@click.option(
    "--limit",
    default=LIMIT,
    type=click.IntRange(min=1),
    metavar="N",
    help="The maximum number of files per folder.",
)
@connection_options
@json_option
def ls(
    item: str,
    tree: bool,
    depth: int | None,
    limit: int,
    base_url: str | None,
    api_key: str | None,
    as_json: bool,
) -> None:
    """Show the contents of a folder, sorted by name."""
    as_tree = tree or depth is not None
    with report(), open_client(base_url, api_key) as client:
        found = _read(client, item, depth if as_tree else 1, limit)
    if as_json:
        print_json_line(_as_json(found))
        return
    shown = import_module("larder_cli.shared.space_tables")
    if as_tree:
        shown.print_tree(found, item)
    else:
        shown.print_contents(found)
    if _has_more(found):
        note(f"There are more files: larder space ls --limit {10 * limit}")


@click.command()
@argument("text", required=False, metavar="[TEXT]", help="Part of the file's name, in any case.")
@click.option(
    "--in", "folder", metavar="FOLDER", help="Only files directly in this folder: its path or id."
)
@click.option("--tag", metavar="TAG", help="Only files with this tag.")
@click.option(
    "--fav/--no-fav", "favorite", default=None, help="Only favorites, or only files that are not."
)
@click.option(
    "--type",
    "mime_type",
    metavar="TYPE",
    help="Only media types that begin with this, such as image/",
)
@click.option(
    "--sort",
    default="created",
    type=click.Choice(list(_SORTED)),
    help="Sort by name from A to Z, newest first, or largest first.",
)
@click.option("--reverse", is_flag=True, help="Reverse the order.")
@click.option(
    "--limit",
    default=LIMIT,
    type=click.IntRange(min=1),
    metavar="N",
    help="The maximum number of files.",
)
@connection_options
@json_option
def find(  # noqa: PLR0913, PLR0917 - one for each option
    text: str | None,
    folder: str | None,
    tag: str | None,
    favorite: bool | None,
    mime_type: str | None,
    sort: str,
    reverse: bool,
    limit: int,
    base_url: str | None,
    api_key: str | None,
    as_json: bool,
) -> None:
    """Find files by name, folder, tag, favorite and type.

    Only files that match everything you give are shown.
    """
    filters: FileFilters = {**(_REVERSED if reverse else _SORTED)[sort]}
    if text:
        filters["q"] = text
    if tag:
        filters["tag"] = tag
    if favorite is not None:
        filters["favorite"] = favorite
    if mime_type:
        filters["mime_type"] = mime_type
    with report(), open_client(base_url, api_key) as client:
        if folder:
            filters["folder_id"] = find_folder_id(client, folder) or ROOT
        # One more than shown, to know whether there are more.
        found = list(islice(client.space.files(**filters), limit + 1))
        files = with_paths(client, found[:limit])
    if as_json:
        documents = [{**msgspec.to_builtins(file), "path": path} for file, path in files]
        print_json_line({"files": documents, "hasMore": len(found) > limit})
        return
    import_module("larder_cli.shared.space_tables").print_files(files)
    if len(found) > limit:
        note(f"There are more files: larder space find --limit {10 * limit}")


@click.command()
@connection_options
@json_option
def tags(base_url: str | None, api_key: str | None, as_json: bool) -> None:
    """Show all tags, with how many files outside the trash have each."""
    with report(), open_client(base_url, api_key) as client:
        found = client.space.tags()
    if as_json:
        print_json_line(msgspec.to_builtins(found))
        return
    import_module("larder_cli.shared.space_tables").print_tags(found.tags)
    if not found.is_exact:
        note("The project has more files than one request counts: more of them may have tags.")


def with_paths(client: Client, files: Sequence[F]) -> list[tuple[F, str | None]]:
    """Return each file with its path, or with None if its folder is gone."""
    paths = client.space.paths_of({file.folder_id for file in files if file.folder_id})
    return [
        (file, f"{folder.rstrip('/')}/{file.name}" if folder else None)
        for file in files
        for folder in [paths.get(file.folder_id) if file.folder_id else "/"]
    ]


def _read(client: Client, item: str, depth: int | None, most_files: int) -> Tree:
    """Return what is at a path or an id, or what matches a path with wildcards."""
    try:
        opened = _open(client, item)
    except PathError:
        if not has_wildcard(item):
            raise
        # Few paths have any.
        from larder_cli.shared.patterns import items_matching  # noqa: PLC0415

        found = [each for _, each in items_matching(client, item)]
        if not found:
            message = f"Nothing matches {item}."
            raise PathError(message) from None
        folders = tuple(Tree(each, unopened=True) for each in found if isinstance(each, Folder))
        files = tuple(each for each in found if isinstance(each, SpaceFile))
        return Tree(None, folders, files)
    if isinstance(opened, SpaceFile):
        return Tree(None, files=(opened,))
    return client.space.tree(opened, depth=depth, most_files=most_files)


def _open(client: Client, item: str) -> SpaceFile | Folder | None:
    if is_path(item):
        return client.space.at(item)
    if item.startswith(FOLDER_ID):
        return client.space.folder(item)
    return client.space.file(item)


def _as_json(tree: Tree) -> dict[str, Any]:
    """Return the folder's own members, and its contents if they were read."""
    own = msgspec.to_builtins(tree.folder) if tree.folder else {}
    if tree.unopened:
        return own
    return {
        **own,
        "folders": [_as_json(child) for child in tree.folders],
        "files": msgspec.to_builtins(tree.files),
        "hasMoreFiles": tree.more_files,
    }


def _has_more(tree: Tree) -> bool:
    return tree.more_files or any(map(_has_more, tree.folders))

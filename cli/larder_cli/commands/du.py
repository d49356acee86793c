"""`larder du`: how much folders hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from larder_cli.shared.arguments import argument
from larder_cli.shared.connection import connection_options, json_option, open_client
from larder_cli.shared.each import report
from larder_cli.shared.output import print_json_line, size
from larder_cli.shared.paths import find_folder_id, is_path, path_or_id

if TYPE_CHECKING:
    from larder_client import Tree


@dataclass(frozen=True, slots=True)
class Held:
    """What a folder holds, at any depth."""

    path: str
    files: int
    bytes: int


@click.command()
@argument("folder", default="/", metavar="[FOLDER]", help="The path or id of a folder. Default: /.")
@click.option(
    "--depth",
    default=1,
    type=click.IntRange(min=0),
    metavar="N",
    help="Show folders down to this level.",
)
@connection_options
@json_option
def du(folder: str, depth: int, base_url: str | None, api_key: str | None, as_json: bool) -> None:
    """Show how many files a folder and its folders hold, at any depth, and how large they are.

    Files in the trash are not counted here; 'larder usage' counts them.
    """
    with (
        report(as_json=as_json) as failures,
        open_client(base_url, api_key) as client,
        failures.each(**path_or_id(folder)),
    ):
        folder_id = find_folder_id(client, folder)
        opened = client.space.folder(folder_id) if folder_id else None
        tree = client.space.tree(opened)
        path = folder if is_path(folder) else f"{opened.name if opened else ''}"
        held = _held(tree, path.rstrip("/"), depth)
        if as_json:
            for each in held:
                print_json_line({"path": each.path, "files": each.files, "bytes": each.bytes})
            return
        # Rich takes 0.1 s, which JSON does not need.
        from larder_cli.shared.tables import columns, print_table  # noqa: PLC0415

        table = columns("size", "files", "path", drop=("files",))
        for each in held:
            table.add_row(size(each.bytes), f"{each.files:,}", each.path)
        print_table(table)


def _held(tree: Tree, path: str, depth: int) -> list[Held]:
    """Return what the folders of a tree hold down to a depth, and the tree itself, which is last.

    The contents of deeper folders are counted, not listed.
    """
    files, count, listed = len(tree.files), sum(file.size for file in tree.files), []
    for child in tree.folders:
        name = child.folder.name if child.folder else ""
        inside = _held(child, f"{path}/{name}", depth - 1)
        files += inside[-1].files
        count += inside[-1].bytes
        if depth > 0:
            listed += inside
    return [*listed, Held(path or "/", files, count)]

"""Changes of several files, sent together and reported one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from larder_cli.shared.output import print_change
from larder_cli.shared.paths import FOLDER_ID, path_or_id

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from larder_cli.shared.each import Failures
    from larder_client import Client, Folder
    from larder_client.space.models import FileOperation


def change_each(
    client: Client,
    failures: Failures,
    items: Sequence[str],
    *,
    find: Callable[[Client, str], list[tuple[str, str]]],
    operation: Callable[[str], FileOperation],
    of_folder: Callable[[str], Folder] | None = None,
    as_json: bool,
) -> None:
    """Change what `find` finds of each item, and print each change or failure, in order.

    `operation` says what becomes of a file. `of_folder` changes a folder; without it, an item is
    a file.
    """
    found: list[tuple[str, str]] = []
    for item in items:
        with failures.each(**path_or_id(item)):
            found += find(client, item)
    folders = {item_id for _, item_id in found if of_folder and item_id.startswith(FOLDER_ID)}
    files = [operation(item_id) for _, item_id in found if item_id not in folders]
    results = iter(client.space.batch(files))
    for item, item_id in found:
        with failures.each(**path_or_id(item)):
            if of_folder and item_id in folders:
                print_change(of_folder(item_id), as_json=as_json)
            else:
                print_change(next(results).changed(), as_json=as_json)

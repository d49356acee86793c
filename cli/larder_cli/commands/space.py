"""`larder space …`: the project's files in folders, with tags, favorites and a trash."""

from __future__ import annotations

import click

from larder_cli.commands import space_change, space_folders, space_list, space_trash
from larder_cli.shared.groups import Group


@click.group(cls=Group)
def space() -> None:
    """Organize files in folders, with tags, favorites and a trash.

    Files and folders are named by their paths, such as /Projects/2026/report.pdf, or by their ids.
    """


space.add_command(space_list.ls)
space.add_command(space_list.find)
space.add_command(space_change.mv)
space.add_command(space_change.rename)
space.add_command(space_change.tag)
space.add_command(space_list.tags)
space.add_command(space_change.fav)
space.add_command(space_folders.mkdir)
space.add_command(space_folders.rmdir)
space.add_command(space_trash.trash)
space.add_command(space_trash.restore)
space.add_command(space_trash.purge)

"""`larder space …`: the project's files in folders, with tags, favorites and a trash."""

import typer

from larder_cli.commands import space_change, space_folders, space_list, space_trash

app = typer.Typer(
    help="""Organize files in folders, with tags, favorites and a trash.

    Files and folders are named by their paths, such as /Projects/2026/report.pdf, or by their ids.
    """,
    no_args_is_help=True,
)

app.command()(space_list.ls)
app.command()(space_list.find)
app.command()(space_change.mv)
app.command()(space_change.rename)
app.command()(space_change.tag)
app.command()(space_list.tags)
app.command()(space_change.fav)
app.command()(space_folders.mkdir)
app.command()(space_folders.rmdir)
app.command()(space_trash.trash)
app.command()(space_trash.restore)
app.command()(space_trash.purge)

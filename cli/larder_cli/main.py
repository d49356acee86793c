"""The root command. It knows every command by name and imports only the one that is called."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import typer
import typer.main

from larder_cli.failures import OneLineFailures

_FILES = "Files"
_BATCHES = "Batches"
_SPACE = "The Space"
_OPERATION = "Operating a deployment"
_COMMANDS = {
    "put": _FILES,
    "get": _FILES,
    "ls": _FILES,
    "rm": _FILES,
    "validate": _FILES,
    "batch": _BATCHES,
    "space": _SPACE,
    "project": _OPERATION,
    "key": _OPERATION,
    "console": _OPERATION,
    "upstream": _OPERATION,
    "usage": _OPERATION,
    "audit": _OPERATION,
    "doctor": _OPERATION,
    "rotate": _OPERATION,
    "restore": _OPERATION,
    "destroy": _OPERATION,
}


class Commands(OneLineFailures):
    """All commands. Each is imported when it is called: botocore and Rich take time to import."""

    def list_commands(self, ctx: typer.Context) -> list[str]:  # type: ignore[override]  # noqa: ARG002 - Click's signature
        """Return the commands' names in the order of the help."""
        return list(_COMMANDS)

    def get_command(self, ctx: typer.Context, cmd_name: str) -> Any:  # type: ignore[override]  # noqa: ANN401 - Click's own class is not public
        """Return the command of that name, or None."""
        if cmd_name not in _COMMANDS:
            return None
        module = import_module(f"larder_cli.commands.{cmd_name}")
        one = typer.Typer(add_completion=False)
        panel = _COMMANDS[cmd_name]
        if hasattr(module, "app"):
            one.add_typer(module.app, name=cmd_name, rich_help_panel=panel)
        else:
            one.command(cmd_name, rich_help_panel=panel)(getattr(module, cmd_name))
        return typer.main.get_group(one).get_command(ctx, cmd_name)


app = typer.Typer(
    cls=Commands,
    help="Upload files to Larder, download them, run batches, and operate a deployment.",
    no_args_is_help=True,
    add_completion=False,
    # A traceback with local variables would show secrets.
    pretty_exceptions_show_locals=False,
)


@app.callback()
def _root() -> None:
    """Make Typer build a group, although no command is registered."""

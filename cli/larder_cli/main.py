"""The entry point: `larder put`, `get`, `ls`, `rm`, `validate`, and what an operator needs."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import typer
import typer.core
import typer.main

from larder_cli.commands.get import get
from larder_cli.commands.ls import ls
from larder_cli.commands.put import put
from larder_cli.commands.rm import rm
from larder_cli.commands.validate import validate
from larder_cli.failures import PlainFailures

_OPERATORS = ("project", "key", "usage")


class Commands(PlainFailures):
    """All commands; an operator's, and botocore with them, are imported when they are called."""

    def list_commands(self, ctx: typer.Context) -> list[str]:  # type: ignore[override]
        """Return the names, those of clients first."""
        return [*super().list_commands(ctx), *_OPERATORS]

    def get_command(self, ctx: typer.Context, cmd_name: str) -> Any:  # type: ignore[override]  # noqa: ANN401 - Click's own class is not public
        """Return the command of that name."""
        if cmd_name not in _OPERATORS:
            return super().get_command(ctx, cmd_name)
        module = import_module(f"larder_cli.commands.{cmd_name}")
        one = typer.Typer(add_completion=False)
        panel = "Operating a deployment"
        if hasattr(module, "app"):
            one.add_typer(module.app, name=cmd_name, rich_help_panel=panel)
        else:
            one.command(cmd_name, rich_help_panel=panel)(getattr(module, cmd_name))
        return typer.main.get_group(one).get_command(ctx, cmd_name)


app = typer.Typer(
    cls=Commands,
    help="Send files to Larder and fetch them, and operate a deployment.",
    no_args_is_help=True,
    add_completion=False,
    # A traceback with locals would show secrets.
    pretty_exceptions_show_locals=False,
)
for command in (put, get, ls, rm, validate):
    app.command(rich_help_panel="Files")(command)

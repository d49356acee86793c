"""The root command. It knows every command by name and imports only the one that is called."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Annotated, Any

import typer
import typer.main

from larder_cli.failures import OneLineFailures, OperatorError

_CONNECTION = "Connecting"
_FILES = "Files"
_BATCHES = "Batches"
_SPACE = "The Space"
_OPERATION = "Operating a deployment"
_COMMANDS = {
    "login": _CONNECTION,
    "logout": _CONNECTION,
    "whoami": _CONNECTION,
    "status": _CONNECTION,
    "put": _FILES,
    "get": _FILES,
    "cat": _FILES,
    "cp": _FILES,
    "sync": _FILES,
    "ls": _FILES,
    "stat": _FILES,
    "du": _FILES,
    "url": _FILES,
    "rm": _FILES,
    "watch": _FILES,
    "report": _FILES,
    "validate": _FILES,
    "usage": _FILES,
    "uploads": _FILES,
    "batch": _BATCHES,
    "compact": _BATCHES,
    "artifact": _BATCHES,
    "bundle": _BATCHES,
    "space": _SPACE,
    "chat": _SPACE,
    "mcp": _SPACE,
    "deploy": _OPERATION,
    "project": _OPERATION,
    "key": _OPERATION,
    "console": _OPERATION,
    "log": _OPERATION,
    "upstream": _OPERATION,
    "webhook": _OPERATION,
    "migrate": _OPERATION,
    "audit": _OPERATION,
    "doctor": _OPERATION,
    "cost": _OPERATION,
    "rotate": _OPERATION,
    "restore": _OPERATION,
    "destroy": _OPERATION,
}


class Commands(OneLineFailures):
    """All commands. Each is imported when it is called: botocore and Rich take time to import."""

    def list_commands(self, ctx: typer.Context) -> list[str]:  # type: ignore[override]  # noqa: ARG002 - Click's signature
        """Return the names of the commands that are installed, in the order of the help."""
        operates = find_spec("larder_operator") is not None
        return [name for name, panel in _COMMANDS.items() if operates or panel != _OPERATION]

    def get_command(self, ctx: typer.Context, cmd_name: str) -> Any:  # type: ignore[override]  # noqa: ANN401 - Click's own class is not public
        """Return the command of that name, or None."""
        if cmd_name not in _COMMANDS:
            return None
        panel = _COMMANDS[cmd_name]
        package = "larder_operator" if panel == _OPERATION else "larder_cli"
        if find_spec(package) is None:
            message = f"'larder {cmd_name}' operates a deployment: run it in a clone of Larder."
            raise OperatorError(message)
        module = import_module(f"{package}.commands.{cmd_name}")
        if cmd_name == "usage" and find_spec("larder_operator") is not None:
            # Of a project by its name with AWS credentials, too.
            module = import_module("larder_operator.commands.usage")
        one = typer.Typer(add_completion=False)
        if hasattr(module, "app"):
            one.add_typer(module.app, name=cmd_name, rich_help_panel=panel)
        else:
            one.command(cmd_name, rich_help_panel=panel)(getattr(module, cmd_name))
        command = typer.main.get_group(one).get_command(ctx, cmd_name)
        if panel == _OPERATION:
            return command
        # Loads the client, which the others do without.
        return import_module("larder_cli.shared.profile_option").with_profile(command)


app = typer.Typer(
    cls=Commands,
    help="Upload files to Larder, download them, run batches, and operate a deployment.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    # A traceback with local variables would show secrets.
    pretty_exceptions_show_locals=False,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"larder {import_module('importlib.metadata').version('larder-client')}")
        raise typer.Exit


@app.callback()
def _root(
    _version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    """Make Typer build a group, although no command is registered."""

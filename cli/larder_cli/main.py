"""The root command. It knows every command by name and imports only the one that is called."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

import click

from larder_cli import __version__
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
    "completion": _CONNECTION,
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

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - Click's signature
        """Return the names of the commands that are installed, in the order of the help."""
        operates = find_spec("larder_operator") is not None
        return [name for name, title in _COMMANDS.items() if operates or title != _OPERATION]

    def section_of(self, name: str) -> str:
        """Return the title that the help shows a command under."""
        return _COMMANDS[name]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command of that name, or None."""
        if cmd_name not in _COMMANDS:
            return None
        package = "larder_operator" if _COMMANDS[cmd_name] == _OPERATION else "larder_cli"
        if find_spec(package) is None:
            if ctx.resilient_parsing:
                # A shell asks what it could complete.
                return None
            message = f"'larder {cmd_name}' operates a deployment: run it in a clone of Larder."
            raise OperatorError(message)
        if cmd_name == "usage" and find_spec("larder_operator") is not None:
            # Of a project by its name with AWS credentials, too.
            package = "larder_operator"
        found: click.Command = getattr(import_module(f"{package}.commands.{cmd_name}"), cmd_name)
        return found


@click.group(
    cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "show_default": True}
)
@click.version_option(__version__, message="larder %(version)s")
def app() -> None:
    """Upload files to Larder, download them, run batches, and operate a deployment."""

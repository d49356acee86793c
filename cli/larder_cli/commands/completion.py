"""`larder completion`: let a shell complete commands and options."""

from __future__ import annotations

import click
from click.shell_completion import BashComplete, FishComplete, ZshComplete

from larder_cli.shared.arguments import argument


class _Bash(BashComplete):
    """Click's, which leaves what it does not know to bash: the files of a redirection."""

    source_template = BashComplete.source_template.replace("-o nosort", "-o default -o nosort")


_SHELLS = {"bash": _Bash, "zsh": ZshComplete, "fish": FishComplete}


@click.command()
@argument("shell", type=click.Choice(list(_SHELLS)), metavar="SHELL", help="bash, zsh or fish.")
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print the script that lets a shell complete commands and options.

    In ~/.bashrc or ~/.zshrc: eval "$(larder completion bash)", or zsh. In fish's config.fish:
    larder completion fish | source
    """
    root = ctx.find_root().command
    click.echo(_SHELLS[shell](root, {}, "larder", "_LARDER_COMPLETE").source())

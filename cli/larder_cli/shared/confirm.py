"""The question before something is deleted for good."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from larder_cli.shared.output import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

yes_option = click.option("--yes", "-y", is_flag=True, help="Do not ask.")


def confirm_for_good(names: Sequence[str], noun: str = "file", *, yes: bool) -> None:
    """Ask whether to delete these for good, if there is a terminal to ask at.

    A script has decided already: it is not asked.

    Raises:
        click.Abort: the answer is no.
    """
    if yes or not names or not (sys.stdin.isatty() and sys.stderr.isatty()):
        return
    what = names[0] if len(names) == 1 else counted(len(names), noun)
    them = "It" if len(names) == 1 else "They"
    click.confirm(f"Delete {what} for good? {them} cannot be restored.", abort=True, err=True)

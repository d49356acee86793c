"""Arguments of commands, which say in the help what they are, and paths on this machine."""

from __future__ import annotations

from functools import partial
from typing import Any

import click


class DescribedArgument(click.Argument):
    """An argument with a help text, which Click's own have from version 8.5 on."""

    def __init__(self, *args: Any, help: str, **attributes: Any) -> None:  # noqa: A002, ANN401 - Click's signature
        """Declare an argument as `click.argument` does."""
        super().__init__(*args, **attributes)
        self.help = help

    def get_help_record(self, ctx: click.Context) -> tuple[str, str]:  # noqa: ARG002 - Click's signature
        """Return the row of the help: how the argument is written, and what it is."""
        return self.human_readable_name, self.help or ""


argument = partial(click.argument, cls=DescribedArgument)

LOCAL_PATH = click.Path(readable=False)
"""A path that a shell completes, as text. Whoever reads the file says if that is not allowed."""

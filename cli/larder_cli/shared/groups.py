"""Groups of commands, whose help says what each command does."""

from __future__ import annotations

import click


class Group(click.Group):
    """A group that keeps its commands in order, and shows the whole first sentence of each."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - Click's signature
        """Return the names of the commands, as they were added."""
        return list(self.commands)

    def section_of(self, name: str) -> str:  # noqa: ARG002 - a root group has several
        """Return the title that the help shows a command under."""
        return "Commands"

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands, a section for each title."""
        sections: dict[str, list[tuple[str, str]]] = {}
        for name in self.list_commands(ctx):
            command = self.get_command(ctx, name)
            if command is not None and not command.hidden:
                row = (name, command.get_short_help_str(limit=1_000))
                sections.setdefault(self.section_of(name), []).append(row)
        for title, rows in sections.items():
            with formatter.section(title):
                formatter.write_dl(rows)

"""The entry point: `larder project …`, `larder key …`, `larder usage`."""

import typer

from larder_cli.commands import key, project
from larder_cli.commands.usage import usage
from larder_cli.failures import PlainFailures

app = typer.Typer(
    cls=PlainFailures,
    help="Operate a Larder deployment: its projects, their limits and their API keys.",
    no_args_is_help=True,
    add_completion=False,
    # A traceback with locals would show secrets.
    pretty_exceptions_show_locals=False,
)
app.add_typer(project.app, name="project")
app.add_typer(key.app, name="key")
app.command()(usage)

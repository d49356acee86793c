"""What goes wrong at an operator's desk, told in one line instead of a traceback."""

import sys
from importlib import import_module

import typer
import typer.core

from larder.domain.errors import LarderError


class OperatorError(Exception):
    """Something that the operator can put right; the message says what and how."""


class PlainFailures(typer.core.TyperGroup):
    """The root of the commands: a failure that is not a bug is one line on stderr and exit 1."""

    def invoke(self, ctx: typer.Context) -> object:  # type: ignore[override]
        """Run the command; a wrong use of it stays Typer's own, with exit 2."""
        try:
            return super().invoke(ctx)
        except Exception as failure:
            text = explain(failure)
            if text is None:
                raise
            typer.echo(f"larder: {' '.join(text.split())}", err=True)
            raise typer.Exit(1) from failure


def explain(failure: Exception) -> str | None:
    """Return what an operator is told of the failure, None when it is not one of these."""
    if isinstance(failure, LarderError | OperatorError):
        return str(failure)
    # A command that has not loaded botocore, which takes its time, has none of its failures.
    if "botocore.exceptions" not in sys.modules:
        return None
    text: str | None = import_module("larder_cli.aws_failures").explain(failure)
    return text

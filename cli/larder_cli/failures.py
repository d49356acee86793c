"""What goes wrong at an operator's desk, told in one line instead of a traceback."""

import os

import typer
import typer.core
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,  # noqa: A004 - botocore's own name
    HTTPClientError,
    NoCredentialsError,
    NoRegionError,
)

from larder.domain.errors import LarderError


class OperatorError(Exception):
    """Something that the operator can put right; the message says what and how."""


class PlainFailures(typer.core.TyperGroup):
    """The root of the commands: a failure that is not a bug is one line on stderr and exit 1."""

    def invoke(self, ctx: typer.Context) -> object:  # type: ignore[override]
        """Run the command; a wrong use of it stays Typer's own, with exit 2."""
        try:
            return super().invoke(ctx)
        except (LarderError, OperatorError, BotoCoreError, ClientError) as failure:
            typer.echo(f"larder: {explain(failure)}", err=True)
            raise typer.Exit(1) from failure


def explain(failure: Exception) -> str:
    """Return the failure in one line."""
    match failure:
        case NoCredentialsError():
            text = (
                "There are no AWS credentials: give --profile, set AWS_PROFILE, "
                "or run 'aws configure'."
            )
        case NoRegionError():
            text = "There is no AWS region: give --region or set AWS_DEFAULT_REGION."
        case ConnectionError() | HTTPClientError():
            local = " Is 'make run' running?" if "AWS_ENDPOINT_URL" in os.environ else ""
            text = f"{failure}.{local}"
        case ClientError():
            error = failure.response["Error"]
            code, message = error.get("Code", "Unknown"), error.get("Message", "")
            text = f"AWS refused {failure.operation_name}: {code}: {message}"
        case _:
            text = str(failure)
    return " ".join(text.split())

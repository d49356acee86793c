"""Failures that an operator can do something about: one line on stderr, and no traceback."""

import errno
import os
import sys

import click

from larder_cli.shared.groups import Group


class OperatorError(Exception):
    """The operator can put this right; the message says what is wrong and what to do."""


class OneLineFailures(Group):
    """The root command: a failure that is not a bug becomes one line on stderr and exit status 1.

    Wrong use of a command stays Click's own, with exit status 2.
    """

    def invoke(self, ctx: click.Context) -> object:
        """Run the command.

        Raises:
            click.exceptions.Exit: it failed, and stderr says why.
        """
        try:
            return super().invoke(ctx)
        except Exception as failure:
            text = explain(failure)
            if text is None:
                raise
            click.echo(f"larder: {' '.join(text.split())}", err=True)
            raise click.exceptions.Exit(1) from failure


def explain(failure: Exception) -> str | None:
    """Return the text that an operator reads, or None if the failure is a bug."""
    if isinstance(failure, OperatorError):
        return str(failure)
    # Of the machine, not of Larder: a full disk, a file that is not there. The reader of a pipe
    # that has left is no failure: Click exits quietly.
    if isinstance(failure, OSError) and failure.strerror and failure.errno != errno.EPIPE:
        named = f"{failure.filename}: " if failure.filename else ""
        return f"{named}{failure.strerror}"
    if isinstance(failure, UnicodeEncodeError) and failure.encoding == "utf-8":
        return f"{failure.object!a} is not valid UTF-8."
    # A command that has not loaded a package cannot have its errors. The client is installed
    # without the server's, and botocore takes time to import.
    if "larder.domain.errors" in sys.modules:
        from larder.domain.errors import LarderError  # noqa: PLC0415

        if isinstance(failure, LarderError):
            return str(failure)
    return _explain_aws(failure) if "botocore.exceptions" in sys.modules else None


def _explain_aws(failure: Exception) -> str | None:
    from botocore import exceptions as aws  # noqa: PLC0415

    text: str | None = None
    match failure:
        case aws.NoCredentialsError():
            text = (
                "There are no AWS credentials: give --profile, set AWS_PROFILE, "
                "or run 'aws configure'."
            )
        case aws.ProfileNotFound():
            text = f"{failure}. 'aws configure list-profiles' shows yours."
        case aws.NoRegionError():
            text = "There is no AWS region: give --region or set AWS_DEFAULT_REGION."
        case aws.ConnectionError() | aws.HTTPClientError():
            local = " Is 'make run' running?" if "AWS_ENDPOINT_URL" in os.environ else ""
            text = f"{failure}.{local}"
        case aws.ClientError():
            error = failure.response["Error"]
            code, message = error.get("Code", "Unknown"), error.get("Message", "")
            text = f"AWS refused {failure.operation_name}: {code}: {message}"
        case aws.BotoCoreError():
            text = str(failure)
    return text

"""Arguments and options that several operator commands share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click
from pydantic import ByteSize, TypeAdapter, ValidationError

from larder_cli.shared.arguments import argument

if TYPE_CHECKING:
    from collections.abc import Callable


def parse_size(text: str) -> int:
    """Return the number of bytes in a text such as `256MiB`, `1GB` or `1048576`."""
    try:
        return TypeAdapter(ByteSize).validate_python(text)
    except ValidationError as error:
        message = f"'{text}' is not a size. Write it as 268435456, 256MiB or 1GB."
        raise click.BadParameter(message) from error


project_argument = argument(
    "project", metavar="PROJECT", help="The project's name or its wks-… id."
)
files_limit_option = click.option(
    "--files", type=click.IntRange(min=0), metavar="N", help="How many files the project may store."
)
bytes_limit_option = click.option(
    "--bytes",
    "size_limit",
    type=parse_size,
    metavar="SIZE",
    help="How much the project may store, such as 256MiB or 1GB.",
)
batches_limit_option = click.option(
    "--batches",
    type=click.IntRange(min=0),
    metavar="N",
    help="How many batches of the project may run at once.",
)
requests_limit_option = click.option(
    "--batch-requests",
    type=click.IntRange(min=0),
    metavar="N",
    help="How many requests the project's running batches may have together.",
)
stack_option = click.option(
    "--stack",
    metavar="NAME",
    help="The CloudFormation stack to work on, with your AWS credentials. "
    "Default: the local stack (.local/operator.env) if one is running, else LARDER_STACK.",
)
named_stack_option = click.option(
    "--stack",
    required=True,
    metavar="NAME",
    help="The CloudFormation stack, or the ARN of a deleted one.",
)
_profile_option = click.option(
    "--profile", metavar="NAME", help="The AWS profile to use with --stack."
)
region_option = click.option(
    "--region", metavar="NAME", help="The AWS region of the stack, with --stack."
)
yes_option = click.option("--yes", is_flag=True, help="Do not ask.")
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")


def account_options[C: Callable[..., Any]](command: C) -> C:
    """Let a command take --profile and --region."""
    return _profile_option(region_option(command))


def stack_options[C: Callable[..., Any]](command: C) -> C:
    """Let a command take --stack, --profile and --region, for `find_deployment`."""
    return stack_option(account_options(command))

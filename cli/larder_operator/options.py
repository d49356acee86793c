"""Arguments and options that several operator commands share."""

from typing import Annotated

import typer
from pydantic import ByteSize, TypeAdapter, ValidationError


def parse_size(text: str) -> int:
    """Return the number of bytes in a text such as `256MiB`, `1GB` or `1048576`."""
    try:
        return TypeAdapter(ByteSize).validate_python(text)
    except ValidationError as error:
        message = f"'{text}' is not a size. Write it as 268435456, 256MiB or 1GB."
        raise typer.BadParameter(message) from error


Project = Annotated[
    str, typer.Argument(metavar="PROJECT", help="The project's name or its wks-… id.")
]
FilesLimit = Annotated[
    int | None,
    typer.Option("--files", min=0, metavar="N", help="How many files the project may store."),
]
BytesLimit = Annotated[
    int | None,
    typer.Option(
        "--bytes",
        parser=parse_size,
        metavar="SIZE",
        help="How much the project may store, such as 256MiB or 1GB.",
    ),
]
BatchesLimit = Annotated[
    int | None,
    typer.Option(
        "--batches", min=0, metavar="N", help="How many batches of the project may run at once."
    ),
]
RequestsLimit = Annotated[
    int | None,
    typer.Option(
        "--batch-requests",
        min=0,
        metavar="N",
        help="How many requests the project's running batches may have together.",
    ),
]
Stack = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="The CloudFormation stack to work on, with your AWS credentials. "
        "Default: the local stack (.local/operator.env) if one is running, else LARDER_STACK.",
    ),
]
NamedStack = Annotated[
    str,
    typer.Option(
        "--stack", metavar="NAME", help="The CloudFormation stack, or the ARN of a deleted one."
    ),
]
Profile = Annotated[
    str | None, typer.Option(metavar="NAME", help="The AWS profile to use with --stack.")
]
Region = Annotated[
    str | None, typer.Option(metavar="NAME", help="The AWS region of the stack, with --stack.")
]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]

"""The arguments and options that several commands share."""

from typing import Annotated

import typer
from pydantic import ByteSize, TypeAdapter, ValidationError


def parse_size(text: str) -> int:
    """Return the bytes that `text` says, such as `256MiB`, `1GB` or `1048576`."""
    try:
        return TypeAdapter(ByteSize).validate_python(text)
    except ValidationError as error:
        message = f"'{text}' is not a size. Write it as 268435456, 256MiB or 1GB."
        raise typer.BadParameter(message) from error


Project = Annotated[str, typer.Argument(help="The project's name or its wks-… id.")]
FilesLimit = Annotated[
    int | None, typer.Option("--files", min=0, metavar="N", help="Files that it may store.")
]
BytesLimit = Annotated[
    int | None,
    typer.Option(
        "--bytes",
        parser=parse_size,
        metavar="SIZE",
        help="Bytes that it may store, such as 256MiB or 1GB.",
    ),
]
Stack = Annotated[
    str | None,
    typer.Option(
        help="The CloudFormation stack to work on, with your AWS credentials. "
        "Default: the local stack of .local/env, or else LARDER_STACK."
    ),
]
Profile = Annotated[str | None, typer.Option(help="AWS profile to use with --stack.")]
Region = Annotated[str | None, typer.Option(help="AWS region of --stack.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]

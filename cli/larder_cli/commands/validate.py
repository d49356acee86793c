"""`larder validate`: check a batch file before it is uploaded."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from larder_cli.shared.arguments import argument
from larder_cli.shared.connection import json_option
from larder_cli.shared.each import report
from larder_cli.shared.output import print_json_line, printable
from larder_cli.shared.progress import open_bar
from larder_cli.shared.validation_report import fails, print_problems, strict_option, summary
from larder_client import Validation
from larder_client.transfer.source import Source
from larder_jsonl import BatchValidator

if TYPE_CHECKING:
    from larder_client import Progress


@click.command()
@argument(
    "files",
    nargs=-1,
    required=True,
    type=click.Path(path_type=Path),
    metavar="FILE…",
    help="Local batch files (JSONL).",
)
@strict_option
@json_option
def validate(files: tuple[Path, ...], strict: bool, as_json: bool) -> None:
    """Check batch files on this machine, by the server's rules. Exit with 1 if one is invalid.

    What OpenAI refuses in a request's body is a warning: the file is valid, since a model server
    may take it.
    """
    with report(as_json=as_json) as failures:
        for path in files:
            name = printable(str(path))
            with failures.each(path=name):
                with open_bar(printable(path.name)) as bar:
                    validation = check_file(path, bar)
                if fails(validation, strict=strict):
                    failures.fail()
                if as_json:
                    print_json_line({**msgspec.to_builtins(validation), "path": name})
                    continue
                click.echo(f"{name}: {summary(validation)}")
                print_problems(validation)


def check_file(path: Path, progress: Progress) -> Validation:
    """Return the report on a local file.

    Raises:
        OSError: it cannot be read.
    """
    started = time.monotonic()
    source = Source.at(path)
    progress.begin("checking", source.size)
    validator = BatchValidator()
    for block in source.blocks(0, source.size):
        validator.feed(block)
        progress.advance(len(block))
    return msgspec.convert(
        {
            **validator.finish().as_dict(),
            "validated_at": int(time.time()),
            "duration_ms": round((time.monotonic() - started) * 1000),
        },
        Validation,
    )

"""`larder validate`: check a batch file before it is uploaded."""

import time
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from larder_cli.shared.connection import AsJson
from larder_cli.shared.each import report
from larder_cli.shared.output import print_json_line, printable
from larder_cli.shared.progress import open_bar
from larder_cli.shared.validation_report import Strict, fails, print_problems, summary
from larder_client import Progress, Validation
from larder_client.transfer.source import Source
from larder_jsonl import BatchValidator


def validate(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE…", help="Local batch files (JSONL).")
    ],
    strict: Strict = False,
    as_json: AsJson = False,
) -> None:
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
                typer.echo(f"{name}: {summary(validation)}")
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

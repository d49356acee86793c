"""`larder compact`: a batch file whose requests refer to what they share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from larder_cli.shared.arguments import argument
from larder_cli.shared.common_texts import find_common_texts, with_references
from larder_cli.shared.connection import connection_options, json_option, open_client
from larder_cli.shared.each import report
from larder_cli.shared.output import counted, note, print_json_line, size
from larder_client.transfer.part_file import refuse_existing

if TYPE_CHECKING:
    from larder_cli.shared.common_texts import CommonText
    from larder_client import Client


@click.command()
@argument(
    "file", type=click.Path(path_type=Path), metavar="FILE", help="A file of requests (JSONL)."
)
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="Default: NAME.compact.jsonl.",
)
@click.option("--yes", "-y", is_flag=True, help="Create the artifacts without asking.")
@click.option(
    "--retention",
    default="standard",
    metavar="CLASS",
    help="ephemeral (a day), standard or extended.",
)
@connection_options
@json_option
def compact(
    file: Path,
    output: Path | None,
    yes: bool,
    retention: str,
    base_url: str | None,
    api_key: str | None,
    as_json: bool,
) -> None:
    """Make artifacts of long texts that requests share, and write the file that refers to them.

    Say what that saves, and ask first.
    """
    target = output or file.with_suffix(f".compact{file.suffix}")
    with report(as_json=as_json) as failures, failures.each(path=str(file)):
        refuse_existing(target)
        with file.open("rb") as lines:
            texts = find_common_texts(lines)
        if not texts:
            note(f"{file}: its requests share no text that is worth an artifact.")
            return
        _describe(file, texts)
        if not yes and not click.confirm("Create them, and write the file?", err=True):
            return
        with open_client(base_url, api_key) as client:
            ids = _create(client, texts, retention)
        with file.open("rb") as lines, target.open("xb") as compacted:
            compacted.writelines(with_references(line, ids) for line in lines)
        if as_json:
            print_json_line(
                {
                    "path": str(target),
                    "bytes": target.stat().st_size,
                    "bytes_before": file.stat().st_size,
                    "artifacts": list(ids.values()),
                }
            )
        else:
            click.echo(str(target))
            note(f"{size(file.stat().st_size)} have become {size(target.stat().st_size)}.")


def _describe(file: Path, texts: list[CommonText]) -> None:
    whole = file.stat().st_size
    for each in texts:
        begin = _beginning(each)
        note(
            f"{size(len(each.written))} in {counted(each.places, 'place')}, "
            f"saves {size(each.saves)}: {begin}…"
        )
    saved = sum(each.saves for each in texts)
    note(
        f"{file}: {counted(len(texts), 'artifact')} would save {size(saved)} of {size(whole)} "
        f"({saved / whole:.0%})."
    )


def _beginning(text: CommonText) -> str:
    return " ".join(text.text[:60].split())


def _create(client: Client, texts: list[CommonText], retention: str) -> dict[bytes, str]:
    ids: dict[bytes, str] = {}
    try:
        for each in texts:
            metadata = {"name": _beginning(each)}
            artifact = client.artifacts.create(
                each.text, retention_class=retention, metadata=metadata
            )
            ids[each.written] = artifact.id
    except BaseException:
        for made in ids.values():
            client.artifacts.delete(made)
        raise
    return ids

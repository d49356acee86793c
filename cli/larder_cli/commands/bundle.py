"""`larder bundle create`, `list`, `show` and `rm`: lists of artifacts that begin a prompt."""

from __future__ import annotations

import click
import msgspec

from larder_cli.shared.arguments import argument
from larder_cli.shared.connection import connection_options, json_option, open_client
from larder_cli.shared.each import report
from larder_cli.shared.groups import Group
from larder_cli.shared.output import minute, note, print_change, print_json_line

LIMIT = 20
SEPARATOR = ":"


@click.group(cls=Group)
def bundle() -> None:
    """Lists of artifacts with their roles.

    The messages of a batch's request may begin with {"$bundle": "bnd_…"}.
    """


@bundle.command()
@argument(
    "artifacts",
    nargs=-1,
    required=True,
    metavar="ARTIFACT[:ROLE]…",
    help="In their order; ROLE is system if left.",
)
@connection_options
@json_option
def create(
    artifacts: tuple[str, ...], base_url: str | None, api_key: str | None, as_json: bool
) -> None:
    """Create a bundle and print its id."""
    members = []
    for given in artifacts:
        artifact_id, _, role = given.partition(SEPARATOR)
        members.append((artifact_id, role or "system"))
    with report(as_json=as_json), open_client(base_url, api_key) as client:
        print_change(client.artifacts.create_bundle(members), as_json=as_json)


@bundle.command("list")
@click.option(
    "--limit",
    default=LIMIT,
    type=click.IntRange(1, 100),
    metavar="N",
    help="The maximum number of bundles.",
)
@click.option("--after", metavar="ID", help="Only bundles created before this one.")
@connection_options
@json_option
def list_bundles(
    limit: int, after: str | None, base_url: str | None, api_key: str | None, as_json: bool
) -> None:
    """List bundles, newest first."""
    with report(), open_client(base_url, api_key) as client:
        page = client.artifacts.page_of_bundles(limit=limit, after=after)
    if as_json:
        print_json_line(msgspec.to_builtins(page))
        return
    # Rich takes 0.1 s, which JSON does not need.
    from larder_cli.shared.tables import columns, print_table  # noqa: PLC0415

    table = columns("id", "type", "artifacts", "created UTC", drop=("created UTC",))
    for each in page.data:
        table.add_row(each.id, each.bundle_type, str(len(each.artifacts)), minute(each.created_at))
    print_table(table)
    if page.has_more and page.data:
        note(f"There are more bundles: larder bundle list --after {page.data[-1].id}")


@bundle.command()
@argument("bundle", metavar="BUNDLE", help="The id of a bundle.")
@connection_options
def show(bundle: str, base_url: str | None, api_key: str | None) -> None:
    """Print a bundle as JSON, with which of its artifacts are gone."""
    with report(), open_client(base_url, api_key) as client:
        print_json_line(msgspec.to_builtins(client.artifacts.retrieve_bundle(bundle)))


@bundle.command()
@argument("bundles", nargs=-1, required=True, metavar="BUNDLE…", help="Ids of bundles.")
@connection_options
@json_option
def rm(bundles: tuple[str, ...], base_url: str | None, api_key: str | None, as_json: bool) -> None:
    """Delete bundles permanently and print their ids. Their artifacts stay."""
    with report(as_json=as_json) as failures, open_client(base_url, api_key) as client:
        for bundle_id in bundles:
            with failures.each(id=bundle_id):
                print_change(client.artifacts.delete_bundle(bundle_id), as_json=as_json)

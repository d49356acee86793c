"""`larder doctor`: what is wrong with a deployment, and what to do about it."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import botocore.session
import click
from httpx import HTTPError

from larder_cli.failures import OperatorError
from larder_cli.shared.output import counted, note, print_json
from larder_operator.deployment import find_deployment, use_account
from larder_operator.doctor.client import caller_of
from larder_operator.doctor.findings import Finding, State, examine
from larder_operator.doctor.preflight import Planned, preflight, read_samconfig
from larder_operator.doctor.requests import REQUESTS
from larder_operator.doctor.resources import RESOURCES
from larder_operator.doctor.settle import SETTLE
from larder_operator.doctor.stack import DeployedStack
from larder_operator.options import json_option, stack_options

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

SAMCONFIG = Path("samconfig.toml")


@click.command()
@click.option(
    "--before-deployment",
    metavar="ENV",
    help="Look at the account before 'sam deploy --config-env ENV', as 'make deploy' does.",
)
@click.option(
    "--first-deployment",
    is_flag=True,
    help="Also send what only a real account can answer: docs/first-deployment.md.",
)
@stack_options
@json_option
def doctor(
    before_deployment: str | None,
    first_deployment: bool,
    stack: str | None,
    profile: str | None,
    region: str | None,
    as_json: bool,
) -> None:
    """Look at a deployment, and say what is wrong and what to do. Exit with 1 if something is.

    It uploads a few small files to a project of its own, larder-doctor, and deletes them.
    """
    if before_deployment is not None:
        findings = _before(before_deployment, stack, profile, region)
    else:
        deployed = DeployedStack(find_deployment(stack, profile, region))
        findings = _after(deployed, settle=first_deployment)
    found = list(_shown(findings, as_json=as_json))
    if as_json:
        print_json([asdict(each) for each in found])
    bad = sum(each.state is State.FAILED for each in found)
    note(f"{counted(len(found), 'check')}, {bad} failed.")
    if bad:
        raise click.exceptions.Exit(1)


def _before(
    environment: str, stack: str | None, profile: str | None, region: str | None
) -> Iterator[Finding]:
    settings = read_samconfig(SAMCONFIG, environment)
    use_account(profile or settings.profile, region or settings.region)
    session = botocore.session.get_session()
    yield from preflight(
        Planned(stack or settings.stack, session.create_client, settings.parameters)
    )


def _after(deployed: DeployedStack, *, settle: bool) -> Iterator[Finding]:
    yield from examine(deployed, RESOURCES)
    try:
        with caller_of(deployed) as caller:
            yield from examine(caller, REQUESTS)
            if settle:
                yield from examine(caller, SETTLE)
    except HTTPError as error:
        message = f"The API at {deployed.base_url} does not answer: {error}"
        raise OperatorError(message) from error


def _shown(findings: Iterable[Finding], *, as_json: bool) -> Iterator[Finding]:
    for each in findings:
        if not as_json:
            print_finding(each)
        yield each


def print_finding(finding: Finding, *, err: bool = False) -> None:
    """Print a finding, and what to do."""
    click.echo(f"{finding.state:8} {finding.check}: {finding.found}", err=err)
    if finding.remedy:
        click.echo(f"{'':8} → {finding.remedy}", err=err)

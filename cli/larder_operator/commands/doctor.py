"""`larder doctor`: what is wrong with a deployment, and what to do about it."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import botocore.session
import typer
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
from larder_operator.options import AsJson, Profile, Region, Stack

SAMCONFIG = Path("samconfig.toml")


def doctor(
    before_deployment: Annotated[
        str | None,
        typer.Option(
            metavar="ENV",
            help="Look at the account before 'sam deploy --config-env ENV', as 'make deploy' does.",
        ),
    ] = None,
    first_deployment: Annotated[
        bool,
        typer.Option(
            "--first-deployment",
            help="Also send what only a real account can answer: docs/first-deployment.md.",
        ),
    ] = False,
    stack: Stack = None,
    profile: Profile = None,
    region: Region = None,
    as_json: AsJson = False,
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
        raise typer.Exit(1)


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
    typer.echo(f"{finding.state:8} {finding.check}: {finding.found}", err=err)
    if finding.remedy:
        typer.echo(f"{'':8} → {finding.remedy}", err=err)

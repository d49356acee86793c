"""`larder deploy`: bring this clone's version of Larder into an AWS account."""

from __future__ import annotations

import re
import shlex
import time
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

import botocore.session
import click

from larder_cli.shared.arguments import argument
from larder_cli.shared.output import note
from larder_operator.commands.doctor import SAMCONFIG, print_finding
from larder_operator.deployment import use_account
from larder_operator.doctor.findings import State
from larder_operator.doctor.preflight import Planned, preflight, read_samconfig
from larder_operator.options import account_options, yes_option
from larder_operator.rollout.sam import LOG, Sam
from larder_operator.rollout.stacks import Rollout, exists

if TYPE_CHECKING:
    from collections.abc import Iterator

TEMPLATE = Path("template.yaml")
EMAIL = "AlarmEmail"


@click.command()
@argument(
    "environment",
    default="default",
    metavar="[ENV]",
    help="The environment of samconfig.toml. Default: default.",
)
@click.option(
    "--params",
    default="",
    metavar="'NAME=VALUE …'",
    help="Parameters of template.yaml. Those that you leave out stay as they are deployed.",
)
@click.option(
    "--alarm-email", default="", metavar="ADDRESS", help="Where alarms go; AWS asks to confirm it."
)
@yes_option
@account_options
def deploy(
    environment: str,
    params: str,
    alarm_email: str,
    yes: bool,
    profile: str | None,
    region: str | None,
) -> None:
    """Look at the account, build, show what would change, ask, and deploy. Run it in a clone.

    What the SAM CLI prints goes to .local/deploy.log.
    """
    settings = read_samconfig(SAMCONFIG, environment)
    chosen = {**settings.parameters, **parse_parameters(params, parameter_names(TEMPLATE))}
    if alarm_email:
        chosen[EMAIL] = alarm_email
    use_account(profile or settings.profile, region or settings.region)
    client = botocore.session.get_session().create_client
    look_first(Planned(settings.stack, client, chosen))
    cloudformation = client("cloudformation")
    new, sam = not exists(cloudformation, settings.stack), Sam(environment)
    with step("building"):
        sam.build()
    with step("uploading, and asking CloudFormation what would change"):
        change_set = sam.create_change_set(chosen)
    if change_set is None:
        note(f"Nothing changes: '{settings.stack}' is up to date.")
        return
    rollout = Rollout(cloudformation, settings.stack, change_set)
    ask(rollout, sure=yes or not settings.confirm)
    for status in rollout.execute():
        note(f"{settings.stack}: {status}")
    click.echo(farewell(settings.stack, rollout.outputs()["ApiUrl"], new=new, email=alarm_email))


def parse_parameters(text: str, known: list[str]) -> dict[str, str]:
    """Return the parameters in a text such as `LogLevel=DEBUG SweepRate='rate(1 minute)'`.

    Raises:
        click.UsageError: a word has no `=`, or the template has no parameter of that name.
    """
    try:
        words = shlex.split(text)
    except ValueError as error:
        message = f"'{text}' cannot be read: {error}."
        raise click.UsageError(message) from error
    found = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals:
            message = f"'{word}' is not a parameter: write NAME=VALUE."
            raise click.UsageError(message)
        if name not in known:
            near = get_close_matches(name, known, n=1)
            hint = f" Did you mean {near[0]}?" if near else ""
            message = f"template.yaml has no parameter '{name}'.{hint}"
            raise click.UsageError(message)
        found[name] = value
    return found


def parameter_names(template: Path) -> list[str]:
    """Return the names of a template's parameters."""
    section = template.read_text().partition("\nParameters:\n")[2].partition("\n\n")[0]
    return re.findall(r"^  (\w+):$", section, re.MULTILINE)


def look_first(planned: Planned) -> None:
    """Print whose account it is, and what is wrong with it.

    Raises:
        click.exceptions.Exit: the deployment would fail.
    """
    failed = False
    for finding in preflight(planned):
        if finding.check == "credentials" or finding.state is not State.OK:
            print_finding(finding, err=True)
        failed = failed or finding.state is State.FAILED
    if failed:
        note("Nothing was deployed.")
        raise click.exceptions.Exit(1)


def ask(rollout: Rollout, *, sure: bool) -> None:
    """Show the changes, and ask unless it is sure. Data is only left behind if somebody says so.

    Raises:
        click.exceptions.Exit: the answer is no; nothing has changed.
    """
    changes = rollout.changes()
    for line in changes.lines():
        note(f"  {line}")
    lost = changes.losing_data()
    if lost:
        note(f"WARNING: what begins empty, or goes: {', '.join(lost)}.")
    if sure and not lost:
        return
    try:
        agreed = click.confirm("Deploy this?", err=True)
    except click.Abort:
        agreed = False
    if not agreed:
        rollout.discard()
        note("Nothing was deployed.")
        raise click.exceptions.Exit(1)


@contextmanager
def step(what: str) -> Iterator[None]:
    """Print what is being done, and how long it took."""
    click.echo(f"{what} … ", nl=False, err=True)
    since = time.monotonic()
    try:
        yield
    except BaseException:
        note(f"failed (see {LOG})")
        raise
    note(f"{time.monotonic() - since:.0f} s")


def farewell(stack: str, url: str, *, new: bool, email: str) -> str:
    """Return the address, and the commands that come next."""
    lines = [f"Larder is at {url}", ""]
    if email:
        lines += [f"AWS has sent a mail to {email}: alarms arrive once its link was opened.", ""]
    first = [
        f"larder project create my-team --stack {stack}",
        f"larder key create my-team --stack {stack}    # prints the secret once",
    ]
    later = [f"larder migrate --stack {stack}    # brings stored records up to this version"]
    lines += [
        "Next, in this clone:",
        "  . .venv/bin/activate",
        f"  larder doctor --stack {stack}    # is all of it there, and does it work?",
        *(f"  {each}" for each in (first if new else later)),
    ]
    return "\n".join(lines)

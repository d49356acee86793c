"""`larder audit`: compare counters, records and bytes with each other, and repair them."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from dataclasses import asdict
from typing import IO, TYPE_CHECKING

import click

from larder.services.upkeep.audit import NO_DRIFT, Audit, audit_counters, repair_counters
from larder_cli.shared.arguments import argument
from larder_cli.shared.output import counted, note, print_json_line, size
from larder_operator.deployment import find_deployment
from larder_operator.options import json_option, stack_options, yes_option
from larder_operator.storage.audit import StorageAudit
from larder_operator.storage.bucket import Bucket
from larder_operator.storage.findings import Finding, Loss
from larder_operator.storage.records import Records
from larder_operator.storage.repairs import StorageRepair

if TYPE_CHECKING:
    from collections.abc import Iterator

    from larder.domain.ids import TenantId
    from larder.domain.projects import Project as ProjectRecord
    from larder.runtime.composition import Composition
    from larder.services.projects.ports import Count

EXACT, DRIFTED, BUSY, REPAIRED = "exact", "drifted", "busy", "repaired"


@click.command()
@argument(
    "project",
    required=False,
    metavar="[PROJECT]",
    help="The project's name or its wks-… id. Default: all projects, and what belongs to none.",
)
@click.option("--repair", is_flag=True, help="Repair what was found. Asks before it deletes.")
@click.option(
    "--adopt",
    is_flag=True,
    help="With --repair: make files of bytes without a record, do not delete them.",
)
@yes_option
@stack_options
@json_option
def audit(
    project: str | None,
    repair: bool,
    adopt: bool,
    yes: bool,
    stack: str | None,
    profile: str | None,
    region: str | None,
    as_json: bool,
) -> None:
    """Compare counters, records and stored bytes. Exit with 1 if something is wrong.

    Prints what is wrong, one line each. Changes nothing without --repair.
    """
    deployment = find_deployment(stack, profile, region)
    ports = deployment.ports
    found = list(ports.projects.list()) if project is None else [deployment.find_project(project)]
    storage = StorageAudit(
        ports, Bucket(ports.settings.files_bucket), Records(ports.settings.store_table)
    )
    printer = _Printer({each.id: each.name for each in found}, as_json=as_json)
    mend = StorageRepair(storage, adopt)
    with tempfile.TemporaryFile("w+") as findings:
        losses = _list_losses(storage, found, mend, printer, findings, strangers=project is None)
        if repair and losses:
            if not yes:
                click.confirm(f"{_summary(losses)}. Repair?", abort=True, err=True)
            losses = _repair_losses(mend, printer, findings)
    states = [_counters(each, ports, printer, repair=repair) for each in found]
    if BUSY in states:
        note("Counters that changed during the audit are busy: run the command again.")
    if losses or not set(states) <= {EXACT, REPAIRED}:
        raise click.exceptions.Exit(1)


def _list_losses(
    storage: StorageAudit,
    projects: list[ProjectRecord],
    mend: StorageRepair,
    printer: _Printer,
    findings: IO[str],
    *,
    strangers: bool,
) -> Counter[str]:
    """Print each finding, and keep it in a file: there may be more than fit into memory."""
    losses: Counter[str] = Counter()
    for finding in _all_losses(storage, projects, strangers=strangers):
        action = mend.action(finding)
        printer.finding(finding, action)
        findings.write(json.dumps(asdict(finding)) + "\n")
        losses[action or "leave as it is"] += 1
    return losses


def _all_losses(
    storage: StorageAudit, projects: list[ProjectRecord], *, strangers: bool
) -> Iterator[Finding]:
    for project in projects:
        yield from storage.project(project.id)
    if strangers:
        yield from storage.strangers()


def _repair_losses(mend: StorageRepair, printer: _Printer, findings: IO[str]) -> Counter[str]:
    left: Counter[str] = Counter()
    findings.seek(0)
    for line in findings:
        kept = json.loads(line)
        finding = Finding(**kept | {"loss": Loss(kept["loss"])})
        obstacle = mend(finding)
        printer.repaired(finding, obstacle)
        if obstacle is not None:
            left["leave as it is"] += 1
    return left


def _summary(losses: Counter[str]) -> str:
    """Return what a repair will do, and how often."""
    text = ", ".join(f"{action} ({times:,})" for action, times in losses.items())
    return text[:1].upper() + text[1:]


def _counters(
    project: ProjectRecord, ports: Composition, printer: _Printer, *, repair: bool
) -> str:
    result = audit_counters(project.id, usage=ports.usage)
    if result is None:
        message = f"project {project.id} has no counters"
        raise LookupError(message)
    state = DRIFTED
    if result.disturbed:
        state = BUSY
    elif result.drift == NO_DRIFT:
        state = EXACT
    if repair and state == DRIFTED:
        state = REPAIRED if ports.make(repair_counters)(project.id) else BUSY
    printer.counters(project, result, state)
    return state


class _Printer:
    """Prints lines for people, or lines of JSON."""

    def __init__(self, names: dict[TenantId, str], *, as_json: bool) -> None:
        self._names = names
        self._as_json = as_json

    def finding(self, finding: Finding, action: str | None) -> None:
        if self._as_json:
            print_json_line(self._json(finding) | {"repair": action})
            return
        amount = f"{counted(finding.objects, 'object')}, {size(finding.bytes)}"
        click.echo(f"{self._subject(finding)}  {amount}  --repair: {action or 'nothing'}")

    def repaired(self, finding: Finding, obstacle: str | None) -> None:
        if self._as_json:
            print_json_line(self._json(finding) | {"repaired": obstacle is None, "why": obstacle})
        elif obstacle is None:
            note(f"repaired  {self._subject(finding)}")
        else:
            note(f"left  {self._subject(finding)}: {obstacle}")

    def counters(self, project: ProjectRecord, audit: Audit, state: str) -> None:
        drift = audit.drift
        if self._as_json:
            print_json_line(
                {
                    "audit": "counters",
                    "project": project.id,
                    "name": project.name,
                    "state": state,
                    "counted": _amounts(audit.counted),
                    "drift": _amounts(drift),
                }
            )
            return
        files, reserved = drift.used, drift.reserved
        click.echo(
            f"counters  {project.name}  {state}  {files.files:+d} files  {files.bytes:+d} bytes"
            f"  {reserved.files:+d} reserved files  {reserved.bytes:+d} reserved bytes"
        )

    def _subject(self, finding: Finding) -> str:
        owner = "-" if finding.tenant is None else self._names[finding.tenant]
        return f"{finding.loss}  {owner}  {finding.key}"

    def _json(self, finding: Finding) -> dict[str, object]:
        name = None if finding.tenant is None else self._names[finding.tenant]
        return {
            "audit": finding.loss,
            "project": finding.tenant,
            "name": name,
            "key": finding.key,
            "objects": finding.objects,
            "bytes": finding.bytes,
        }


def _amounts(count: Count) -> dict[str, dict[str, int]]:
    return {"used": asdict(count.used), "reserved": asdict(count.reserved)}

"""`larder audit`: compare a project's counters with what it stores."""

from dataclasses import asdict
from typing import Annotated

import typer

from larder.domain.projects import Project as ProjectRecord
from larder.runtime.composition import Composition
from larder.services.projects.ports import Count
from larder.services.upkeep.audit import NO_DRIFT, Audit, audit_counters, repair_counters
from larder_cli.deployment import find_deployment
from larder_cli.shared.options import AsJson, Profile, Region, Stack
from larder_cli.shared.output import note, print_json
from larder_cli.shared.tables import columns, print_table

EXACT, DRIFTED, BUSY, REPAIRED = "exact", "drifted", "busy", "repaired"


def audit(
    project: Annotated[
        str | None,
        typer.Argument(
            metavar="PROJECT",
            help="The project's name or its wks-… id.",
            show_default="all projects",
        ),
    ] = None,
    repair: Annotated[
        bool, typer.Option("--repair", help="Correct counters that have drifted.")
    ] = False,
    stack: Stack = None,
    profile: Profile = None,
    region: Region = None,
    as_json: AsJson = False,
) -> None:
    """Compare each project's counters with what it stores. Exit with 1 if they differ.

    The table shows the drift: the counters minus what is stored.
    """
    deployment = find_deployment(stack, profile, region)
    ports = deployment.ports
    found = list(ports.projects.list()) if project is None else [deployment.find_project(project)]
    audits = [(each, _audit(each, ports)) for each in found]
    states = {each.id: _state(result) for each, result in audits}
    if repair and DRIFTED in states.values():
        for each, _ in audits:
            if states[each.id] == DRIFTED:
                repaired = ports.make(repair_counters)(each.id)
                states[each.id] = REPAIRED if repaired else BUSY
    _print([(each, result, states[each.id]) for each, result in audits], as_json=as_json)
    if BUSY in states.values():
        note("Counters that changed during the audit are busy: run the command again.")
    if not set(states.values()) <= {EXACT, REPAIRED}:
        raise typer.Exit(1)


def _audit(project: ProjectRecord, ports: Composition) -> Audit:
    result = audit_counters(project.id, usage=ports.usage)
    if result is None:
        message = f"project {project.id} has no counters"
        raise LookupError(message)
    return result


def _state(result: Audit) -> str:
    if result.disturbed:
        return BUSY
    return EXACT if result.drift == NO_DRIFT else DRIFTED


def _amounts(count: Count) -> dict[str, dict[str, int]]:
    return {"used": asdict(count.used), "reserved": asdict(count.reserved)}


def _print(rows: list[tuple[ProjectRecord, Audit, str]], *, as_json: bool) -> None:
    if as_json:
        print_json(
            [
                {
                    "project": project.id,
                    "name": project.name,
                    "state": state,
                    "counted": _amounts(result.counted),
                    "drift": _amounts(result.drift),
                }
                for project, result, state in rows
            ]
        )
        return
    table = columns("project", "state", "files", "bytes", "reserved files", "reserved bytes")
    for project, result, state in rows:
        drift = result.drift
        amounts = (drift.used.files, drift.used.bytes, drift.reserved.files, drift.reserved.bytes)
        table.add_row(project.name, state, *(f"{amount:+d}" for amount in amounts))
    print_table(table)

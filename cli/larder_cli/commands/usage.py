"""`larder usage`: what a project stores, and its limits."""

from larder.api.projects.usage import UsageObject
from larder.domain.batches import BatchLoad
from larder.domain.ids import TenantId
from larder.domain.quota import Usage
from larder.runtime.composition import Composition
from larder.services.projects.usage import GetUsage
from larder_cli.deployment import find_deployment
from larder_cli.shared.options import AsJson, Profile, Project, Region, Stack
from larder_cli.shared.output import print_json
from larder_cli.shared.tables import print_table, usage_table


def usage(
    project: Project,
    stack: Stack = None,
    profile: Profile = None,
    region: Region = None,
    as_json: AsJson = False,
) -> None:
    """Show what a project stores and reserves, what its batches run, and its limits."""
    deployment = find_deployment(stack, profile, region)
    found = deployment.find_project(project)
    current = current_usage(found.id, deployment.ports)
    print_usage(current, deployment.ports.batch_limits.get(found.id), as_json=as_json)


def current_usage(tenant: TenantId, ports: Composition) -> Usage:
    """Return the project's counters, as `GET /v1/usage` returns them."""
    return ports.make(GetUsage)(tenant)


def print_usage(current: Usage, load: BatchLoad, *, as_json: bool) -> None:
    """Print the counters, as JSON in the shape of `GET /v1/usage`."""
    shown = UsageObject.of(current, load)
    if as_json:
        print_json(shown.model_dump())
    else:
        print_table(usage_table(shown))

"""Manage projects and their limits, for operators."""

from __future__ import annotations

from typing import TYPE_CHECKING

from larder.domain.errors import ConflictError, InvalidParameterError, NotFoundError
from larder.domain.ids import new_tenant_id, parse_tenant_id
from larder.domain.projects import AUDIT_INTERVAL, Project, project_name
from larder.domain.quota import MAX_PROJECT_FILES

if TYPE_CHECKING:
    from larder.domain.ids import TenantId
    from larder.domain.quota import Amount
    from larder.services.clock import Clock
    from larder.services.projects.ports import ProjectRecords


def create_project(
    name: str,
    limit: Amount,
    *,
    projects: ProjectRecords,
    clock: Clock,
    lost_id: str | None = None,
) -> Project:
    """Register a project with its limits. `lost_id` is the id that it had before it was lost.

    Raises:
        InvalidParameterError: the name, the id or a limit is not acceptable.
        ConflictError: a project has that name, or that id.
    """
    now = clock()
    tenant = new_tenant_id(now) if lost_id is None else parse_tenant_id(lost_id)
    if tenant is None:
        message = f"'{lost_id}' is no id of a project: it is 'wks-' and 24 hexadecimal digits."
        raise InvalidParameterError(message, param="id")
    project = Project(id=tenant, name=project_name(name), created_at=int(now))
    if not projects.create(project, _checked(limit), audit_at=int(now) + AUDIT_INTERVAL):
        taken = (
            f"named '{name}'" if lost_id is None else f"named '{name}', or with the id {lost_id},"
        )
        raise ConflictError(
            f"There is a project {taken} already.", code="project_exists", permanent=True
        )
    return project


def get_project(name_or_id: str, *, projects: ProjectRecords) -> Project:
    """Return the project with that name or id.

    Raises:
        NotFoundError: there is no such project.
    """
    for project in projects.list():
        if name_or_id in {project.name, project.id}:
            return project
    raise NotFoundError("Project", name_or_id)


def set_limit(tenant: TenantId, limit: Amount, *, projects: ProjectRecords) -> None:
    """Change the project's limits. Files above a lowered limit stay.

    Raises:
        InvalidParameterError: a limit is negative, or more files than a project can have.
    """
    projects.set_limit(tenant, _checked(limit))


def _checked(limit: Amount) -> Amount:
    if limit.files < 0 or limit.bytes < 0:
        raise InvalidParameterError("A limit cannot be negative.", param="limit")
    if limit.files > MAX_PROJECT_FILES:
        raise InvalidParameterError(
            f"A project can have {MAX_PROJECT_FILES} files at most. Use more projects.",
            param="limit",
        )
    return limit

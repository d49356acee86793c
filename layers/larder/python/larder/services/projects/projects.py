"""Manage projects and their limits, for operators."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from larder.domain.admin_log import OPERATOR, new_entry
from larder.domain.errors import ConflictError, InvalidParameterError, NotFoundError
from larder.domain.ids import new_tenant_id, parse_tenant_id
from larder.domain.limits import checked_limit
from larder.domain.projects import AUDIT_INTERVAL, Project, project_name
from larder.domain.quota import MAX_PROJECT_FILES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from larder.domain.admin_log import Actor
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
    by: Actor = OPERATOR,
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
    entry = new_entry(
        now, "project.create", tenant, tenant, by, name=name, files=limit.files, bytes=limit.bytes
    )
    audit_at = int(now) + AUDIT_INTERVAL
    if not projects.create(project, checked(limit), audit_at, entry):
        taken = (
            f"named '{name}'" if lost_id is None else f"named '{name}', or with the id {lost_id},"
        )
        raise ConflictError(
            f"There is a project {taken} already.", code="project_exists", permanent=True
        )
    return project


MAX_PAGE = 1_000
DEFAULT_PAGE = 100


@dataclass(frozen=True, slots=True)
class ProjectPage:
    """Some projects, the oldest first."""

    projects: Sequence[Project]
    has_more: bool


def list_projects(*, limit: int, after: str | None, projects: ProjectRecords) -> ProjectPage:
    """Return up to `limit` projects after the id `after`, which need not exist, the oldest first.

    All are read: a thousand projects are about 100 KB.

    Raises:
        InvalidParameterError: `limit` is outside 1..1000, or `after` is malformed.
    """
    if after is not None and parse_tenant_id(after) is None:
        raise InvalidParameterError(f"'{after[:64]}' is not the id of a project.", param="after")
    checked_limit(limit, most=MAX_PAGE)
    found = sorted(projects.list(), key=lambda project: project.id)
    rest = [project for project in found if after is None or project.id > after]
    return ProjectPage(rest[:limit], has_more=len(rest) > limit)


def get_project(name_or_id: str, *, projects: ProjectRecords, param: str = "id") -> Project:
    """Return the project with that name or id, which the request's `param` gives.

    Raises:
        NotFoundError: there is no such project.
    """
    for project in projects.list():
        if name_or_id in {project.name, project.id}:
            return project
    raise NotFoundError("Project", name_or_id, param=param)


def checked(limit: Amount) -> Amount:
    """Return the limit, if a project may have it.

    Raises:
        InvalidParameterError: it is negative, or more files than a project can have.
    """
    if limit.files < 0 or limit.bytes < 0:
        raise InvalidParameterError("A limit cannot be negative.", param="limits")
    if limit.files > MAX_PROJECT_FILES:
        raise InvalidParameterError(
            f"A project can have {MAX_PROJECT_FILES} files at most. Use more projects.",
            param="limits.files",
        )
    return limit

"""The table of routes: one row each, and the only place that lists them.

The authorizer, the catch-all and `docs/openapi.json` are derived from it; the template, the
functions and the tests are compared with it. It imports the standard library alone, since
functions load it that must start fast.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from larder.domain.scopes import Scope

type Surface = Literal["openai", "space", "native", "any", "public"]


class Route(NamedTuple):
    """One row of the table.

    `function` is a folder below `functions/`. `surface` decides which header carries the key: a
    `public` route needs none. `scope` is what the key has to have, None where any key will do;
    `api.http.access` enforces it. `timeout` is the function's, in seconds; API Gateway waits for
    29.
    """

    method: str
    path: str
    function: str
    surface: Surface
    scope: Scope | None
    timeout: int = 15

    @property
    def key_headers(self) -> tuple[str, ...]:
        """The headers that may carry the key: one, but for requests that match no route.

        A public route needs no key and has none.
        """
        match self.surface:
            case "public":
                return ()
            case "any":
                return ("Authorization", "x-api-key")
            case "space":
                return ("x-api-key",)
            case "openai" | "native":
                return ("Authorization",)


ROUTES = (
    Route("GET", "/v1/files", "files_list", "openai", "read"),
    Route("POST", "/v1/files", "files_create", "openai", "write"),
    Route("GET", "/v1/files/{file_id}", "files_get", "openai", "read"),
    Route("DELETE", "/v1/files/{file_id}", "files_delete", "openai", "write"),
    Route("GET", "/v1/files/{file_id}/content", "files_content", "openai", "read"),
    Route("HEAD", "/v1/files/{file_id}/content", "files_content", "openai", "read"),
    Route("GET", "/v1/files/{file_id}/url", "files_url", "openai", "read"),
    Route("GET", "/v1/files/{file_id}/validation", "files_validation", "openai", "read"),
    Route("POST", "/v1/uploads", "uploads_create", "openai", "write"),
    Route("GET", "/v1/uploads", "uploads_list", "openai", "read"),
    Route("GET", "/v1/uploads/{upload_id}", "uploads_get", "openai", "read"),
    Route("POST", "/v1/uploads/{upload_id}/parts", "parts_create", "openai", "write"),
    Route("POST", "/v1/uploads/{upload_id}/complete", "uploads_complete", "openai", "write", 29),
    Route("POST", "/v1/uploads/{upload_id}/cancel", "uploads_cancel", "openai", "write"),
    Route("POST", "/v1/batches", "batches_create", "openai", "batches"),
    Route("GET", "/v1/batches", "batches_list", "openai", "batches"),
    Route("GET", "/v1/batches/{batch_id}", "batches_get", "openai", "batches"),
    Route("POST", "/v1/batches/{batch_id}/cancel", "batches_cancel", "openai", "batches"),
    Route("POST", "/v1/batches/{batch_id}/retry", "batches_retry", "openai", "batches", 29),
    Route("GET", "/v1/upstreams", "upstreams_list", "native", "batches"),
    Route("GET", "/v1/keys/me", "keys_me", "native", None),
    Route("GET", "/v1/webhooks", "webhooks_list", "native", "read"),
    Route("GET", "/v1/webhooks/{webhook_id}/deliveries", "webhooks_deliveries", "native", "read"),
    Route("GET", "/v1/admin/projects", "admin_projects_list", "native", "admin"),
    Route("POST", "/v1/admin/projects", "admin_projects_create", "native", "admin"),
    Route("GET", "/v1/admin/projects/{project_id}", "admin_projects_get", "native", "admin"),
    Route("PATCH", "/v1/admin/projects/{project_id}", "admin_projects_update", "native", "admin"),
    Route("GET", "/v1/admin/keys", "admin_keys_list", "native", "admin"),
    Route("POST", "/v1/admin/keys", "admin_keys_create", "native", "admin"),
    Route("DELETE", "/v1/admin/keys/{key_id}", "admin_keys_revoke", "native", "admin"),
    Route("POST", "/v1/admin/keys/{key_id}/rotate", "admin_keys_rotate", "native", "admin"),
    Route("GET", "/v1/admin/log", "admin_log_list", "native", "admin"),
    Route("GET", "/v1/usage", "usage_get", "native", "read"),
    Route("GET", "/v1/usage/history", "usage_history", "native", "read"),
    Route("POST", "/mcp", "mcp", "native", "read", 29),
    Route("POST", "/v1/chat", "chat", "space", "read", 29),
    Route("GET", "/v1/storage/files", "space_files_list", "space", "read", 29),
    Route("POST", "/v1/storage/files", "space_files_create", "space", "write"),
    Route("POST", "/v1/storage/files:batch", "space_files_batch", "space", "write", 29),
    Route("GET", "/v1/storage/files/{file_id}", "space_files_get", "space", "read"),
    Route("PATCH", "/v1/storage/files/{file_id}", "space_files_update", "space", "write"),
    Route("DELETE", "/v1/storage/files/{file_id}", "space_files_trash", "space", "write"),
    Route("GET", "/v1/storage/tags", "tags_list", "space", "read", 29),
    Route("GET", "/v1/storage/trash", "trash_list", "space", "read"),
    Route("DELETE", "/v1/storage/trash", "trash_empty", "space", "write", 29),
    Route("DELETE", "/v1/storage/trash/{file_id}", "trash_purge", "space", "write", 29),
    Route("POST", "/v1/storage/trash/{file_id}/restore", "trash_restore", "space", "write", 29),
    Route("GET", "/v1/storage/folders", "folders_list", "space", "read"),
    Route("POST", "/v1/storage/folders", "folders_create", "space", "write"),
    Route("GET", "/v1/storage/folders/{folder_id}", "folders_get", "space", "read"),
    Route("PATCH", "/v1/storage/folders/{folder_id}", "folders_update", "space", "write"),
    Route("DELETE", "/v1/storage/folders/{folder_id}", "folders_delete", "space", "write", 29),
    Route("POST", "/v2/artifacts", "artifacts_create", "native", "write", 29),
    Route("GET", "/v2/artifacts", "artifacts_list", "native", "read"),
    Route("GET", "/v2/artifacts/{artifact_id}", "artifacts_get", "native", "read"),
    Route("GET", "/v2/artifacts/{artifact_id}/content", "artifacts_content", "native", "read"),
    Route("DELETE", "/v2/artifacts/{artifact_id}", "artifacts_delete", "native", "write"),
    Route("POST", "/v2/bundles", "bundles_create", "native", "write"),
    Route("GET", "/v2/bundles", "bundles_list", "native", "read"),
    Route("GET", "/v2/bundles/{bundle_id}", "bundles_get", "native", "read"),
    Route("DELETE", "/v2/bundles/{bundle_id}", "bundles_delete", "native", "write"),
    Route("POST", "/v1/console/sessions", "console_sessions_create", "public", None),
    Route("DELETE", "/v1/console/sessions/current", "console_sessions_delete", "native", None),
)

PAGES = tuple(
    Route(method, path, function, "public", None)
    for path, function in (
        ("/console", "console_page"),
        ("/console/{path+}", "console_page"),
        ("/docs", "reference"),
        ("/docs/{path+}", "reference"),
        ("/v1/openapi.json", "reference"),
        ("/healthz", "healthz"),
    )
    for method in ("GET", "HEAD")
)
"""What needs no key: pages, the API's document, a sign of life. They are not in that document."""

CATCH_ALL = tuple(
    Route(method, "/{proxy+}", "unknown_route", "any", None)
    for method in ("DELETE", "GET", "HEAD", "PATCH", "POST", "PUT")
)
"""What answers a request that matches no row: 405 where the path has other methods, else 404."""

KEY_HEADERS = {route.path: route.key_headers for route in (*ROUTES, *CATCH_ALL)}
"""The headers that may carry the key, by path: those that its authorizer is cached by, if it is."""


def methods_of(path: str) -> list[str]:
    """Return the methods that a request's path has, sorted; none if no route has this path."""
    steps = path.rstrip("/").split("/")
    routes = (*ROUTES, *PAGES)
    return sorted({route.method for route in routes if _matches(route.path.split("/"), steps)})


def _matches(template: list[str], steps: list[str]) -> bool:
    if template[-1].endswith("+}") and len(steps) > len(template):
        steps = steps[: len(template)]
    return len(template) == len(steps) and all(
        wanted == step or (wanted.startswith("{") and step != "")
        for wanted, step in zip(template, steps, strict=True)
    )

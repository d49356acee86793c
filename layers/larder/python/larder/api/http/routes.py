"""Which methods each path has: what the gateway needs to be told apart by a function.

The gateway answers an unknown path and a wrong method alike, so the catch-all route asks here. A
test compares this table with the template's.
"""

from __future__ import annotations

ROUTES: dict[str, tuple[str, ...]] = {
    "/v1/files": ("GET", "POST"),
    "/v1/files/{file_id}": ("DELETE", "GET"),
    "/v1/files/{file_id}/content": ("GET", "HEAD"),
    "/v1/files/{file_id}/url": ("GET",),
    "/v1/files/{file_id}/validation": ("GET",),
    "/v1/storage/files": ("GET", "POST"),
    "/v1/storage/files/{file_id}": ("DELETE", "GET", "PATCH"),
    "/v1/storage/folders": ("GET", "POST"),
    "/v1/storage/folders/{folder_id}": ("DELETE", "GET", "PATCH"),
    "/v1/storage/trash": ("DELETE", "GET"),
    "/v1/storage/trash/{file_id}": ("DELETE",),
    "/v1/storage/trash/{file_id}/restore": ("POST",),
    "/v1/uploads": ("POST",),
    "/v1/uploads/{upload_id}": ("GET",),
    "/v1/uploads/{upload_id}/cancel": ("POST",),
    "/v1/uploads/{upload_id}/complete": ("POST",),
    "/v1/uploads/{upload_id}/parts": ("POST",),
    "/v1/usage": ("GET",),
}


def methods_of(path: str) -> tuple[str, ...]:
    """Return the methods that the path has, none when it is no path of ours."""
    steps = path.rstrip("/").split("/")
    for route, methods in ROUTES.items():
        template = route.split("/")
        if len(template) == len(steps) and all(
            wanted == step or (wanted.startswith("{") and step)
            for wanted, step in zip(template, steps, strict=True)
        ):
            return methods
    return ()

"""Requests that no route serves: 404 or 405, and the allowed methods."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from larder.domain.ids import TenantId
    from tests.integration.conftest import Answer, Functions


def request(functions: Functions, tenant: TenantId, method: str, path: str) -> Answer:
    return functions.call(
        "unknown_route",
        tenant,
        httpMethod=method,
        resource="/{proxy+}",
        pathParameters={"proxy": path[1:]},
    )


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/v1/files", "GET, POST"),
        ("POST", "/v1/files/file-0123456789abcdef01234567", "DELETE, GET"),
        ("DELETE", "/v1/usage", "GET"),
        ("GET", "/v1/uploads/upload_1/complete", "POST"),
        ("PATCH", "/v1/files/", "GET, POST"),
    ],
)
def test_an_unsupported_method_is_not_allowed(
    functions: Functions, tenant: TenantId, method: str, path: str, allowed: str
) -> None:
    answer = request(functions, tenant, method, path)

    assert (answer.status, answer.error["code"]) == (405, "method_not_allowed")
    assert answer.headers["allow"] == allowed
    assert answer.error["message"] == f"{method} is not allowed on {path}, only {allowed}."


@pytest.mark.parametrize(
    "path", ["/", "/v1", "/v1/models", "/v1/files//content", "/v1/files/a/b/c", "/v2/files"]
)
def test_an_unsupported_path_is_unknown(functions: Functions, tenant: TenantId, path: str) -> None:
    answer = request(functions, tenant, "GET", path)

    assert (answer.status, answer.error["code"]) == (404, "unknown_url")
    assert path in answer.error["message"]

"""The gateway that the template describes: routes, authorizers, and its own answers."""

from __future__ import annotations

import json
from typing import Any

import pytest

from larder.api.http.routes import ROUTES as KNOWN
from tests.unit.template import FUNCTIONS, RESOURCES

API: dict[str, Any] = RESOURCES["Api"]["Properties"]

ROUTES = {
    ("POST", "/v1/files"): "FilesCreate",
    ("GET", "/v1/files"): "FilesList",
    ("GET", "/v1/files/{file_id}"): "FilesGet",
    ("DELETE", "/v1/files/{file_id}"): "FilesDelete",
    ("GET", "/v1/files/{file_id}/content"): "FilesContent",
    ("HEAD", "/v1/files/{file_id}/content"): "FilesContent",
    ("GET", "/v1/files/{file_id}/url"): "FilesUrl",
    ("GET", "/v1/files/{file_id}/validation"): "FilesValidation",
    ("POST", "/v1/storage/files"): "SpaceFilesCreate",
    ("GET", "/v1/storage/files"): "SpaceFilesList",
    ("GET", "/v1/storage/files/{file_id}"): "SpaceFilesGet",
    ("PATCH", "/v1/storage/files/{file_id}"): "SpaceFilesUpdate",
    ("DELETE", "/v1/storage/files/{file_id}"): "SpaceFilesTrash",
    ("GET", "/v1/storage/trash"): "TrashList",
    ("DELETE", "/v1/storage/trash"): "TrashEmpty",
    ("DELETE", "/v1/storage/trash/{file_id}"): "TrashPurge",
    ("POST", "/v1/storage/trash/{file_id}/restore"): "TrashRestore",
    ("POST", "/v1/storage/folders"): "FoldersCreate",
    ("GET", "/v1/storage/folders"): "FoldersList",
    ("GET", "/v1/storage/folders/{folder_id}"): "FoldersGet",
    ("PATCH", "/v1/storage/folders/{folder_id}"): "FoldersUpdate",
    ("DELETE", "/v1/storage/folders/{folder_id}"): "FoldersDelete",
    ("POST", "/v1/uploads"): "UploadsCreate",
    ("GET", "/v1/uploads/{upload_id}"): "UploadsGet",
    ("POST", "/v1/uploads/{upload_id}/parts"): "PartsCreate",
    ("POST", "/v1/uploads/{upload_id}/complete"): "UploadsComplete",
    ("POST", "/v1/uploads/{upload_id}/cancel"): "UploadsCancel",
    ("GET", "/v1/usage"): "UsageGet",
} | {
    (method, "/{proxy+}"): "UnknownRoute"
    for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
}


def test_every_route_of_the_contract_has_its_function() -> None:
    routes = {
        (event["Properties"]["Method"], event["Properties"]["Path"]): name
        for name, function in FUNCTIONS.items()
        for event in function.get("Events", {}).values()
        if event["Type"] == "Api"
    }

    assert routes == ROUTES


def test_the_catch_all_knows_every_other_route() -> None:
    known = {(method, path) for path, methods in KNOWN.items() for method in methods}

    assert known == {route for route, function in ROUTES.items() if function != "UnknownRoute"}


def test_the_space_is_opened_by_its_own_header_and_everything_else_by_bearer() -> None:
    assert API["Auth"]["DefaultAuthorizer"] == "BearerAuthorizer"

    for function in FUNCTIONS.values():
        for event in function.get("Events", {}).values():
            space = event["Properties"].get("Path", "").startswith("/v1/storage")
            expected = {"Authorizer": "ApiKeyAuthorizer"} if space else None
            assert event["Properties"].get("Auth") == expected


@pytest.mark.parametrize(
    ("authorizer", "header"),
    [("BearerAuthorizer", "Authorization"), ("ApiKeyAuthorizer", "x-api-key")],
)
def test_a_revoked_key_lives_60_seconds_at_most(authorizer: str, header: str) -> None:
    settings = API["Auth"]["Authorizers"][authorizer]

    assert settings["FunctionArn"] == {"Ref": "Authorize.Alias"}
    assert settings["Identity"] == {"Headers": [header], "ReauthorizeEvery": 60}


def test_bodies_are_decoded_whatever_the_client_accepts() -> None:
    assert API["BinaryMediaTypes"] == ["*/*"]


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        ("UNAUTHORIZED", 401, "invalid_api_key"),
        ("ACCESS_DENIED", 401, "invalid_api_key"),
        ("MISSING_AUTHENTICATION_TOKEN", 404, "unknown_url"),
        ("INVALID_SIGNATURE", 404, "unknown_url"),
        ("RESOURCE_NOT_FOUND", 404, "unknown_url"),
        ("THROTTLED", 429, "rate_limit_exceeded"),
        ("QUOTA_EXCEEDED", 429, "rate_limit_exceeded"),
        ("REQUEST_TOO_LARGE", 413, "request_too_large"),
        ("INTEGRATION_FAILURE", 502, "internal_error"),
        ("INTEGRATION_TIMEOUT", 504, "internal_error"),
        ("WAF_FILTERED", 403, None),
        ("DEFAULT_4XX", 404, "unknown_url"),
        ("DEFAULT_5XX", None, "internal_error"),
    ],
)
def test_the_gateway_speaks_the_error_envelope(
    kind: str, status: int | None, code: str | None
) -> None:
    response = API["GatewayResponses"][kind]

    body = json.loads(response["ResponseTemplates"]["application/json"])
    assert response.get("StatusCode") == status
    assert set(body["error"]) == {"message", "type", "param", "code"}
    assert body["error"]["code"] == code
    assert response["ResponseParameters"]["Headers"]["x-request-id"] == "context.requestId"


def test_a_request_that_the_gateway_cannot_read_is_not_told_of_its_route_alone() -> None:
    """Both arrive as DEFAULT_4XX: a malformed request, and a Bearer key on an unknown route."""
    text = API["GatewayResponses"]["DEFAULT_4XX"]["ResponseTemplates"]["application/json"]

    message = json.loads(text)["error"]["message"]
    assert message.startswith("No such route, or the request is malformed")


@pytest.mark.parametrize("kind", ["THROTTLED", "QUOTA_EXCEEDED"])
def test_a_throttled_client_is_told_when_to_come_back(kind: str) -> None:
    headers = API["GatewayResponses"][kind]["ResponseParameters"]["Headers"]

    assert 1 <= int(headers["Retry-After"].strip("'")) <= 120

"""The answers to requests that never reach an operation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

from tests.e2e.api import assert_refused

if TYPE_CHECKING:
    from tests.e2e.api import Api


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": ""},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer sk-some-other-services-key"},
        {"Authorization": "Bearer zk_live_tooshort"},
        {"Authorization": "Bearer zk_live_" + "A" * 43},
        {"Authorization": "Bearer zk_live_" + "A" * 43 + "\t extra"},
        {"Authorization": "Basic dXNlcjpwYXNz"},
        {"X-Api-Key": "zk_live_" + "A" * 43},
    ],
    ids=str,
)
@pytest.mark.parametrize("path", ["/files", "/usage"])
def test_without_a_valid_key_every_request_is_refused(
    api: Api, path: str, headers: dict[str, str]
) -> None:
    response = httpx.get(api.base_url + path, headers=headers)

    assert_refused(response, 401, code="invalid_api_key")
    assert "zk_live_A" not in response.text


def test_the_key_alone_without_its_scheme_is_refused(api: Api) -> None:
    response = httpx.get(api.base_url + "/files", headers={"Authorization": api.key})

    assert_refused(response, 401, code="invalid_api_key", says="Bearer")


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/nothing"), ("POST", "/files/x/y/z"), ("GET", "/models"), ("GET", "/")],
)
def test_an_unknown_route_has_another_code_than_a_missing_object(
    api: Api, method: str, path: str
) -> None:
    assert_refused(api.send(method, path), 404, code="unknown_url")


@pytest.mark.parametrize("header", ["Authorization", "x-api-key"])
@pytest.mark.parametrize("path", ["/storage/nothing", "/storage/file", "/storage", "/nothing"])
def test_an_unknown_route_of_either_surface_is_unknown_with_the_key_in_either_header(
    api: Api, path: str, header: str
) -> None:
    value = f"Bearer {api.key}" if header == "Authorization" else api.key

    response = httpx.get(api.base_url + path, headers={header: value})

    assert_refused(response, 404, code="unknown_url", says=path)


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/storage/files", {"Authorization": "Bearer {key}"}),
        ("/files", {"x-api-key": "{key}"}),
        ("/storage/nothing", {}),
        ("/storage/nothing", {"x-api-key": "zk_live_" + "A" * 43}),
    ],
)
def test_the_error_for_a_key_in_the_wrong_header_names_the_right_one(
    api: Api, path: str, headers: dict[str, str]
) -> None:
    sent = {name: value.format(key=api.key) for name, value in headers.items()}

    response = httpx.get(api.base_url + path, headers=sent)

    assert_refused(response, 401, code="invalid_api_key", says="routes below /v1/storage read it")


@pytest.mark.parametrize("header", ["Authorization", "x-api-key"])
def test_a_wrong_method_of_the_space_is_refused_with_the_key_in_either_header(
    api: Api, header: str
) -> None:
    value = f"Bearer {api.key}" if header == "Authorization" else api.key

    response = httpx.put(api.base_url + "/storage/files", headers={header: value})

    assert_refused(response, 405, code="method_not_allowed", says="GET, POST")


@pytest.mark.parametrize(
    ("method", "path"),
    [("PATCH", "/files"), ("PUT", "/files/file-0123"), ("PUT", "/uploads"), ("DELETE", "/usage")],
)
def test_a_wrong_method_is_refused(api: Api, method: str, path: str) -> None:
    response = api.send(method, path)

    assert_refused(response, 405, code="method_not_allowed")
    assert response.headers["allow"]


@pytest.mark.parametrize("size", [3_000_000, 12_000_000])
def test_the_error_for_a_body_that_is_too_large_names_uploads(api: Api, size: int) -> None:
    response = api.post_file(b"\0" * size)

    assert_refused(response, 413, code="request_too_large", says="/v1/uploads")


@pytest.mark.parametrize("body", [b"", b"\xff"])
def test_a_json_body_that_cannot_be_decoded_is_refused(api: Api, body: bytes) -> None:
    response = api.send(
        "POST", "/uploads", content=body, headers={"Content-Type": "application/json"}
    )

    assert response.status_code == 400, response.text
    assert_refused(response, 400, param=response.json()["error"]["param"])


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("multipart/form-data; boundary=cut", b""),
        ("multipart/form-data; boundary=cut", b"--cut\r\nContent-Disposition: form-data; name=f"),
        ("multipart/form-data", b"--cut--"),
        ("application/json", b"{}"),
        ("text/plain", b"hello"),
    ],
)
def test_a_form_that_cannot_be_read_is_refused(api: Api, content_type: str, body: bytes) -> None:
    response = api.send("POST", "/files", content=body, headers={"Content-Type": content_type})

    assert_refused(response, 400, says="multipart")


def test_request_ids_differ(api: Api) -> None:
    ids = {api.send("GET", "/usage").headers["x-request-id"] for _ in range(3)}

    assert len(ids) == 3

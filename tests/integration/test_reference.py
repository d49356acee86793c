"""The API reference: the document of this deployment, the page that shows it, and /healthz."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.conftest import Answer
from tests.moto_stack import ROOT
from tests.support.events import recorded

if TYPE_CHECKING:
    from tests.integration.conftest import Functions

HOST = "a1b2c3d4e5.execute-api.us-east-1.amazonaws.com"
DOCUMENT = json.loads((ROOT / "docs" / "openapi.json").read_text())


def get(functions: Functions, name: str, path: str | None = None, **changes: Any) -> Answer:
    event = recorded(name)
    if path is not None:
        event |= {"resource": "/docs/{path+}", "pathParameters": {"path": path}}
        event["requestContext"]["path"] = f"/prod/docs/{path}"
    event["requestContext"]["path"] = changes.pop("seen_as", event["requestContext"]["path"])
    event |= changes
    answer = functions.invoke(name.partition("_")[0], event)
    headers = {name.lower(): values[0] for name, values in answer["multiValueHeaders"].items()}
    return Answer(answer["statusCode"], headers, answer["body"], answer["isBase64Encoded"])


def test_the_document_is_the_one_in_the_repository_with_this_deployments_url(
    functions: Functions,
) -> None:
    answer = get(functions, "reference")

    assert answer.status == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.json == DOCUMENT | {"servers": [{"url": f"https://{HOST}/prod"}]}


@pytest.mark.parametrize(
    ("path", "url"),
    [
        ("/v1/openapi.json", "https://files.example"),
        ("/larder/v1/openapi.json", "https://files.example/larder"),
    ],
)
def test_at_a_domain_of_its_own_the_document_names_that(
    functions: Functions, path: str, url: str
) -> None:
    answer = get(functions, "reference", seen_as=path, headers={"Host": "files.example"})

    assert answer.json["servers"] == [{"url": url}]


@pytest.mark.parametrize("name", ["reference", "reference_page"])
def test_what_a_client_has_is_not_sent_again(functions: Functions, name: str) -> None:
    first = get(functions, name)

    again = get(functions, name, headers={"Host": HOST, "If-None-Match": first.headers["etag"]})

    assert (again.status, again.raw) == (304, "")
    assert again.headers["etag"] == first.headers["etag"]
    assert first.headers["cache-control"] == "no-cache"


def test_another_hosts_document_has_another_etag(functions: Functions) -> None:
    first = get(functions, "reference")

    other = get(
        functions,
        "reference",
        headers={"Host": "files.example", "If-None-Match": first.headers["etag"]},
    )

    assert other.status == 200


@pytest.mark.parametrize("name", ["reference", "reference_page"])
def test_a_client_that_takes_gzip_gets_it(functions: Functions, name: str) -> None:
    headers = {"Host": HOST, "Accept": "*/*", "Accept-Encoding": "gzip, br"}
    plain = get(functions, name)

    packed = get(functions, name, headers=headers)

    assert packed.headers["content-encoding"] == "gzip"
    assert packed.headers["vary"] == "Accept-Encoding"
    assert gzip.decompress(base64.b64decode(packed.raw)).decode() == plain.raw


def test_a_client_without_accept_gets_text(functions: Functions) -> None:
    # API Gateway would send it the base64.
    answer = get(functions, "reference", headers={"Host": HOST, "Accept-Encoding": "gzip"})

    assert not answer.binary
    assert "content-encoding" not in answer.headers


def test_the_page_allows_its_own_files_alone(functions: Functions) -> None:
    answer = get(functions, "reference_page")

    assert answer.status == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    policy = answer.headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "connect-src 'self' https://larder-files.s3.us-east-1.amazonaws.com" in policy
    assert re.findall(r"<script[^>]*>[^<]", answer.raw) == []
    assert re.findall(r"(?:src|href)=\"(?:https?:)?//", answer.raw) == []


def test_the_page_loads_files_that_never_change_by_their_digests(functions: Functions) -> None:
    page = get(functions, "reference_page").raw
    loaded = re.findall(r'(?:src|href)="\./docs/([^"]+)" integrity="sha384-([^"]+)"', page)

    assert len(loaded) == 4
    for path, digest in loaded:
        answer = get(functions, "reference", path)
        assert answer.status == 200
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert base64.b64encode(hashlib.sha384(answer.raw.encode()).digest()).decode() == digest


@pytest.mark.parametrize(
    "path",
    ["nothing.js", "000000000000/page.js", "../manifest.json", "manifest.json", "%2e%2e/x"],
)
def test_another_path_is_404(functions: Functions, path: str) -> None:
    answer = get(functions, "reference", path)

    assert answer.status == 404
    assert answer.error["code"] == "unknown_url"


def test_a_slash_at_the_end_leads_to_the_page(functions: Functions) -> None:
    answer = get(functions, "reference_page", seen_as="/prod/docs/")

    assert (answer.status, answer.headers["location"]) == (308, "../docs")


@pytest.mark.parametrize("name", ["reference", "reference_page", "healthz"])
def test_a_head_has_no_body(functions: Functions, name: str) -> None:
    answer = get(functions, name, httpMethod="HEAD")

    assert (answer.status, answer.raw) == (200, "")


def test_a_sign_of_life_is_never_kept(functions: Functions) -> None:
    answer = get(functions, "healthz")

    assert (answer.status, answer.json) == (200, {"status": "ok"})
    assert answer.headers["cache-control"] == "no-store"

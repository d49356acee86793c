"""The console's functions: signing in and out, and the page."""

from __future__ import annotations

import base64
import gzip
import hashlib
import re
from typing import TYPE_CHECKING, Any

import pytest

from larder.services.projects.keys import create_key, revoke_key
from larder.services.projects.sessions import create_code
from tests.integration.conftest import Answer
from tests.integration.console import sign_in, sign_out
from tests.support.events import recorded

if TYPE_CHECKING:
    from larder.domain.ids import TenantId
    from larder.runtime.composition import Composition
    from tests.integration.conftest import Functions


@pytest.fixture
def code(ports: Composition, tenant: TenantId) -> str:
    return ports.make(create_code)(tenant)


def allowed(functions: Functions, secret: str) -> bool:
    request = recorded("authorize")
    request["headers"] = {"Authorization": f"Bearer {secret}"}
    answer = functions.invoke("authorize", request)
    return bool(answer["policyDocument"]["Statement"][0]["Effect"] == "Allow")


def test_a_code_signs_in_to_its_project(functions: Functions, tenant: TenantId, code: str) -> None:
    session = sign_in(functions, tenant, code).json

    assert session["object"] == "console.session"
    assert session["project"] == tenant
    assert session["secret"].startswith("zs_")
    assert allowed(functions, session["secret"])


def test_a_used_code_is_refused_with_what_to_do(
    functions: Functions, tenant: TenantId, code: str
) -> None:
    sign_in(functions, tenant, code)

    answer = sign_in(functions, tenant, code)

    assert answer.status == 401
    assert answer.error["code"] == "invalid_api_key"
    assert "larder console" in answer.error["message"]


def test_a_session_ends_with_its_key(
    functions: Functions, tenant: TenantId, ports: Composition
) -> None:
    key, record = ports.make(create_key)(tenant, scopes=frozenset({"read", "console"}))
    secret = sign_in(functions, tenant, key).json["secret"]

    revoke_key(tenant, record.id, register=ports.register, clock=ports.clock)

    assert not allowed(functions, secret)


def test_signing_out_ends_the_session(functions: Functions, tenant: TenantId, code: str) -> None:
    secret = sign_in(functions, tenant, code).json["secret"]

    assert sign_out(functions, tenant, secret).json == {
        "object": "console.session",
        "deleted": True,
    }

    assert not allowed(functions, secret)


def test_an_api_key_is_not_ended_by_a_sign_out(
    functions: Functions, tenant: TenantId, ports: Composition
) -> None:
    key, _ = ports.make(create_key)(tenant, scopes=frozenset({"read", "console"}))

    assert sign_out(functions, tenant, key).status == 400
    assert allowed(functions, key)


@pytest.mark.parametrize(
    "body", ["", "[]", "{}", '{"secret": 1}', '{"secret": ""}', '{"secret": "a", "more": 1}']
)
def test_a_malformed_sign_in_is_400(functions: Functions, tenant: TenantId, body: str) -> None:
    answer = functions.call("console_sessions_create", tenant, body=body, isBase64Encoded=False)

    assert answer.status == 400
    assert answer.error["type"] == "invalid_request_error"


def page(functions: Functions, path: str | None = None, **changes: Any) -> Answer:
    if path is not None:
        changes |= {"resource": "/console/{path+}", "pathParameters": {"path": path}}
    event = recorded("console_page") | changes
    event["requestContext"]["path"] = "/prod/console" + ("" if path is None else f"/{path}")
    answer = functions.invoke("console_page", event)
    headers = {name.lower(): values[0] for name, values in answer["multiValueHeaders"].items()}
    return Answer(answer["statusCode"], headers, answer["body"], answer["isBase64Encoded"])


def text_of(answer: Answer) -> str:
    return base64.b64decode(answer.raw).decode() if answer.binary else answer.raw


def test_the_page_brings_its_script_and_allows_no_other(functions: Functions) -> None:
    answer = page(functions)

    assert answer.status == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "require-trusted-types-for 'script'" in policy
    assert "trusted-types larder-pdf;" in policy
    assert "frame-ancestors 'none'" in policy
    assert "https://larder-files.s3.us-east-1.amazonaws.com" in policy
    assert all(sources_in(answer, "script"))


def sources_in(answer: Answer, tag: str) -> list[str]:
    return re.findall(rf"<{tag}[^>]*>(.*?)</{tag}>", text_of(answer), re.DOTALL)


def test_the_policy_names_the_scripts_and_the_style_that_the_page_has(functions: Functions) -> None:
    answer = page(functions)

    for tag in ("script", "style"):
        found = sources_in(answer, tag)
        digests = [base64.b64encode(hashlib.sha256(each.encode()).digest()) for each in found]
        allowed = re.findall(rf"{tag}-src ([^;]*)", answer.headers["content-security-policy"])
        hashes = [f"'sha256-{digest.decode()}'" for digest in digests]
        assert [each for each in allowed[0].split() if each != "'self'"] == hashes


def test_a_page_that_the_browser_has_is_not_sent_again(functions: Functions) -> None:
    first = page(functions)

    again = page(functions, headers={"If-None-Match": first.headers["etag"]})

    assert again.status == 304
    assert again.raw == ""


def test_a_browser_that_takes_gzip_gets_it(functions: Functions) -> None:
    plain = page(functions)

    packed = page(functions, headers={"Accept": "*/*", "Accept-Encoding": "gzip, br"})

    assert packed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(base64.b64decode(packed.raw)).decode() == text_of(plain)


def assets(functions: Functions) -> set[str]:
    body = text_of(page(functions))
    return set(re.findall(r"\./console/([0-9a-f]{12}/[\w.]+)", body))


def test_what_the_page_loads_is_there_and_never_changes(functions: Functions) -> None:
    names = assets(functions)

    assert {name.rpartition(".")[2] for name in names} == {"js", "woff2"}
    for name in names:
        answer = page(functions, name)
        assert answer.status == 200, name
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"


def test_the_worker_that_reads_pdfs_may_ask_for_nothing(functions: Functions) -> None:
    version = next(iter(assets(functions))).partition("/")[0]

    answer = page(functions, f"{version}/pdf.worker.mjs")

    assert answer.status == 200
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert answer.headers["content-security-policy"] == "default-src 'none'"


@pytest.mark.parametrize(
    "path",
    ["nothing.js", "000000000000/batches.js", "../manifest.json", "manifest.json", "%2e%2e/x", ""],
)
def test_another_path_is_404(functions: Functions, path: str) -> None:
    answer = page(functions, path)

    assert answer.status == 404
    assert answer.error["code"] == "unknown_url"


def test_a_head_has_no_body(functions: Functions) -> None:
    answer = page(functions, httpMethod="HEAD")

    assert (answer.status, answer.raw) == (200, "")


def test_the_first_view_is_one_request_of_at_most_forty_kilobytes(functions: Functions) -> None:
    answer = page(functions)

    assert len(gzip.compress("".join(sources_in(answer, "script")).encode(), 9)) <= 40_000
    head, _, _ = text_of(answer).partition("<style>")
    loaded_at_once = re.findall(r"(?:src|href)=\"(?!data:)([^\"]+)\"", head)
    assert loaded_at_once == []

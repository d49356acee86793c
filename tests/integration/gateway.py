"""A gateway between a client and the functions on moto."""

from __future__ import annotations

import base64
import re
from functools import cache
from typing import TYPE_CHECKING, override

# Loaded here, so that functions log to the tests' output and not to a command's.
import larder.runtime.observability  # noqa: F401
from tests.fakes.http_faults import Answer, Asked, refusal
from tests.fakes.larder_http import KEY, FakeLarder
from tests.moto_stack import template

if TYPE_CHECKING:
    from larder.domain.ids import TenantId
    from tests.integration.conftest import Functions


@cache
def routes() -> list[tuple[str, str, str]]:
    """Return method, path and function of all routes, those with fewer parameters first."""
    found = [
        (event["Properties"]["Method"].upper(), event["Properties"]["Path"], code.split("/")[1])
        for resource in template()["Resources"].values()
        if (code := str(resource["Properties"].get("CodeUri", ""))).startswith("functions/")
        for event in resource["Properties"].get("Events", {}).values()
        if event["Type"] == "Api"
    ]
    return sorted(found, key=lambda route: route[1].count("{"))


class Gateway(FakeLarder):
    """Larder's own functions, called as `tenant`, on a connection that may have faults."""

    def __init__(self, functions: Functions, tenant: TenantId) -> None:
        super().__init__()
        self._functions = functions
        self._tenant = tenant

    @override
    def _normal(self, asked: Asked) -> Answer:
        body = asked.read()
        space = asked.path.startswith("/v1/storage/")
        key = asked.headers.get("x-api-key" if space else "authorization", "")
        if key.removeprefix("Bearer ") != KEY:
            return refusal(401, "Incorrect API key provided.", code="invalid_api_key")
        for method, path, function in routes():
            pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(path))
            found = re.fullmatch(pattern, asked.path)
            if found and method == asked.method:
                return self._pass_on(function, path, found.groupdict(), asked, body)
        return refusal(404, f"No such route: {asked.path}", code="unknown_url")

    def _pass_on(
        self, function: str, path: str, parameters: dict[str, str], asked: Asked, body: bytes
    ) -> Answer:
        answer = self._functions.call(
            function,
            self._tenant,
            resource=path,
            httpMethod=asked.method,
            pathParameters=parameters or None,
            queryStringParameters=asked.query or None,
            headers=asked.headers,
            body=base64.b64encode(body).decode() if body else None,
            isBase64Encoded=bool(body),
        )
        data = base64.b64decode(answer.raw) if answer.binary else answer.raw.encode()
        return Answer(answer.status, answer.headers, [data])

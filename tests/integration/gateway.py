"""A gateway between a client and the functions on moto."""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING, override

# Loaded here, so that functions log to the tests' output and not to a command's.
import larder.runtime.observability  # noqa: F401
from larder.api.http.routes import ROUTES
from tests.fakes.http_faults import Request, Response, api_error
from tests.fakes.larder_http import KEY, FakeLarder
from tests.support.streaming import StreamingContext

if TYPE_CHECKING:
    from larder.domain.ids import TenantId
    from tests.integration.conftest import Functions


class Gateway(FakeLarder):
    """Larder's own functions, called as `tenant`, on a connection that may have faults.

    With `streams`, the chat is a deployment's that sends events as they happen. `cut_after` is the
    number of bytes after which its answers end.
    """

    def __init__(self, functions: Functions, tenant: TenantId) -> None:
        super().__init__()
        self._functions = functions
        self._tenant = tenant
        self.streams = False
        self.cut_after: int | None = None

    @override
    def _normal(self, request: Request) -> Response:
        body = request.read()
        for route in sorted(ROUTES, key=lambda route: route.path.count("{")):
            pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(route.path))
            found = re.fullmatch(pattern, request.path)
            if found is None or route.method != request.method:
                continue
            key = request.headers.get("".join(route.key_headers).lower(), "")
            if route.key_headers and key.removeprefix("Bearer ") != KEY:
                return api_error(401, "Incorrect API key provided.", code="invalid_api_key")
            return self._pass_on(route.function, route.path, found.groupdict(), request, body)
        return api_error(404, f"No such route: {request.path}", code="unknown_url")

    def _pass_on(
        self, function: str, path: str, parameters: dict[str, str], request: Request, body: bytes
    ) -> Response:
        answer = self._functions.call(
            function,
            self._tenant,
            resource=path,
            httpMethod=request.method,
            pathParameters=parameters or None,
            queryStringParameters=request.query or None,
            headers=request.headers,
            body=base64.b64encode(body).decode() if body else None,
            isBase64Encoded=bool(body),
            context=StreamingContext() if self.streams and function == "chat" else None,
        )
        data = base64.b64decode(answer.raw) if answer.binary else answer.raw.encode()
        if function == "chat" and self.cut_after is not None:
            data = data[: self.cut_after]
        return Response(answer.status, answer.headers, [data])

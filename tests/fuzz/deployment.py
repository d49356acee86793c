"""Every function of the API in one process, on the fakes: thousands of requests a second."""

from __future__ import annotations

import copy
import io
import json
import sys
from base64 import b64encode
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from larder.adapters.dynamodb.keys import replays_partition
from larder.api.http.routes import CATCH_ALL, ROUTES
from larder.domain.errors import IdempotencyConflictError
from larder.domain.quota import Amount
from larder.runtime.composition import Composition
from larder.runtime.settings import Settings
from larder.services.chat.ports import ModelTurn, ToolCall
from larder.services.projects.keys import create_key
from larder.services.projects.projects import create_project
from tests.backends.memory import MemoryBackend
from tests.fakes.executions import InMemoryExecutions
from tests.support.handlers import FakeContext, load

if TYPE_CHECKING:
    from collections.abc import Callable

    from larder.domain.ids import TenantId
    from larder.services.chat.ports import ModelRequest

PEPPER = b"a pepper"


class InMemoryIdempotencyStore:
    """`IdempotencyStore` in memory, for requests that never run at the same time."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], tuple[str, dict[str, Any]]] = {}

    def run_once(
        self,
        tenant: TenantId,
        key: str,
        fingerprint: str,
        _: object,
        respond: Callable[[], dict[str, Any]],
        keep: Callable[[dict[str, Any]], bool],
    ) -> tuple[dict[str, Any], bool]:
        place = replays_partition(tenant), key
        if place in self.kept:
            first, answer = self.kept[place]
            if first != fingerprint:
                message = "the key belongs to another request"
                raise IdempotencyConflictError(message, permanent=True)
            return copy.deepcopy(answer), True
        answer = respond()
        if keep(answer):
            self.kept[place] = fingerprint, copy.deepcopy(answer)
        return answer, False


class Secret(list[bytes]):
    """A secret that was never rotated."""

    def __init__(self, value: bytes) -> None:
        super().__init__([value])

    def __call__(self) -> bytes:
        return self[0]


def fuzzed_model(request: ModelRequest, _hear: object = None) -> ModelTurn:
    """Call a tool with the user's words as its arguments, then answer."""
    last = request.messages[-1]
    if last.role == "user" and request.with_tools:
        return ModelTurn("", (ToolCall("call", "find_files", last.content),), 1, 1)
    return ModelTurn(last.content, (), 1, 1)


class MemoryComposition(MemoryBackend):
    """What `Composition` gives the functions, on the fakes."""

    def __init__(self) -> None:
        super().__init__()
        self.settings = Settings("Store", "Keys", "bucket", "queue", "pepper")
        self.pepper = Secret(PEPPER)
        self.cursor_key = Secret(b"a cursor key")
        self.idempotency = InMemoryIdempotencyStore()
        self.executions = InMemoryExecutions()
        self.chat_model = fuzzed_model
        # One key sends everything, as fast as it can.
        self.limit_rate = None


@dataclass(frozen=True)
class Answer:
    """What a function gives the gateway."""

    status: int
    headers: dict[str, list[str]]
    body: str


def authorizer_request(
    value: str, header: str = "x-api-key", resource: str = "/v1/storage/files"
) -> dict[str, Any]:
    """Return what the gateway asks the authorizer about a request with this header."""
    return {
        "type": "REQUEST",
        "methodArn": "arn:aws:execute-api:us-east-1:123456789012:abcdef123/prod/GET/v1/files",
        "resource": resource,
        "path": resource,
        "httpMethod": "GET",
        "headers": {header: value},
        "queryStringParameters": {},
        "pathParameters": {},
        "stageVariables": {},
        "requestContext": {"requestId": "r", "stage": "prod"},
    }


class Deployment:
    """The functions by their routes, a project with a key, and what they have logged."""

    def __init__(self) -> None:
        self._ports = ports = MemoryComposition()
        # Powertools' logger holds on to the stream that it finds when it is made.
        self._log = sys.stdout = io.StringIO()
        Composition.from_environment = classmethod(lambda _: ports)  # type: ignore[method-assign,assignment]
        self.routes = {
            (route.method, route.path): _handler(route.function) for route in (*ROUTES, *CATCH_ALL)
        }
        self.authorize = _handler("authorize")
        self.tenant = create_project(
            "fuzz", Amount(files=20, bytes=2**24), projects=ports.projects, clock=ports.clock
        ).id
        self.key, _ = create_key(
            self.tenant, register=ports.register, pepper=ports.pepper, clock=ports.clock
        )
        self._context: dict[str, Any] = self.authorize(authorizer_request(self.key), FakeContext())[
            "context"
        ]
        self._seed()
        self._saved = copy.deepcopy(self._state())

    def _seed(self) -> None:
        upload = b'{"filename":"a","purpose":"user_data","bytes":10,"mime_type":"a/b"}'
        form = (
            b"--b\r\nContent-Disposition: form-data; name=purpose\r\n\r\nuser_data\r\n--b\r\n"
            b'Content-Disposition: form-data; name="file"; filename="a"\r\n\r\n0123456789\r\n--b--'
        )
        kind = {"Content-Type": "multipart/form-data; boundary=b"}
        file = self.send("POST", "/v1/files", "", "", kind, form)
        pending = self.send("POST", "/v1/uploads", "", "", {}, upload)
        self.file_id: str = json.loads(file.body)["id"]
        self.upload_id: str = json.loads(pending.body)["id"]

    def _state(self) -> list[dict[str, Any]]:
        ports = self._ports
        holders = (
            ports.store,
            ports.objects,
            ports.parts,
            ports.validation_queue,
            ports.idempotency,
            ports.batches,
            ports.executions,
        )
        return [
            {
                name: held
                for name, held in vars(holder).items()
                if isinstance(held, dict | list | set)
            }
            for holder in holders
        ]

    def reset(self) -> None:
        """Put back what was stored at first, so that no input depends on those before it."""
        for now, before in zip(self._state(), copy.deepcopy(self._saved), strict=True):
            for name, held in now.items():
                held.clear()
                (held.extend if isinstance(held, list) else held.update)(before[name])

    def logged(self) -> str:
        """Return what was logged since the last time."""
        text = self._log.getvalue()
        self._log.seek(0)
        self._log.truncate()
        return text

    def send(
        self,
        method: str,
        resource: str,
        parameter: str,
        query: str,
        headers: dict[str, str],
        body: bytes,
    ) -> Answer:
        """Send a request as the gateway does; `parameter` stands for every path parameter."""
        names = [step.strip("{}+") for step in resource.split("/") if step.startswith("{")]
        queries = parse_qs(query, keep_blank_values=True)
        headers = {"Authorization": f"Bearer {self.key}"} | headers
        answer = self.routes[method, resource](
            {
                "resource": resource,
                "path": "/".join(
                    parameter if step.startswith("{") else step for step in resource.split("/")
                ),
                "httpMethod": method,
                "headers": headers,
                "multiValueHeaders": {name: [value] for name, value in headers.items()},
                "queryStringParameters": {name: found[-1] for name, found in queries.items()}
                or None,
                "multiValueQueryStringParameters": queries or None,
                "pathParameters": dict.fromkeys(names, parameter) or None,
                "stageVariables": None,
                "requestContext": {
                    "requestId": "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
                    "path": "/prod/",
                    "stage": "prod",
                    "authorizer": self._context,
                },
                "body": b64encode(body).decode(),
                "isBase64Encoded": True,
            },
            FakeContext(remaining_ms=15_000),
        )
        return Answer(answer["statusCode"], answer["multiValueHeaders"], answer.get("body") or "")


def _handler(name: str) -> Callable[[dict[str, Any], FakeContext], dict[str, Any]]:
    handler: Callable[[dict[str, Any], FakeContext], dict[str, Any]] = load(name).lambda_handler
    return handler

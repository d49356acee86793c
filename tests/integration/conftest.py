"""Handlers on moto: each function's module is loaded as Lambda does, with the stack's names."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from moto import mock_aws

from larder.api.http.streams import streamed
from larder.domain.quota import Amount
from larder.domain.upstreams import Upstream
from larder.runtime.composition import Composition
from larder.services.projects.projects import create_project
from tests.fakes.model_server import serving
from tests.integration.iam import Used, role_of, unused, used_so_far
from tests.integration.operations import World
from tests.layer import as_in_the_layer  # noqa: F401 - a fixture
from tests.moto_stack import CREDENTIALS, MotoStack, moto_stack
from tests.support.built_pages import built_pages
from tests.support.events import recorded
from tests.support.handlers import FakeContext, load
from tests.support.streaming import StreamingContext

if TYPE_CHECKING:
    from collections.abc import Iterator

    from larder.domain.ids import TenantId


@dataclass(frozen=True)
class Answer:
    """An HTTP answer as the gateway would send it."""

    status: int
    headers: dict[str, str]
    raw: str
    binary: bool

    @property
    def json(self) -> Any:
        """Return the decoded body."""
        return json.loads(self.raw)

    @property
    def error(self) -> Any:
        """Return the error, after checking the envelope: all four keys, always."""
        error = self.json["error"]
        assert set(error) == {"message", "type", "param", "code"}
        return error


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[MotoStack]:
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        made = moto_stack()
        for name, value in made.environment().items():
            monkeypatch.setenv(name, value)
        monkeypatch.syspath_prepend(built_pages())
        yield made


@pytest.fixture
def ports(stack: MotoStack) -> Composition:
    return Composition(stack.settings)


@dataclass(frozen=True)
class Functions:
    """The deployed functions."""

    stack: MotoStack

    def invoke(self, name: str, event: dict[str, Any], context: FakeContext | None = None) -> Any:
        handler = load(name).lambda_handler
        with role_of(name, self.stack.logical_names()):
            if not isinstance(context, StreamingContext):
                return handler(event, context or FakeContext())
            streamed(handler)(event, context)
            return context.response.answer()

    def call(
        self, name: str, tenant: TenantId, *, context: FakeContext | None = None, **changes: Any
    ) -> Answer:
        """Send the function its recorded event, changed as given, as `tenant`."""
        event = recorded(name)
        for key in (
            "resource",
            "httpMethod",
            "pathParameters",
            "queryStringParameters",
            "body",
            "isBase64Encoded",
        ):
            if key in changes:
                event[key] = changes.pop(key)
        if "headers" in changes:
            headers = changes.pop("headers")
            event["headers"] = headers
            event["multiValueHeaders"] = {key: [value] for key, value in headers.items()}
        assert not changes
        query = event["queryStringParameters"] or {}
        event["multiValueQueryStringParameters"] = {key: [value] for key, value in query.items()}
        event["path"] = (
            event["resource"].replace("+}", "}").format(**(event["pathParameters"] or {}))
        )
        event["requestContext"]["path"] = "/prod" + event["path"]
        if "authorizer" in event["requestContext"]:
            event["requestContext"]["authorizer"]["tenant"] = tenant
        answer = self.invoke(name, event, context)
        headers = {key.lower(): values[0] for key, values in answer["multiValueHeaders"].items()}
        assert headers["x-request-id"] == event["requestContext"]["requestId"]
        return Answer(
            answer["statusCode"], headers, answer.get("body") or "", answer["isBase64Encoded"]
        )


@pytest.fixture
def functions(stack: MotoStack) -> Functions:
    return Functions(stack)


@pytest.fixture
def tenant(ports: Composition) -> TenantId:
    return create_project(
        "demo", Amount(files=200, bytes=2**28), projects=ports.projects, clock=ports.clock
    ).id


@pytest.fixture
def stranger(ports: Composition) -> TenantId:
    return create_project(
        "stranger", Amount(files=200, bytes=2**28), projects=ports.projects, clock=ports.clock
    ).id


@pytest.fixture(scope="module")
def model_server() -> Iterator[str]:
    """The address of a server of models."""
    with serving() as server:
        yield server.base_url


@pytest.fixture
def world(
    functions: Functions, tenant: TenantId, stack: MotoStack, ports: Composition, model_server: str
) -> World:
    """The project, served by all functions, with a model."""
    ports.upstreams.put(Upstream("models", model_server, ("*",), created_at=0))
    return World(functions, tenant, stack, ports)


_USED: set[Used] = set()
_FROM_WORKERS = "used_permissions"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--permissions",
        action="store_true",
        help="fail for permissions in the template that no test of the functions uses",
    )
    parser.addoption(
        "--update-examples",
        action="store_true",
        help="write what operations were asked and answered to docs/openapi_examples.json",
    )


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Add what one of pytest-xdist's workers has seen."""
    _USED.update(map(tuple, getattr(node, "workeroutput", {}).get(_FROM_WORKERS, [])))


def pytest_sessionfinish(session: pytest.Session) -> None:
    _USED.update(used_so_far())
    if (output := getattr(session.config, "workeroutput", None)) is not None:
        output[_FROM_WORKERS] = sorted(_USED)
    elif session.config.getoption("--permissions") and unused(_USED):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    if config.getoption("--permissions"):
        for function, action, resource in unused(_USED):
            terminalreporter.write_line(
                f"UNUSED {function} may {action} on {resource}, but does so in no test", red=True
            )

"""Projects and keys for the tests, created through the services as an operator does."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from larder.adapters.dynamodb.batch_limit_records import DynamoBatchLimitRecords
from larder.adapters.dynamodb.deliveries import DynamoDeliveries
from larder.adapters.dynamodb.key_register import DynamoKeyRegister
from larder.adapters.dynamodb.projects import DynamoProjects
from larder.adapters.dynamodb.upstreams import DynamoUpstreams
from larder.adapters.dynamodb.webhooks import DynamoWebhooks
from larder.adapters.secrets import read_secret
from larder.adapters.sqs import SqsWakeUps
from larder.domain.api_keys import new_key
from larder.domain.events import EventType
from larder.domain.quota import Amount
from larder.domain.scopes import BEFORE_SCOPES
from larder.runtime.wiring import Wiring
from larder.services.projects.keys import create_key, revoke_key
from larder.services.projects.projects import create_project
from larder.services.projects.sessions import create_code
from larder.services.webhooks.manage import AddWebhook
from tests.e2e.api import Api

if TYPE_CHECKING:
    from larder.domain.ids import TenantId
    from larder.domain.scopes import Scope
    from larder.domain.webhooks import Webhook
    from tests.e2e.stack import Stack


@dataclass(frozen=True)
class Project:
    """A project of the test's own, with a key."""

    id: TenantId
    base_url: str
    key: str

    def api(self) -> Api:
        return Api(self.base_url, self.key)


@dataclass(frozen=True)
class RevokedKey:
    """A key that worked until it was revoked, at a time of `time.monotonic`."""

    project: Project
    secret: str
    file_id: str
    revoked_at: float


class Ports(Wiring):
    """What an operator needs to manage webhooks."""

    def __init__(self, stack: Stack) -> None:
        table, env = stack.env["LARDER_STORE_TABLE"], stack.env
        self.clock = time.time
        self.webhooks = DynamoWebhooks(stack.dynamodb, table)
        self.deliveries = DynamoDeliveries(stack.dynamodb, table)
        self.wake_ups = SqsWakeUps(stack.client("sqs"), env["LARDER_DELIVERIES_QUEUE_URL"], "")
        self.private_webhooks = env["LARDER_PRIVATE_WEBHOOKS"] == "true"
        self._secret = stack.secrets, env["LARDER_WEBHOOK_SECRET_ID"]

    def webhook_secret(self) -> bytes:
        return read_secret(*self._secret)


class NewProject(Protocol):
    """Creates a project with these limits; the defaults are the contract's."""

    def __call__(self, *, files: int = 200, size: int = 256 * 2**20) -> Project: ...


class Operator:
    """The operator, who deployed the stack."""

    def __init__(self, stack: Stack) -> None:
        self._base_url = stack.base_url
        self._projects = DynamoProjects(stack.dynamodb, stack.env["LARDER_STORE_TABLE"])
        self.batch_limits = DynamoBatchLimitRecords(stack.dynamodb, stack.env["LARDER_STORE_TABLE"])
        self.upstreams = DynamoUpstreams(stack.dynamodb, stack.env["LARDER_STORE_TABLE"])
        self.ports = Ports(stack)
        self._keys = DynamoKeyRegister(
            stack.dynamodb, stack.env["LARDER_KEYS_TABLE"], stack.env["LARDER_STORE_TABLE"]
        )
        self._pepper = stack.secrets, stack.env["LARDER_PEPPER_SECRET_ID"]

    def new_project(self, *, files: int = 200, size: int = 256 * 2**20) -> Project:
        project = create_project(
            f"e2e-{secrets.token_hex(6)}",
            Amount(files=files, bytes=size),
            projects=self._projects,
            clock=time.time,
        )
        return Project(project.id, self._base_url, self.create_key(project.id)[0])

    def create_key(
        self,
        project: TenantId,
        scopes: frozenset[Scope] = BEFORE_SCOPES,
        *,
        name: str | None = None,
        lifetime: int | None = None,
    ) -> tuple[str, str]:
        """Return the secret and the id of another key of the project."""
        secret, record = create_key(
            project,
            register=self._keys,
            pepper=lambda: read_secret(*self._pepper),
            clock=time.time,
            scopes=scopes,
            name=name,
            lifetime=lifetime,
        )
        return secret, record.id

    def expiring_key(self, project: TenantId, seconds: int) -> str:
        """Return a key that lives for less than a minute, the shortest that the service makes."""
        pepper = read_secret(*self._pepper)
        secret, record = new_key(project, pepper, int(time.time()), seconds=seconds)
        self._keys.add(record)
        return secret

    def add_webhook(self, project: TenantId, url: str, *events: str) -> tuple[str, Webhook]:
        """Return the secret of a new webhook of the project, by default for all events."""
        return self.ports.make(AddWebhook)(project, url, events or tuple(EventType))

    def sign_in_code(self, project: TenantId, *, admin: bool = False) -> str:
        """Return the code of a link that signs in to the console."""
        return create_code(
            project,
            admin=admin,
            register=self._keys,
            pepper=lambda: read_secret(*self._pepper),
            clock=time.time,
        )

    def revoked_key(self, project: TenantId) -> str:
        """Return a key of the project that was revoked before its first use."""
        secret, key_id = self.create_key(project)
        revoke_key(project, key_id, register=self._keys, clock=time.time)
        return secret

    def used_and_revoked_key(self) -> RevokedKey:
        project = self.new_project()
        secret, key_id = self.create_key(project.id)
        with Api(project.base_url, secret) as api:
            file_id = api.create_file(b"made with the key that is revoked")["id"]
        revoke_key(project.id, key_id, register=self._keys, clock=time.time)
        return RevokedKey(project, secret, file_id, time.monotonic())

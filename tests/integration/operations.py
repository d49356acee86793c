"""Operations of the functions: each is prepared, and then carried out by one call."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from larder.domain.limits import MAX_INLINE_BYTES
from larder.services.projects.keys import create_key
from larder.services.projects.sessions import create_code
from tests.integration.console import sign_in, sign_out
from tests.integration.files import GOOD_LINE, get, upload
from tests.integration.iam import role_of
from tests.integration.space import folder, on, put
from tests.integration.uploads import DATA, age, create, on_upload, send_part, upload_directly
from tests.integration.uploads import put as put_bytes
from tests.integration.workers import arrive, removal
from tests.support.events import recorded
from tests.support.handlers import load

if TYPE_CHECKING:
    from collections.abc import Callable

    from larder.domain.ids import TenantId
    from larder.runtime.composition import Composition
    from tests.integration.conftest import Answer, Functions
    from tests.moto_stack import MotoStack

    type Act = Callable[[], object]


@dataclass(frozen=True)
class World:
    """A project, and the functions that serve it."""

    functions: Functions
    tenant: TenantId
    stack: MotoStack
    ports: Composition

    def file(self, **fields: str) -> str:
        made: str = upload(self.functions, self.tenant, fields=fields).json["id"]
        return made

    def unvalidated_file(self) -> str:
        file = upload_directly(self.functions, self.stack, self.tenant, GOOD_LINE)
        file_id: str = file["id"]
        return file_id

    def upload(self) -> str:
        made: str = create(self.functions, self.tenant).json["id"]
        return made

    def folder(self, name: str = "Reports", **fields: Any) -> str:
        return folder(self.functions, self.tenant, name, **fields)

    def space_file(self, **form: str) -> str:
        made: str = put(self.functions, self.tenant, "a.txt", DATA, **form)["fileId"]
        return made

    def trashed(self) -> str:
        file_id = self.file()
        arrive(self.functions, self.tenant, file_id)
        self.on("space_files_trash", id=file_id)
        return file_id

    def on(self, name: str, **changes: Any) -> Answer:
        """Call a function of the Space, and see that it does what it is asked for."""
        answer = on(self.functions, self.tenant, name, **changes)
        assert answer.status == 200, answer.raw
        return answer


def authorize(world: World) -> Act:
    return _authorize(world, new=False)


def authorize_first(world: World) -> Act:
    return _authorize(world, new=True)


def _authorize(world: World, *, new: bool) -> Act:
    event = recorded("authorize")

    def change_key() -> None:
        secret, _ = world.ports.make(create_key)(world.tenant)
        event["headers"] = {"authorization": f"Bearer {secret}"}

    change_key()
    world.functions.invoke("authorize", event)  # reads the pepper, once
    if new:
        change_key()

    def act() -> None:
        answer = world.functions.invoke("authorize", event)
        assert answer["context"]["tenant"] == world.tenant

    return act


def on_a_file(function: str, **changes: Any) -> Callable[[World], Act]:
    def prepare(world: World) -> Act:
        file_id = world.file()

        def act() -> None:
            assert get(world.functions, world.tenant, file_id, function, **changes).status == 200

        return act

    return prepare


def content_above_4_mib(world: World) -> Act:
    large = create(world.functions, world.tenant, bytes=MAX_INLINE_BYTES + 1).json["id"]
    put_bytes(world.stack, world.tenant, large, bytes(MAX_INLINE_BYTES + 1))
    file_id = on_upload(world.functions, world.tenant, "complete", large).json["file"]["id"]

    def act() -> None:
        assert get(world.functions, world.tenant, file_id, "files_content").status == 302

    return act


def files_create(world: World) -> Act:
    return lambda: upload(world.functions, world.tenant)


def files_create_unchecked(world: World) -> Act:
    return lambda: upload(world.functions, world.tenant, fields={"purpose": "user_data"})


def files_create_in_a_folder(world: World) -> Act:
    folder_id = world.folder()
    return lambda: upload(world.functions, world.tenant, fields={"folder_id": folder_id})


def files_create_once(world: World) -> Act:
    event = recorded("files_create")
    event["headers"]["Idempotency-Key"] = "the-same"
    event["requestContext"]["authorizer"]["tenant"] = world.tenant

    def act() -> None:
        assert world.functions.invoke("files_create", event)["statusCode"] == 200

    return act


def files_list(world: World) -> Act:
    file_id = world.file()

    def act() -> None:
        answer = world.functions.call("files_list", world.tenant, queryStringParameters=None)
        assert [file["id"] for file in answer.json["data"]] == [file_id]

    return act


def files_list_of_2_mb(world: World) -> Act:
    for _ in range(7):
        world.stack.dynamodb.update_item(
            TableName=world.stack.settings.store_table,
            Key={"pk": {"S": f"P#{world.tenant}"}, "sk": {"S": world.file()}},
            UpdateExpression="SET status_details = :details",
            ExpressionAttributeValues={":details": {"S": "x" * 300_000}},
        )

    def act() -> None:
        answer = world.functions.call("files_list", world.tenant, queryStringParameters=None)
        assert len(answer.json["data"]) == 6  # as many as an answer has room for

    return act


def files_validation(world: World) -> Act:
    file_id = world.file()
    arrive(world.functions, world.tenant, file_id)
    return lambda: get(world.functions, world.tenant, file_id, "files_validation")


def on_change(world: World) -> Act:
    def act() -> None:
        answer = world.functions.invoke("on_change", recorded("on_change"))
        assert answer == {"batchItemFailures": []}

    return act


def on_file_removed(world: World) -> Act:
    event = removal(world.stack, world.tenant, world.file())
    world.stack.dynamodb.delete_item(
        TableName=world.stack.settings.store_table, Key=event["Records"][0]["dynamodb"]["Keys"]
    )
    return lambda: world.functions.invoke("on_file_removed", event)


def on_object_created(*, purpose: str = "batch") -> Callable[[World], Act]:
    def prepare(world: World) -> Act:
        file_id = world.unvalidated_file() if purpose == "batch" else world.file(purpose=purpose)
        return lambda: arrive(world.functions, world.tenant, file_id)

    return prepare


def parts_create(world: World) -> Act:
    upload_id = world.upload()

    def act() -> None:
        assert send_part(world.functions, world.tenant, upload_id, DATA).status == 200

    return act


def sweep(world: World) -> Act:
    return lambda: world.functions.invoke("sweep", recorded("sweep"))


def sweep_an_expired_file(world: World) -> Act:
    file_id = world.file()
    age(world.stack, world.tenant, file_id)
    world.stack.dynamodb.update_item(
        TableName=world.stack.settings.store_table,
        Key={"pk": {"S": f"P#{world.tenant}"}, "sk": {"S": file_id}},
        UpdateExpression="SET due_shard = :first",
        ExpressionAttributeValues={":first": {"S": "due#00"}},
    )

    def act() -> None:
        assert world.functions.invoke("sweep", recorded("sweep")) == {"expired": 1}

    return act


def unknown_route(world: World) -> Act:
    return lambda: world.functions.invoke("unknown_route", recorded("unknown_route"))


def on_an_upload(verb: str) -> Callable[[World], Act]:
    def prepare(world: World) -> Act:
        upload_id = world.upload()

        def act() -> None:
            assert on_upload(world.functions, world.tenant, verb, upload_id).status == 200

        return act

    return prepare


def a_page(function: str) -> Callable[[World], Act]:
    def prepare(world: World) -> Act:
        return lambda: world.functions.call(function, world.tenant)

    return prepare


def console_sessions_create(world: World) -> Act:
    ports = world.ports
    secret, _ = ports.make(create_key)(world.tenant, scopes=frozenset({"console"}))
    return _signing_in(world, secret)


def console_sessions_create_by_link(world: World) -> Act:
    ports = world.ports
    code = ports.make(create_code)(world.tenant)
    return _signing_in(world, code)


def _signing_in(world: World, secret: str) -> Act:
    # The first request of a function reads the pepper.
    assert sign_in(world.functions, world.tenant, "zk_live_" + "a" * 43).status == 401

    def act() -> None:
        assert sign_in(world.functions, world.tenant, secret).status == 200

    return act


def console_sessions_delete(world: World) -> Act:
    sign_out(world.functions, world.tenant, "zs_" + "b" * 43)

    def act() -> None:
        assert sign_out(world.functions, world.tenant, "zs_" + "a" * 43).status == 200

    return act


def uploads_complete(world: World) -> Act:
    upload_id = world.upload()
    put_bytes(world.stack, world.tenant, upload_id)

    def act() -> None:
        answer = on_upload(world.functions, world.tenant, "complete", upload_id)
        assert answer.json["status"] == "completed"

    return act


def uploads_complete_in_place(world: World) -> Act:
    put(world.functions, world.tenant, "a.bin")
    made = create(world.functions, world.tenant, if_exists="replace").json
    put_bytes(world.stack, world.tenant, made["id"])

    def act() -> None:
        answer = on_upload(world.functions, world.tenant, "complete", made["id"])
        assert answer.json["status"] == "completed"

    return act


def uploads_create(world: World) -> Act:
    digest = hashlib.sha256(DATA).hexdigest()
    return lambda: create(world.functions, world.tenant, sha256=digest)


def uploads_list(world: World) -> Act:
    upload_id = world.upload()

    def act() -> None:
        listed = world.functions.call("uploads_list", world.tenant).json["data"]
        assert [each["id"] for each in listed] == [upload_id]

    return act


def keys_me(world: World) -> Act:
    secret, key = world.ports.make(create_key)(world.tenant)
    assert secret
    event = recorded("keys_me")
    event["requestContext"]["authorizer"]["keyDigest"] = key.digest
    return lambda: world.functions.invoke("keys_me", event)


def admin(name: str, **changes: Any) -> Callable[[World], Act]:
    """Have a function do what its recorded event asks for, of the world's project and a key."""

    def prepare(world: World) -> Act:
        path = recorded(name)["pathParameters"] or {}
        if "project_id" in path:
            path = {"project_id": world.tenant}
        if "key_id" in path:
            _, key = world.ports.make(create_key)(world.tenant)
            path = {"key_id": key.id}
        sent = dict(changes)
        if name == "admin_keys_list":
            sent["queryStringParameters"] = {"project": world.tenant}
        if name == "admin_keys_create":
            sent |= {"body": json.dumps({"project": world.tenant}), "isBase64Encoded": False}

        def act() -> None:
            answer = world.functions.call(name, world.tenant, pathParameters=path, **sent)
            assert answer.status == 200, answer.raw

        if name in {"admin_keys_create", "admin_keys_rotate"}:
            # Each process reads it once: as the function, or the read counts for nobody.
            with role_of(name, world.stack.logical_names()):
                load(name).ports.pepper()
        return act

    return prepare


def usage_get(world: World) -> Act:
    return lambda: world.functions.call("usage_get", world.tenant)


def usage_history(world: World) -> Act:
    def act() -> None:
        [today] = world.functions.call("usage_history", world.tenant).json["data"]
        assert today["files"] == 0

    return act


def sweep_an_audit(world: World) -> Act:
    world.ports.usage.schedule_audit(world.tenant, at=1)
    return lambda: world.functions.invoke("sweep", recorded("sweep"))

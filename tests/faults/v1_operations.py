"""Every route of `/v1/files`, `/v1/uploads` and `/v1/usage`, and the authorizer before them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from larder.domain.scopes import ADMIN_SCOPES
from tests.e2e.api import batch_lines
from tests.e2e.parts import post_part, put_parts
from tests.faults.case import Case, Operation
from tests.faults.deployment import PART_THRESHOLD

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import httpx


DATA = b"the bytes of a file"
PIECES = (b"first " * 20, b"second" * 20)
LARGE = b"\0" * (PART_THRESHOLD + 1)


def _nothing(_: Case) -> None:
    pass


def _one_file(case: Case) -> None:
    case.made["file"] = case.file(DATA)


def _one_batch_file(case: Case) -> None:
    file_id = case.made["file"] = case.file(batch_lines(2), "batch")
    case.settled(file_id)


def _full_of_expired(case: Case) -> None:
    past = int(time.time()) - 7_200
    for _ in range(2):
        file_id = case.api.create_file(DATA)["id"]
        case.update(file_id, "SET expires_at = :past", past=past)
        case.becomes(file_id, "gone")
    upload = case.api.create_upload(10)
    case.update(upload["id"], "SET expires_at = :past, deadline = :past", past=past)
    case.becomes(upload["id"], "expired", before="pending")
    case.deployment.stack.dynamodb.update_item(
        TableName=case.deployment.table,
        Key={"pk": {"S": f"U#{case.project.id}"}, "sk": {"S": "usage"}},
        UpdateExpression="SET files_limit = :three, files_left = :none",
        ExpressionAttributeValues={":three": {"N": "3"}, ":none": {"N": "0"}},
    )


def _create(case: Case, **headers: str) -> httpx.Response:
    response = case.api.send(
        "POST",
        "/files",
        data={"purpose": "user_data"},
        files={"file": ("a.txt", DATA)},
        headers=headers,
    )
    if response.is_success:
        case.keep(response.json()["id"], DATA)
    return response


def _create_once(case: Case) -> httpx.Response:
    return _create(case, **{"Idempotency-Key": "the-same"})


def _get(path: str) -> Operation:
    name = {"": "files_get"}.get(path, f"files_{path.strip('/')}")
    prepare = _one_batch_file if path == "/validation" else _one_file
    return Operation(
        name, name, prepare, lambda case: case.api.send("GET", f"/files/{case.made['file']}{path}")
    )


def _delete(case: Case) -> httpx.Response:
    case.becomes(case.made["file"], "gone")
    return case.api.send("DELETE", f"/files/{case.made['file']}")


def _announce(case: Case, size: int = 100) -> httpx.Response:
    return case.api.send(
        "POST",
        "/uploads",
        json={"filename": "a.txt", "purpose": "user_data", "bytes": size, "mime_type": "text/x"},
    )


def _pending(data: bytes, *, by_parts: bool = False, sent: bool = True):  # type: ignore[no-untyped-def]  # noqa: ANN202
    def prepare(case: Case) -> None:
        case.hold_news()
        upload = case.made["upload"] = case.upload(data)
        if by_parts:
            for piece in PIECES:
                case.made["parts"] = [
                    *case.made["parts"],
                    post_part(case.api, upload, piece).json()["id"],
                ]
        elif not sent:
            pass
        elif len(data) > PART_THRESHOLD:
            put_parts(case.api, upload["transfer"], data)
        elif data:
            assert case.api.put(upload["transfer"], data).status_code == 200

    return prepare


def _complete(case: Case) -> httpx.Response:
    upload_id = case.made["upload"]["id"]
    response = case.api.send(
        "POST", f"/uploads/{upload_id}/complete", json={"part_ids": case.made["parts"] or []}
    )
    if response.is_success:
        case.becomes(upload_id, "completed")
        case.becomes(response.json()["file"]["id"], "live")
    return response


def _cancel(case: Case) -> httpx.Response:
    upload_id = case.made["upload"]["id"]
    response = case.api.send("POST", f"/uploads/{upload_id}/cancel")
    if response.is_success:
        case.becomes(upload_id, "cancelled")
    return response


def _part(case: Case) -> httpx.Response:
    return post_part(case.api, case.made["upload"], PIECES[0])


def _look(case: Case) -> httpx.Response:
    return case.api.send("GET", f"/uploads/{case.made['upload']['id']}")


def _list_uploads(case: Case) -> httpx.Response:
    return case.api.send("GET", "/uploads")


def _content_head(case: Case) -> httpx.Response:
    return case.api.send("HEAD", f"/files/{case.made['file']}/content")


def _usage(case: Case) -> httpx.Response:
    return case.api.send("GET", "/usage")


def _history(case: Case) -> httpx.Response:
    return case.api.send("GET", "/usage/history")


def _upstreams(case: Case) -> httpx.Response:
    return case.api.send("GET", "/upstreams")


def _code(case: Case) -> None:
    case.made["secret"] = case.deployment.operator.sign_in_code(case.project.id)


def _session(case: Case) -> None:
    answer = case.api.send("POST", "/console/sessions", json={"secret": case.project.key})
    case.made["session"] = answer.json()["secret"]


def _sign_in(case: Case) -> httpx.Response:
    secret = case.made.get("secret", case.project.key)
    return case.api.send("POST", "/console/sessions", json={"secret": secret})


def _sign_out(case: Case) -> httpx.Response:
    headers = {"Authorization": f"Bearer {case.made['session']}"}
    return case.api.send("DELETE", "/console/sessions/current", headers=headers)


def _new_key(case: Case) -> None:
    case.made["secret"], _ = case.deployment.operator.create_key(case.project.id)
    _cold(case)


def _by_new_key(case: Case) -> httpx.Response:
    headers = {"Authorization": f"Bearer {case.made['secret']}"}
    return case.api.send("GET", "/usage", headers=headers)


def _cold(case: Case) -> None:
    case.deployment.recycle("authorize")


def _admin(case: Case) -> None:
    case.made["admin"], _ = case.deployment.operator.create_key(case.project.id, ADMIN_SCOPES)
    _, case.made["key"] = case.deployment.operator.create_key(case.project.id)


def _as_admin(
    method: str, path: str, *, once: bool = False, **sent: Any
) -> Callable[[Case], httpx.Response]:
    """Send a request with an admin key; `{project}` and `{key}` stand for what was made."""

    def act(case: Case) -> httpx.Response:
        named = {"project": case.project.id, "key": case.made["key"]}
        headers = {"Authorization": f"Bearer {case.made['admin']}"}
        if once:
            headers["Idempotency-Key"] = "the-same"
        options = dict(sent)
        if path == "/admin/keys" and method == "POST":
            options["json"] = {"project": case.project.id}
        if path == "/admin/projects" and method == "POST":
            options["json"] = {"name": f"made-{case.project.id[-12:]}"}
        return case.api.send(method, path.format(**named), headers=headers, **options)

    return act


def _operators() -> Iterator[Operation]:
    rows = (
        ("admin_projects_list", "GET", "/admin/projects"),
        ("admin_projects_get", "GET", "/admin/projects/{project}"),
        ("admin_projects_create", "POST", "/admin/projects"),
        ("admin_keys_list", "GET", "/admin/keys?project={project}"),
        ("admin_keys_create", "POST", "/admin/keys"),
        ("admin_keys_revoke", "DELETE", "/admin/keys/{key}"),
        ("admin_keys_rotate", "POST", "/admin/keys/{key}/rotate"),
        ("admin_log_list", "GET", "/admin/log"),
    )
    for function, method, path in rows:
        yield Operation(function, function, _admin, _as_admin(method, path))
        if method == "POST":
            act = _as_admin(method, path, once=True)
            yield Operation(f"{function}, once", function, _admin, act)
    limits = {"limits": {"files": 300, "batches": 5}}
    act = _as_admin("PATCH", "/admin/projects/{project}", json=limits)
    yield Operation("admin_projects_update", "admin_projects_update", _admin, act)


V1 = (
    *_operators(),
    Operation("files_create", "files_create", _nothing, _create),
    Operation("files_create, full of expired", "files_create", _full_of_expired, _create),
    Operation("files_create, once", "files_create", _nothing, _create_once),
    Operation(
        "files_list", "files_list", _one_file, lambda case: case.api.send("GET", "/files?limit=1")
    ),
    _get(""),
    _get("/content"),
    Operation("files_content, a HEAD", "files_content", _one_file, _content_head),
    _get("/url"),
    _get("/validation"),
    Operation("files_delete", "files_delete", _one_file, _delete),
    Operation("uploads_create", "uploads_create", _nothing, _announce),
    Operation(
        "uploads_create, in parts",
        "uploads_create",
        _nothing,
        lambda case: _announce(case, PART_THRESHOLD + 1),
    ),
    Operation("uploads_get", "uploads_get", _pending(DATA, sent=False), _look),
    Operation("uploads_get, in parts", "uploads_get", _pending(LARGE, sent=False), _look),
    Operation("uploads_list", "uploads_list", _pending(DATA, sent=False), _list_uploads),
    Operation("parts_create", "parts_create", _pending(b"".join(PIECES), sent=False), _part),
    Operation("uploads_complete", "uploads_complete", _pending(DATA), _complete),
    Operation("uploads_complete, empty", "uploads_complete", _pending(b""), _complete),
    Operation("uploads_complete, in parts", "uploads_complete", _pending(LARGE), _complete),
    Operation(
        "uploads_complete, of small parts",
        "uploads_complete",
        _pending(b"".join(PIECES), by_parts=True),
        _complete,
    ),
    Operation("uploads_cancel", "uploads_cancel", _pending(DATA, sent=False), _cancel),
    Operation("uploads_cancel, in parts", "uploads_cancel", _pending(LARGE, sent=False), _cancel),
    Operation(
        "uploads_cancel, of small parts",
        "uploads_cancel",
        _pending(b"".join(PIECES), by_parts=True),
        _cancel,
    ),
    Operation("usage_get", "usage_get", _one_file, _usage),
    Operation("usage_history", "usage_history", _one_file, _history),
    Operation("upstreams_list", "upstreams_list", _nothing, _upstreams),
    Operation("keys_me", "keys_me", _nothing, lambda case: case.api.send("GET", "/keys/me")),
    Operation("console_sessions_create", "console_sessions_create", _nothing, _sign_in),
    Operation("console_sessions_create, by a link", "console_sessions_create", _code, _sign_in),
    Operation("console_sessions_delete", "console_sessions_delete", _session, _sign_out),
    Operation("authorize", "authorize", _cold, _usage, alone=True),
    Operation("authorize, first of the day", "authorize", _new_key, _by_new_key, alone=True),
)

"""Every route of artifacts and bundles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.faults.case import Case, Operation

if TYPE_CHECKING:
    import httpx

TEXT = b"the content of an artifact"


def _artifact(case: Case) -> None:
    made = case.api.send("POST", "/artifacts", version=2, json=_new()).json()
    case.made["artifact"] = made["id"]
    case.keep(made["id"], TEXT)


def _file(case: Case) -> None:
    case.made["file"] = case.file(TEXT)


def a_bundle(case: Case) -> None:
    """Make an artifact with `TEXT`, and a bundle of it."""
    _artifact(case)
    made = case.api.send("POST", "/bundles", version=2, json=_bundle_of(case)).json()
    case.made["bundle"] = made["id"]
    case.keep(made["id"])


def _new(**fields: Any) -> dict[str, Any]:
    return {"artifact_type": "text_context", "content": TEXT.decode(), **fields}


def _bundle_of(case: Case) -> dict[str, Any]:
    return {"artifacts": [{"artifact_id": case.made["artifact"], "role": "system"}]}


def _create(case: Case, **headers: str) -> httpx.Response:
    response = case.api.send("POST", "/artifacts", version=2, json=_new(), headers=headers)
    if response.is_success:
        case.keep(response.json()["id"], TEXT)
    return response


def _create_once(case: Case) -> httpx.Response:
    return _create(case, **{"Idempotency-Key": "the-same"})


def _copy(case: Case) -> httpx.Response:
    body = {"artifact_type": "document", "file_id": case.made["file"]}
    response = case.api.send("POST", "/artifacts", version=2, json=body)
    if response.is_success:
        case.keep(response.json()["id"], TEXT)
    return response


def _create_bundle(case: Case) -> httpx.Response:
    response = case.api.send("POST", "/bundles", version=2, json=_bundle_of(case))
    if response.is_success:
        case.keep(response.json()["id"])
    return response


def _get(kind: str, ending: str = "") -> Any:
    def act(case: Case) -> httpx.Response:
        return case.api.send("GET", f"/{kind}s/{case.made[kind]}{ending}", version=2)

    return act


def _delete(kind: str) -> Any:
    def act(case: Case) -> httpx.Response:
        case.becomes(case.made[kind], "gone")
        return case.api.send("DELETE", f"/{kind}s/{case.made[kind]}", version=2)

    return act


def _list(kind: str) -> Any:
    return lambda case: case.api.send("GET", f"/{kind}s?limit=1", version=2)


def _nothing(_: Case) -> None:
    pass


ARTIFACTS = (
    Operation("artifacts_create", "artifacts_create", _nothing, _create),
    Operation("artifacts_create, once", "artifacts_create", _nothing, _create_once),
    Operation("artifacts_create, of a file", "artifacts_create", _file, _copy),
    Operation("artifacts_list", "artifacts_list", _artifact, _list("artifact")),
    Operation("artifacts_get", "artifacts_get", _artifact, _get("artifact")),
    Operation("artifacts_content", "artifacts_content", _artifact, _get("artifact", "/content")),
    Operation("artifacts_delete", "artifacts_delete", _artifact, _delete("artifact")),
    Operation("bundles_create", "bundles_create", _artifact, _create_bundle),
    Operation("bundles_list", "bundles_list", a_bundle, _list("bundle")),
    Operation("bundles_get", "bundles_get", a_bundle, _get("bundle")),
    Operation("bundles_delete", "bundles_delete", a_bundle, _delete("bundle")),
)

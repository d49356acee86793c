"""Artifacts and bundles on a deployed stack: real S3 copies, redirects, events and cleanups."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.api import assert_refused, eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.api import Api, Json
    from tests.e2e.projects import NewProject, Project
    from tests.e2e.stack import Stack

LARGE = b"%PDF" + bytes(range(256)) * 2**15
"""8 MiB, which a redirect leads to."""


@pytest.fixture(scope="module")
def project(new_project: NewProject) -> Project:
    return new_project()


@pytest.fixture(scope="module")
def api(project: Project) -> Iterator[Api]:
    with project.api() as client:
        yield client


def create(api: Api, **fields: Any) -> Json:
    body = {"artifact_type": "text_context", **fields}
    return api.json("POST", "/artifacts", version=2, json=body)


def test_text_comes_back(api: Api) -> None:
    made = create(api, content="Sei höflich.\n")

    found = api.json("GET", f"/artifacts/{made['id']}", version=2)
    response = api.send("GET", f"/artifacts/{made['id']}/content", version=2)

    assert found == made | {"content": "Sei höflich.\n"}
    assert response.content.decode() == "Sei höflich.\n"
    assert response.headers["content-type"].startswith("text/plain")


def test_a_large_file_is_copied_and_outlives_the_file(api: Api) -> None:
    upload = api.create_upload(len(LARGE), filename="large.pdf", mime_type="application/pdf")
    assert api.put(upload["transfer"], LARGE).status_code == 200
    file_id = api.complete(upload["id"])["file"]["id"]

    made = create(api, artifact_type="binary_attachment", file_id=file_id)
    api.json("DELETE", f"/files/{file_id}")

    found = api.json("GET", f"/artifacts/{made['id']}", version=2)
    redirect = api.send("GET", f"/artifacts/{made['id']}/content", version=2)
    stored = api.client.get(redirect.headers["location"])
    assert (found["content"], found["bytes"]) == (None, len(LARGE))
    assert redirect.status_code == 302
    assert hashlib.sha256(stored.content).digest() == hashlib.sha256(LARGE).digest()
    assert stored.headers["content-type"] == "application/pdf"


def test_a_deleted_artifact_leaves_nothing(api: Api, project: Project, stack: Stack) -> None:
    made = create(api, content="x" * 2**20)
    key = f"files/{project.id}/{made['id']}"
    assert stack.stored(key)
    before = api.usage()

    api.json("DELETE", f"/artifacts/{made['id']}", version=2)

    assert api.usage()["bytes"]["used"] == before["bytes"]["used"] - 2**20
    eventually(lambda: stack.stored(key), lambda stored: not stored, 60)
    assert_refused(api.send("GET", f"/artifacts/{made['id']}", version=2), 404, param="id")


def test_a_bundle_is_kept_in_order_and_says_what_is_gone(api: Api) -> None:
    ids = [create(api, content=text)["id"] for text in "ab"]
    references = [{"artifact_id": each, "role": "system"} for each in (ids[1], ids[0])]
    made = api.json("POST", "/bundles", version=2, json={"artifacts": references})

    api.json("DELETE", f"/artifacts/{ids[0]}", version=2)

    found = api.json("GET", f"/bundles/{made['id']}", version=2)
    assert [(each["artifact_id"], each["deleted"]) for each in found["artifacts"]] == [
        (ids[1], False),
        (ids[0], True),
    ]


def test_nothing_is_changed(api: Api) -> None:
    made = create(api, content="x")

    for method in ("PATCH", "PUT", "POST"):
        response = api.send(method, f"/artifacts/{made['id']}", version=2, json={"content": "y"})
        assert_refused(response, 405, code="method_not_allowed")


def test_another_project_finds_none_of_it(api: Api, new_project: NewProject) -> None:
    artifact = create(api, content="secret")["id"]
    reference = {"artifacts": [{"artifact_id": artifact, "role": "system"}]}
    bundle = api.json("POST", "/bundles", version=2, json=reference)["id"]

    with new_project().api() as stranger:
        for method, path in (
            ("GET", f"/artifacts/{artifact}"),
            ("GET", f"/artifacts/{artifact}/content"),
            ("DELETE", f"/artifacts/{artifact}"),
            ("GET", f"/bundles/{bundle}"),
            ("DELETE", f"/bundles/{bundle}"),
        ):
            assert_refused(stranger.send(method, path, version=2), 404, param="id")
        refused = stranger.send("POST", "/bundles", version=2, json=reference)
        assert_refused(refused, 404, param="artifacts.0.artifact_id")
        for kind in ("artifacts", "bundles"):
            assert stranger.json("GET", f"/{kind}", version=2)["data"] == []

    assert api.json("GET", f"/bundles/{bundle}", version=2)["id"] == bundle


def test_a_picture_is_sent_in_base64(api: Api) -> None:
    picture = b"\x89PNG\r\n\x1a\n\0\xff"
    made = create(
        api,
        artifact_type="binary_attachment",
        content=base64.b64encode(picture).decode(),
        content_encoding="base64",
        content_media_type="image/png",
    )

    response = api.send("GET", f"/artifacts/{made['id']}/content", version=2)

    assert response.content == picture
    assert response.headers["content-type"] == "image/png"

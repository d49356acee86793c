"""SHA-256 and expiry, for every way of uploading a file."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from tests.e2e.parts import complete, post_parts

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.api import Api, Json

# Files in S3's parts are in test_parts.py.
PURPOSES = ("assistants", "batch", "evals", "fine-tune", "user_data", "vision")


def in_one_request(api: Api, data: bytes, purpose: str, life: int, **sha256: str) -> Json:
    expiry = {"expires_after[anchor]": "created_at", "expires_after[seconds]": str(life)}
    answer = api.post_file(data, purpose=purpose, **expiry, **sha256)
    assert answer.headers["larder-sha256"] == hashlib.sha256(data).hexdigest()
    file: Json = answer.json()
    return file


def by_one_put(api: Api, data: bytes, purpose: str, life: int, **sha256: str) -> Json:
    expiry = {"anchor": "created_at", "seconds": life}
    return api.upload_directly(data, purpose=purpose, expires_after=expiry, **sha256)


def in_small_parts(api: Api, data: bytes, purpose: str, life: int, **sha256: str) -> Json:
    expiry = {"anchor": "created_at", "seconds": life}
    upload = api.create_upload(len(data), purpose=purpose, expires_after=expiry, **sha256)
    part_ids = post_parts(api, upload, [data[:5], data[5:]])
    file: Json = complete(api, upload, part_ids=part_ids).json()["file"]
    return file


@pytest.mark.parametrize("way", [in_one_request, by_one_put, in_small_parts])
@pytest.mark.parametrize("purpose", PURPOSES)
def test_every_way_of_uploading_checks_and_returns_the_digest(
    api: Api, way: Callable[..., Json], purpose: str
) -> None:
    data = b"the same bytes"
    digest = hashlib.sha256(data).hexdigest()

    for sha256 in ({}, {"sha256": digest.upper()}):
        file = way(api, data, purpose, 7_200, **sha256)

        assert (file["purpose"], file["bytes"]) == (purpose, len(data))
        assert file["expires_at"] == file["created_at"] + 7_200
        assert api.settled(file["id"])["status"] == ("error" if purpose == "batch" else "processed")
        for path in ("", "/content"):
            answer = api.send("GET", f"/files/{file['id']}{path}")
            assert answer.headers["larder-sha256"] == digest

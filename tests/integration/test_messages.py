"""Messages say what is wrong and what to do about it: people read nothing else of an error."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from larder.domain.quota import Amount
from tests.integration.files import get, upload
from tests.integration.uploads import create, on_upload, send_part

if TYPE_CHECKING:
    from larder.domain.ids import TenantId
    from larder.runtime.composition import Composition
    from tests.integration.conftest import Functions


def test_a_file_that_is_no_batch_file_has_no_report_and_the_error_says_why(
    functions: Functions, tenant: TenantId
) -> None:
    file = upload(functions, tenant, fields={"purpose": "vision"}).json

    answer = get(functions, tenant, file["id"], "files_validation")

    assert (answer.status, answer.error["code"]) == (404, None)
    assert answer.error["message"] == (
        f"No such Validation object: {file['id']} (not found): the file's purpose is vision, and "
        "only batch files are validated."
    )


@pytest.mark.parametrize("data", [b"x", b""])
def test_an_upload_of_nothing_takes_no_parts_and_the_error_says_how_to_complete_it(
    functions: Functions, tenant: TenantId, data: bytes
) -> None:
    made = create(functions, tenant, bytes=0).json

    answer = send_part(functions, tenant, made["id"], data)

    assert (answer.status, answer.error["param"]) == (400, "data")
    assert "announced with 0 bytes and takes no parts" in answer.error["message"]
    assert "no part_ids" in answer.error["message"]
    assert on_upload(functions, tenant, "complete", made["id"]).json["status"] == "completed"


def test_an_empty_part_is_refused(functions: Functions, tenant: TenantId) -> None:
    made = create(functions, tenant).json

    answer = send_part(functions, tenant, made["id"], b"")

    assert (answer.status, answer.error["param"]) == (400, "data")
    assert "at least one byte" in answer.error["message"]


def test_parts_of_an_upload_that_is_too_large_for_them_are_sent_elsewhere(
    functions: Functions, tenant: TenantId, ports: Composition
) -> None:
    ports.projects.set_limit(tenant, Amount(files=1, bytes=2**30))
    made = create(functions, tenant, bytes=2**29 + 1).json

    answer = send_part(functions, tenant, made["id"], b"x")

    assert (answer.status, answer.error["param"]) == (400, "data")
    assert "at most 536870912" in answer.error["message"]
    assert f"GET /v1/uploads/{made['id']}" in answer.error["message"]


def test_the_error_for_too_many_parts_counts_them(functions: Functions, tenant: TenantId) -> None:
    made = create(functions, tenant, bytes=4).json
    send_part(functions, tenant, made["id"], b"12345678")

    answer = send_part(functions, tenant, made["id"], b"9")

    assert (answer.status, answer.error["param"]) == (400, "data")
    assert "announced with 4 bytes" in answer.error["message"]
    assert "parts of 9 bytes" in answer.error["message"]


def test_a_missing_field_of_a_form_is_named_with_an_example(
    functions: Functions, tenant: TenantId
) -> None:
    made = create(functions, tenant).json
    answer = functions.call(
        "parts_create",
        tenant,
        pathParameters={"upload_id": made["id"]},
        headers={"Content-Type": "multipart/form-data; boundary=cut"},
        body="--cut--\r\n",
        isBase64Encoded=False,
    )

    assert (answer.status, answer.error["param"]) == (400, "data")
    assert "-F data=@part" in answer.error["message"]


@pytest.mark.parametrize(
    ("ids", "says"),
    [(["part_0123"], "Name the ids that POST"), ([], "PUT them to transfer.url")],
)
def test_the_error_for_missing_bytes_says_how_to_send_them(
    functions: Functions, tenant: TenantId, ids: list[str], says: str
) -> None:
    made = create(functions, tenant).json

    answer = on_upload(functions, tenant, "complete", made["id"], json.dumps({"part_ids": ids}))

    assert answer.status == 400
    assert says in answer.error["message"]


def test_a_full_quota_says_what_fills_it(
    functions: Functions, tenant: TenantId, ports: Composition
) -> None:
    ports.projects.set_limit(tenant, Amount(files=3, bytes=2**28))
    upload(functions, tenant)
    trashed = upload(functions, tenant).json
    functions.call("space_files_trash", tenant, pathParameters={"file_id": trashed["id"]})
    pending = create(functions, tenant).json
    upload_record = ports.uploads.get(tenant, pending["id"])
    assert upload_record is not None
    ends = datetime.fromtimestamp(upload_record.closes_at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    refused = [
        upload(functions, tenant),
        create(functions, tenant),
        functions.call("space_files_create", tenant),
    ]

    for answer in refused:
        assert (answer.status, answer.error["code"]) == (400, "storage_quota_exceeded")
        assert answer.error["type"] == "insufficient_quota"
        assert "3 of 3 files" in answer.error["message"]
        assert "1 of them in the trash" in answer.error["message"]
        assert f"by pending uploads (1: {pending['id']}), until {ends}" in answer.error["message"]

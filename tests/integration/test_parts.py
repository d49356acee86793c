"""Uploads in parts: S3's, by signed URLs, and OpenAI's, one request each."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import pytest

from larder.domain.ids import UploadId
from tests.integration.uploads import age, create, on_upload, send_part, used
from tests.support.events import arrival, recorded
from tests.support.handlers import load

if TYPE_CHECKING:
    from larder.domain.ids import TenantId
    from tests.integration.conftest import Answer, Functions
    from tests.moto_stack import MotoStack

MIB = 2**20
SIZE = 65 * MIB


def in_parts(functions: Functions, tenant: TenantId, **changes: Any) -> dict[str, Any]:
    """Create an upload above the threshold."""
    upload: dict[str, Any] = create(functions, tenant, bytes=SIZE, **changes).json
    return upload


def put_parts(stack: MotoStack, tenant: TenantId, upload_id: str, numbers: range) -> bytes:
    """Store the parts as their signed URLs would, and return their bytes."""
    upload = load("uploads_get").ports.uploads.get(tenant, UploadId(upload_id))
    sent = b""
    for part in upload.plan:
        if part.number in numbers:
            data = bytes([part.number]) * part.size
            stack.s3.upload_part(
                Bucket=stack.settings.files_bucket,
                Key=f"files/{tenant}/{upload.file_id}",
                UploadId=upload.multipart_id,
                PartNumber=part.number,
                Body=data,
            )
            sent += data
    return sent


def complete(functions: Functions, tenant: TenantId, upload_id: str, **body: Any) -> Answer:
    return on_upload(functions, tenant, "complete", upload_id, json.dumps(body))


def content(stack: MotoStack, tenant: TenantId, upload_id: str) -> bytes:
    key = f"files/{tenant}/{upload_id.replace('upload_', 'file-')}"
    data: bytes = stack.s3.get_object(Bucket=stack.settings.files_bucket, Key=key)["Body"].read()
    return data


def open_multiparts(stack: MotoStack) -> list[Any]:
    listed = stack.s3.list_multipart_uploads(Bucket=stack.settings.files_bucket)
    uploads: list[Any] = listed.get("Uploads", [])
    return uploads


def test_above_the_threshold_every_part_has_a_url(functions: Functions, tenant: TenantId) -> None:
    transfer = in_parts(functions, tenant)["transfer"]

    assert transfer["part_size"] == 16 * MIB
    assert [part["part_number"] for part in transfer["parts"]] == [1, 2, 3, 4, 5]
    assert all("uploadId=" in part["url"] for part in transfer["parts"])
    assert transfer["arrived"] == []


def test_an_upload_is_resumed_with_the_missing_parts(
    functions: Functions, stack: MotoStack, tenant: TenantId
) -> None:
    upload = in_parts(functions, tenant)
    put_parts(stack, tenant, upload["id"], range(2, 4))

    transfer = on_upload(functions, tenant, "get", upload["id"]).json["transfer"]

    assert [part["part_number"] for part in transfer["parts"]] == [1, 4, 5]
    assert [(part["part_number"], part["size"]) for part in transfer["arrived"]] == [
        (2, 16 * MIB),
        (3, 16 * MIB),
    ]
    digest = hashlib.md5(bytes([2]) * 16 * MIB).hexdigest()  # noqa: S324 - S3's ETag
    assert transfer["arrived"][0]["etag"] == digest

    for numbers in (range(1, 2), range(4, 6)):
        put_parts(stack, tenant, upload["id"], numbers)
    assert on_upload(functions, tenant, "get", upload["id"]).json["transfer"]["parts"] == []
    assert complete(functions, tenant, upload["id"]).status == 200
    whole = b"".join([*(bytes([number]) * 16 * MIB for number in range(1, 5)), bytes([5]) * MIB])
    assert content(stack, tenant, upload["id"]) == whole


def test_all_parts_become_one_file(
    functions: Functions, stack: MotoStack, tenant: TenantId
) -> None:
    upload = in_parts(functions, tenant)
    data = put_parts(stack, tenant, upload["id"], range(1, 6))

    first = complete(functions, tenant, upload["id"])
    second = complete(functions, tenant, upload["id"])

    assert (first.status, first.json["file"]["bytes"]) == (200, SIZE)
    assert second.json == first.json
    assert content(stack, tenant, upload["id"]) == data
    assert used(functions, tenant) == (1, 0, SIZE, 0)


def test_a_missing_part_is_named_and_nothing_is_lost(
    functions: Functions, stack: MotoStack, tenant: TenantId
) -> None:
    upload = in_parts(functions, tenant)
    put_parts(stack, tenant, upload["id"], range(1, 5))

    early = complete(functions, tenant, upload["id"])
    put_parts(stack, tenant, upload["id"], range(5, 6))
    late = complete(functions, tenant, upload["id"])

    assert (early.status, early.error["code"]) == (400, "upload_incomplete")
    assert "part 5" in early.error["message"]
    assert late.status == 200


def test_joined_parts_become_a_file_by_the_event_if_the_completion_fails(
    functions: Functions,
    stack: MotoStack,
    tenant: TenantId,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    upload = in_parts(functions, tenant)
    put_parts(stack, tenant, upload["id"], range(1, 6))
    uploads = load("uploads_complete").ports.uploads
    with monkeypatch.context() as crash:
        crash.setattr(type(uploads), "complete", lambda *_: 1 / 0)
        lost = complete(functions, tenant, upload["id"])

    file_id = upload["id"].replace("upload_", "file-")
    functions.invoke("on_object_created", arrival(f"files/{tenant}/{file_id}"))

    assert lost.status == 500
    assert complete(functions, tenant, upload["id"]).json["file"]["status"] == "processed"
    assert used(functions, tenant) == (1, 0, SIZE, 0)


def test_the_announced_digest_of_parts_is_checked_when_they_are_read(
    functions: Functions, stack: MotoStack, tenant: TenantId
) -> None:
    upload = in_parts(functions, tenant, sha256="0" * 64)
    data = put_parts(stack, tenant, upload["id"], range(1, 6))
    complete(functions, tenant, upload["id"])
    file_id = upload["id"].replace("upload_", "file-")

    functions.invoke("on_object_created", arrival(f"files/{tenant}/{file_id}"))

    read = functions.call("files_get", tenant, pathParameters={"file_id": file_id})
    assert read.json["status"] == "error"
    assert f"{'0' * 64} was announced" in read.json["status_details"]
    assert read.headers["larder-sha256"] == hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize("ended", ["cancelled", "expired"])
def test_the_parts_of_an_ended_upload_are_deleted(
    functions: Functions, stack: MotoStack, tenant: TenantId, ended: str
) -> None:
    upload = in_parts(functions, tenant)
    put_parts(stack, tenant, upload["id"], range(1, 2))
    if ended == "cancelled":
        on_upload(functions, tenant, "cancel", upload["id"])
        assert open_multiparts(stack) == []
    else:
        age(stack, tenant, upload["id"])
        assert used(functions, tenant) == (0, 0, 0, 0)

    functions.invoke("sweep", recorded("sweep"))

    assert open_multiparts(stack) == []
    assert functions.invoke("sweep", recorded("sweep")) == {}
    assert used(functions, tenant) == (0, 0, 0, 0)


def test_a_refused_upload_leaves_no_multipart_upload_behind(
    functions: Functions, stack: MotoStack, tenant: TenantId
) -> None:
    answer = create(functions, tenant, bytes=300 * MIB)

    assert (answer.status, answer.error["type"]) == (400, "insufficient_quota")
    assert answer.error["code"] == "storage_quota_exceeded"
    assert open_multiparts(stack) == []
    assert used(functions, tenant) == (0, 0, 0, 0)


def test_small_parts_are_joined_in_the_order_of_the_given_ids(
    functions: Functions, stack: MotoStack, tenant: TenantId
) -> None:
    pieces = [bytes([number]) * 1_900_000 for number in range(10)]
    data = b"".join(pieces)
    upload = create(functions, tenant, bytes=len(data)).json
    ids = [
        send_part(functions, tenant, upload["id"], piece).json["id"] for piece in reversed(pieces)
    ]

    answer = complete(
        functions,
        tenant,
        upload["id"],
        part_ids=ids[::-1],
        md5=hashlib.md5(data).hexdigest(),  # noqa: S324
    )

    assert (answer.status, answer.json["status"]) == (200, "completed")
    assert content(stack, tenant, upload["id"]) == data
    assert used(functions, tenant) == (1, 0, len(data), 0)
    assert complete(functions, tenant, upload["id"], part_ids=ids[::-1]).json == answer.json
    functions.invoke("sweep", recorded("sweep"))
    assert stack.object_keys() == {f"files/{tenant}/{upload['id'].replace('upload_', 'file-')}"}


def test_a_repeated_completion_compares_the_md5_with_the_file(
    functions: Functions, tenant: TenantId
) -> None:
    upload = create(functions, tenant).json
    ids = [
        send_part(functions, tenant, upload["id"], data).json["id"] for data in (b"some ", b"bytes")
    ]
    first = complete(functions, tenant, upload["id"], part_ids=ids)
    functions.invoke("sweep", recorded("sweep"))
    right = hashlib.md5(b"some bytes").hexdigest()  # noqa: S324

    again = complete(functions, tenant, upload["id"], part_ids=ids, md5=right.upper())
    wrong = complete(functions, tenant, upload["id"], part_ids=ids, md5="0" * 32)

    assert again.json == first.json
    assert again.headers["larder-sha256"] == hashlib.sha256(b"some bytes").hexdigest()
    assert (wrong.status, wrong.error["param"]) == (400, "md5")
    assert right in wrong.error["message"]


def test_an_md5_is_refused_for_an_upload_in_s3s_parts(
    functions: Functions, stack: MotoStack, tenant: TenantId
) -> None:
    upload = in_parts(functions, tenant)
    data = put_parts(stack, tenant, upload["id"], range(1, 6))
    md5 = hashlib.md5(data).hexdigest()  # noqa: S324

    before = complete(functions, tenant, upload["id"], md5=md5)
    completed = complete(functions, tenant, upload["id"])
    after = complete(functions, tenant, upload["id"], md5=md5)

    assert completed.status == 200
    assert [answer.status for answer in (before, after)] == [400, 400]
    assert [answer.error["param"] for answer in (before, after)] == ["md5", "md5"]


def test_a_part_is_returned_in_openais_shape(functions: Functions, tenant: TenantId) -> None:
    upload = create(functions, tenant).json

    part = send_part(functions, tenant, upload["id"], b"some").json

    assert set(part) == {"id", "object", "created_at", "upload_id"}
    assert (part["object"], part["upload_id"]) == ("upload.part", upload["id"])


def test_parts_that_do_not_make_the_file_are_refused_and_can_be_corrected(
    functions: Functions, stack: MotoStack, tenant: TenantId, stranger: TenantId
) -> None:
    upload, other = create(functions, tenant).json, create(functions, tenant).json
    theirs = create(functions, stranger).json
    one = send_part(functions, tenant, upload["id"], b"some ").json["id"]
    two = send_part(functions, tenant, upload["id"], b"bytes").json["id"]
    foreign = send_part(functions, tenant, other["id"], b"bytes").json["id"]
    strange = send_part(functions, stranger, theirs["id"], b"bytes").json["id"]
    right = hashlib.md5(b"some bytes").hexdigest()  # noqa: S324
    swapped = hashlib.md5(b"bytessome ").hexdigest()  # noqa: S324

    wrong = [
        complete(functions, tenant, upload["id"], part_ids=[one]),
        complete(functions, tenant, upload["id"], part_ids=[one, foreign]),
        complete(functions, tenant, upload["id"], part_ids=[one, strange]),
        complete(functions, tenant, upload["id"], part_ids=[one, one]),
        complete(functions, tenant, upload["id"], part_ids=[one, two, two]),
        complete(functions, tenant, upload["id"], part_ids=[one, "part_x"]),
        complete(functions, tenant, upload["id"], part_ids=[two, one], md5=right),
        complete(functions, tenant, upload["id"], part_ids=[one, two], md5="0" * 32),
    ]
    before = used(functions, tenant)
    mended = complete(functions, tenant, upload["id"], part_ids=[one, two], md5=right.upper())

    assert [answer.status for answer in wrong] == [400] * 8
    assert [answer.error["param"] for answer in wrong] == ["part_ids"] * 6 + ["md5"] * 2
    assert [swapped in wrong[-2].error["message"], right in wrong[-1].error["message"]] == [
        True
    ] * 2
    assert before == (0, 2, 0, 20)
    assert mended.status == 200
    assert content(stack, tenant, upload["id"]) == b"some bytes"
    assert used(functions, tenant) == (1, 1, 10, 10)


def test_parts_with_other_bytes_than_announced_are_refused_and_can_be_corrected(
    functions: Functions, stack: MotoStack, tenant: TenantId
) -> None:
    upload = create(functions, tenant, sha256=hashlib.sha256(b"some bytes").hexdigest()).json
    file_id = upload["id"].replace("upload_", "file-")
    wrong = send_part(functions, tenant, upload["id"], b"other byte").json["id"]

    refused = complete(functions, tenant, upload["id"], part_ids=[wrong])
    read = functions.call("files_get", tenant, pathParameters={"file_id": file_id})
    right = send_part(functions, tenant, upload["id"], b"some bytes").json["id"]
    mended = complete(functions, tenant, upload["id"], part_ids=[right])

    assert (refused.status, refused.error["param"]) == (400, "sha256")
    assert hashlib.sha256(b"other byte").hexdigest() in refused.error["message"]
    assert read.status == 404
    assert mended.status == 200
    assert content(stack, tenant, upload["id"]) == b"some bytes"


def test_the_digest_matches_the_bytes_when_another_request_was_faster(
    functions: Functions, stack: MotoStack, tenant: TenantId, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = create(functions, tenant).json
    ids = [
        send_part(functions, tenant, upload["id"], data).json["id"] for data in (b"some ", b"bytes")
    ]
    parts = type(load("uploads_complete").ports.parts)
    assemble = parts.assemble

    def beaten(store: Any, tenant: Any, upload: Any, part_ids: Any, accept: Any) -> bool:
        assert assemble(store, tenant, upload, part_ids[::-1], lambda _: None)
        done: bool = assemble(store, tenant, upload, part_ids, accept)
        return done

    monkeypatch.setattr(parts, "assemble", beaten)
    answer = complete(functions, tenant, upload["id"], part_ids=ids)
    file_id = answer.json["file"]["id"]
    functions.invoke("on_object_created", arrival(f"files/{tenant}/{file_id}"))

    stored = content(stack, tenant, upload["id"])
    read = functions.call("files_get", tenant, pathParameters={"file_id": file_id})
    assert stored == b"bytessome "
    assert read.headers["larder-sha256"] == hashlib.sha256(stored).hexdigest()


def test_a_cancellation_during_the_completion_is_a_conflict(
    functions: Functions, tenant: TenantId, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = create(functions, tenant).json
    part = send_part(functions, tenant, upload["id"], b"some bytes").json["id"]
    parts = type(load("uploads_complete").ports.parts)
    assemble = parts.assemble

    def overtaken(*arguments: Any) -> bool:
        assert on_upload(functions, tenant, "cancel", upload["id"]).status == 200
        done: bool = assemble(*arguments)
        return done

    monkeypatch.setattr(parts, "assemble", overtaken)
    answer = complete(functions, tenant, upload["id"], part_ids=[part])

    assert (answer.status, answer.error["code"]) == (409, "upload_cancelled")
    assert used(functions, tenant) == (0, 0, 0, 0)


def test_more_than_twice_the_announced_bytes_are_refused(
    functions: Functions, tenant: TenantId
) -> None:
    upload = create(functions, tenant).json

    answers = [send_part(functions, tenant, upload["id"], b"some bytes") for _ in range(3)]

    assert [answer.status for answer in answers] == [200, 200, 400]


def test_an_ended_upload_accepts_no_parts(functions: Functions, tenant: TenantId) -> None:
    upload = create(functions, tenant).json
    on_upload(functions, tenant, "cancel", upload["id"])

    answer = send_part(functions, tenant, upload["id"], b"some")

    assert (answer.status, answer.error["code"]) == (409, "upload_cancelled")
    assert answer.headers["x-should-retry"] == "false"


def test_another_projects_upload_accepts_no_parts(
    functions: Functions, tenant: TenantId, stranger: TenantId
) -> None:
    upload = create(functions, tenant).json

    assert send_part(functions, stranger, upload["id"], b"some").status == 404
    assert complete(functions, stranger, upload["id"], part_ids=["part_1"]).status == 404


def test_an_empty_upload_is_completed_without_parts(
    functions: Functions, stack: MotoStack, tenant: TenantId
) -> None:
    upload = create(functions, tenant, bytes=0).json

    answer = complete(functions, tenant, upload["id"], part_ids=[])

    assert answer.json["file"]["bytes"] == 0
    assert content(stack, tenant, upload["id"]) == b""

"""What clients write in different ways: taken where the meaning is clear, else refused."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.files import upload

if TYPE_CHECKING:
    from larder.domain.ids import TenantId
    from tests.integration.conftest import Functions

ANNOUNCED = {"filename": "a.txt", "purpose": "user_data", "bytes": 1, "mime_type": "text/plain"}


@pytest.mark.parametrize(
    "fields",
    [
        {"expires_after[anchor]": "created_at", "expires_after[seconds]": "7200"},
        {"expires_after[seconds]": "7200"},
        {"expires_after.anchor": "created_at", "expires_after.seconds": "7200"},
        {"expires_after[anchor]": "created_at", "expires_after.seconds": "7200"},
        {"expires_after": '{"anchor": "created_at", "seconds": 7200}'},
        {"expires_after": '{"seconds":7200}'},
    ],
)
def test_the_expiry_of_a_form_is_understood_in_the_notations_in_use(
    functions: Functions, tenant: TenantId, fields: dict[str, str]
) -> None:
    file = upload(functions, tenant, fields={"purpose": "user_data", **fields}).json

    assert file["expires_at"] == file["created_at"] + 7_200


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"expires_in": "7200"}, "expires_in"),
        ({"expiresAfter": "7200"}, "expiresAfter"),
        ({"Expires_After[seconds]": "7200"}, "Expires_After[seconds]"),
        ({"expires_after[0][seconds]": "7200"}, "expires_after[0][seconds]"),
        ({"[expires_after][seconds]": "7200"}, "[expires_after][seconds]"),
        ({"expires_after[days]": "3"}, "expires_after[days]"),
        ({"expire": "tomorrow"}, "expire"),
        ({"expiry": ""}, "expiry"),
        ({"expires_after[seconds]": "7200", "expires_at": "1"}, "expires_at"),
        ({"expires_after": ""}, "expires_after"),
        ({"expires_after": "7200"}, "expires_after"),
        ({"expires_after": "{}"}, "expires_after"),
        ({"expires_after": '{"anchor": "now", "seconds": 7200}'}, "expires_after"),
        ({"expires_after": '{"seconds": "7200"}'}, "expires_after"),
        ({"expires_after": '{"seconds": 60}'}, "expires_after[seconds]"),
        (
            {"expires_after": '{"seconds": 7200}', "expires_after[seconds]": "7200"},
            "expires_after",
        ),
        (
            {"expires_after[seconds]": "7200", "expires_after.seconds": "9000"},
            "expires_after[seconds]",
        ),
    ],
)
def test_a_field_that_seems_to_set_the_expiry_is_understood_or_refused(
    functions: Functions, tenant: TenantId, fields: dict[str, str], param: str
) -> None:
    answer = upload(functions, tenant, fields={"purpose": "user_data", **fields})

    assert (answer.status, answer.error["param"]) == (400, param)
    assert "expire" in answer.error["message"] or "seconds" in answer.error["message"]
    assert functions.call("usage_get", tenant).json["files"]["used"] == 0


def test_a_form_of_the_space_that_sets_an_expiry_is_refused(
    functions: Functions, tenant: TenantId
) -> None:
    body = b"\r\n".join(
        (
            b'--cut\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\nx',
            b'--cut\r\nContent-Disposition: form-data; name="expiresAfter"\r\n\r\n7200',
            b"--cut--\r\n",
        )
    )

    answer = functions.call(
        "space_files_create",
        tenant,
        headers={"Content-Type": "multipart/form-data; boundary=cut"},
        body=base64.b64encode(body).decode(),
        isBase64Encoded=True,
    )

    assert (answer.status, answer.error["param"]) == (400, "expiresAfter")
    assert "POST /v1/files" in answer.error["message"]


@pytest.mark.parametrize(
    ("more", "param"),
    [
        ({"expires_in": 7_200}, "expires_in"),
        ({"expiresAfter": {"seconds": 7_200}}, "expiresAfter"),
        ({"expires_after[seconds]": 7_200}, "expires_after[seconds]"),
        ({"expires_after": 7_200}, "expires_after"),
        ({"expires_after": {}}, "expires_after.seconds"),
    ],
)
def test_an_announced_expiry_is_understood_or_refused(
    functions: Functions, tenant: TenantId, more: dict[str, Any], param: str
) -> None:
    answer = functions.call(
        "uploads_create", tenant, body=json.dumps({**ANNOUNCED, **more}), isBase64Encoded=False
    )

    assert (answer.status, answer.error["param"]) == (400, param)


def test_other_unknown_fields_of_an_announcement_are_ignored(
    functions: Functions, tenant: TenantId
) -> None:
    body = json.dumps({**ANNOUNCED, "colour": "red"})

    assert functions.call("uploads_create", tenant, body=body, isBase64Encoded=False).status == 200


@pytest.mark.parametrize("name", ["limit", "after", "order", "purpose"])
def test_an_empty_list_parameter_counts_as_absent(
    functions: Functions, tenant: TenantId, name: str
) -> None:
    file = upload(functions, tenant).json

    answer = functions.call("files_list", tenant, queryStringParameters={name: ""})

    assert (answer.status, answer.json["data"]) == (200, [file])


def test_an_empty_cursor_of_the_space_is_refused(functions: Functions, tenant: TenantId) -> None:
    """It would begin again, and whoever follows cursors would never end."""
    answer = functions.call("space_files_list", tenant, queryStringParameters={"cursor": ""})

    assert (answer.status, answer.error["param"]) == (400, "cursor")


@pytest.mark.parametrize("purpose", ["assistants_output", "fine-tune-results", "batch_output"])
def test_every_purpose_of_openais_files_filters_a_list(
    functions: Functions, tenant: TenantId, purpose: str
) -> None:
    upload(functions, tenant)

    answer = functions.call("files_list", tenant, queryStringParameters={"purpose": purpose})

    assert answer.status == 200
    assert answer.json == {
        "object": "list", "data": [], "first_id": "", "last_id": "", "has_more": False,
    }  # fmt: skip


def test_a_purpose_that_only_lists_know_is_no_excuse_for_another_wrong_parameter(
    functions: Functions, tenant: TenantId
) -> None:
    query = {"purpose": "assistants_output", "limit": "0"}

    answer = functions.call("files_list", tenant, queryStringParameters=query)

    assert (answer.status, answer.error["param"]) == (400, "limit")


@pytest.mark.parametrize("purpose", ["assistants_output", "fine-tune-results"])
def test_a_purpose_that_only_lists_know_is_none_for_a_new_file(
    functions: Functions, tenant: TenantId, purpose: str
) -> None:
    answer = upload(functions, tenant, fields={"purpose": purpose})

    assert (answer.status, answer.error["param"]) == (400, "purpose")
    assert "assistants, batch, evals, fine-tune, user_data, vision" in answer.error["message"]


@pytest.mark.parametrize(
    "function",
    [
        "files_create", "space_files_create", "parts_create", "uploads_create", "batches_create",
        "uploads_complete", "folders_create", "folders_update", "space_files_update",
        "space_files_batch",
    ],
)  # fmt: skip
@pytest.mark.parametrize("header", ["Content-Encoding", "content-encoding"])
def test_a_compressed_body_is_refused(
    functions: Functions, tenant: TenantId, function: str, header: str
) -> None:
    answer = functions.call(
        function,
        tenant,
        headers={"Content-Type": "application/json", header: "gzip"},
        body=base64.b64encode(b"\x1f\x8b\x08").decode(),
        isBase64Encoded=True,
    )

    assert (answer.status, answer.error["code"]) == (415, None)
    assert "Content-Encoding 'gzip'" in answer.error["message"]


@pytest.mark.parametrize("encoding", ["", "identity", "Identity "])
def test_a_body_that_says_that_it_is_not_compressed_is_taken(
    functions: Functions, tenant: TenantId, encoding: str
) -> None:
    answer = functions.call(
        "uploads_create",
        tenant,
        headers={"Content-Encoding": encoding},
        body=json.dumps(ANNOUNCED),
        isBase64Encoded=False,
    )

    assert answer.status == 200


TOO_LARGE = {
    "files_create": "POST /v1/uploads",
    "space_files_create": "`folder_id`",
    "parts_create": "part_size=1_900_000",
    "uploads_create": "fewer or shorter values",
}


@pytest.mark.parametrize("function", TOO_LARGE)
def test_the_error_for_a_large_body_says_what_to_do_on_its_route(
    functions: Functions, tenant: TenantId, function: str
) -> None:
    body = base64.b64encode(bytes(2 * 2**20 + 1)).decode()

    answer = functions.call(function, tenant, body=body, isBase64Encoded=True)

    assert (answer.status, answer.error["code"]) == (413, "request_too_large")
    assert "has 2097153 bytes" in answer.error["message"]
    assert TOO_LARGE[function] in answer.error["message"]

"""The functions that no client calls: validation, removals and the sweep."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from larder.domain.files import DAY, VALIDATION_GRACE
from larder.domain.quota import MAX_PROJECT_FILES, NOTHING, RECORD_BYTES, Amount
from larder.services.projects.ports import Count
from larder.services.projects.projects import create_project
from tests.integration.files import GOOD_LINE, get, upload
from tests.integration.uploads import age, create, put, upload_directly, used
from tests.integration.workers import arrive, later, removal, vanish
from tests.support.events import arrival, recorded
from tests.support.handlers import FakeContext, load

if TYPE_CHECKING:
    from collections.abc import Callable

    from larder.domain.ids import TenantId
    from larder.runtime.composition import Composition
    from tests.integration.conftest import Answer, Functions
    from tests.moto_stack import MotoStack


def test_a_valid_batch_file_is_processed_with_a_report(
    functions: Functions, stack: MotoStack, tenant: TenantId
) -> None:
    file = upload_directly(functions, stack, tenant, GOOD_LINE)

    arrive(functions, tenant, file["id"])

    assert get(functions, tenant, file["id"]).json["status"] == "processed"
    report = get(functions, tenant, file["id"], "files_validation").json
    assert set(report) == {
        *("object", "file_id", "valid", "total_lines", "request_count", "error_count", "errors"),
        *("endpoint", "model", "sha256", "validated_at", "duration_ms"),
        *("warning_count", "warnings", "counts", "models", "inputs", "references"),
    }
    assert (report["object"], report["file_id"], report["valid"]) == (
        "file.validation", file["id"], True,
    )  # fmt: skip
    assert (report["endpoint"], report["model"]) == ("/v1/chat/completions", "m")


def test_an_invalid_batch_file_has_a_report_of_its_problems(
    functions: Functions, stack: MotoStack, tenant: TenantId
) -> None:
    file = upload_directly(functions, stack, tenant, GOOD_LINE + b"\n\n{]\n")

    arrive(functions, tenant, file["id"])

    found = get(functions, tenant, file["id"]).json
    assert found["status"] == "error"
    assert "line 3" in found["status_details"]
    report = get(functions, tenant, file["id"], "files_validation").json
    assert [(problem["code"], problem["line"]) for problem in report["errors"]] == [
        ("invalid_json_line", 3)
    ]


def test_files_with_other_purposes_are_processed_unchecked(
    functions: Functions, tenant: TenantId
) -> None:
    file = upload(functions, tenant, b"{]", fields={"purpose": "user_data"}).json

    arrive(functions, tenant, file["id"])

    assert get(functions, tenant, file["id"]).json["status"] == "processed"
    answer = get(functions, tenant, file["id"], "files_validation")
    assert answer.status == 404
    assert file["id"] in answer.error["message"]


def test_a_report_that_does_not_exist_yet_can_be_requested_again(
    functions: Functions, stack: MotoStack, tenant: TenantId
) -> None:
    file = upload_directly(functions, stack, tenant, GOOD_LINE)

    answer = get(functions, tenant, file["id"], "files_validation")

    assert (answer.status, answer.error["code"]) == (409, "validation_pending")
    assert "x-should-retry" not in answer.headers


def test_a_lost_report_is_a_server_error(
    functions: Functions, stack: MotoStack, tenant: TenantId
) -> None:
    file = upload(functions, tenant).json
    arrive(functions, tenant, file["id"])
    stack.s3.delete_object(Bucket=stack.settings.files_bucket, Key=f"reports/{tenant}/{file['id']}")

    answer = get(functions, tenant, file["id"], "files_validation")

    assert (answer.status, answer.error["code"]) == (500, "internal_error")
    assert file["id"] not in answer.error["message"]


def test_a_redelivered_arrival_changes_nothing(
    functions: Functions, stack: MotoStack, tenant: TenantId
) -> None:
    file = upload(functions, tenant).json
    arrive(functions, tenant, file["id"])
    before = sorted(stack.items(), key=str)

    assert arrive(functions, tenant, file["id"]) == {"batchItemFailures": []}

    assert sorted(stack.items(), key=str) == before


def test_bytes_without_a_record_are_deleted(
    functions: Functions, stack: MotoStack, tenant: TenantId
) -> None:
    key = f"files/{tenant}/file-0123456789abcdef01234567"
    stack.s3.put_object(Bucket=stack.settings.files_bucket, Key=key, Body=b"stray")

    functions.invoke("on_object_created", arrival(key))

    assert stack.object_keys() == set()


@pytest.mark.parametrize("purpose", ["batch", "user_data"])
def test_the_arrival_of_bytes_that_are_gone_changes_nothing(
    functions: Functions, stack: MotoStack, tenant: TenantId, purpose: str
) -> None:
    large = create(functions, tenant, bytes=2**20, purpose=purpose).json
    file = upload_directly(functions, stack, tenant, GOOD_LINE, purpose)
    stack.s3.delete_object(Bucket=stack.settings.files_bucket, Key=f"files/{tenant}/{file['id']}")

    assert arrive(functions, tenant, file["id"]) == {"batchItemFailures": []}
    assert arrive(functions, tenant, large["id"].replace("upload_", "file-")) == {
        "batchItemFailures": []
    }

    assert get(functions, tenant, file["id"]).json["purpose"] == purpose
    assert stack.object_keys() == set()


def test_the_buckets_test_event_and_foreign_keys_are_ignored(functions: Functions) -> None:
    test_event = functions.invoke("on_object_created", recorded("on_object_created_test_event"))
    foreign = functions.invoke("on_object_created", arrival("else/where", "files/a b/ü"))

    assert test_event == foreign == {"batchItemFailures": []}


def test_a_message_that_fails_comes_back_without_the_others(
    functions: Functions, stack: MotoStack, tenant: TenantId, monkeypatch: pytest.MonkeyPatch
) -> None:
    good, bad = (upload_directly(functions, stack, tenant, GOOD_LINE) for _ in range(2))
    objects = load("on_object_created").ports.objects
    stream = type(objects).stream

    def failing(self: Any, owner: TenantId, file_id: str) -> Any:
        if file_id == bad["id"]:
            raise TimeoutError
        return stream(self, owner, file_id)

    monkeypatch.setattr(type(objects), "stream", failing)
    answer = functions.invoke(
        "on_object_created",
        arrival(f"files/{tenant}/{bad['id']}", f"files/{tenant}/{good['id']}"),
    )

    assert answer == {"batchItemFailures": [{"itemIdentifier": "message-0"}]}
    assert get(functions, tenant, good["id"]).json["status"] == "processed"
    assert get(functions, tenant, bad["id"]).json["status"] == "uploaded"


def test_a_deleted_files_bytes_and_report_are_deleted(
    functions: Functions, stack: MotoStack, tenant: TenantId
) -> None:
    file = upload(functions, tenant).json
    arrive(functions, tenant, file["id"])
    event = removal(stack, tenant, file["id"])
    get(functions, tenant, file["id"], "files_delete")

    functions.invoke("on_file_removed", event)
    functions.invoke("on_file_removed", event)

    assert stack.object_keys() == set()
    assert used(functions, tenant) == (0, 0, 0, 0)


def test_a_file_removed_by_ttl_releases_its_quota_once(
    functions: Functions, stack: MotoStack, tenant: TenantId
) -> None:
    file = upload(functions, tenant).json
    event = vanish(stack, tenant, file["id"])

    functions.invoke("on_file_removed", event)
    functions.invoke("on_file_removed", event)

    assert used(functions, tenant) == (0, 0, 0, 0)
    assert stack.object_keys() == set()


def test_a_pending_upload_removed_by_ttl_releases_its_reservation_once(
    functions: Functions, stack: MotoStack, tenant: TenantId
) -> None:
    pending = create(functions, tenant).json
    event = vanish(stack, tenant, pending["id"])

    functions.invoke("on_file_removed", event)
    functions.invoke("on_file_removed", event)

    assert used(functions, tenant) == (0, 0, 0, 0)


def test_a_record_that_moved_to_the_trash_is_not_gone(
    functions: Functions, stack: MotoStack, tenant: TenantId
) -> None:
    file = upload(functions, tenant, fields={"purpose": "user_data"}).json
    event = vanish(stack, tenant, file["id"])
    image = event["Records"][0]["dynamodb"]["OldImage"]
    stack.dynamodb.put_item(
        TableName=stack.settings.store_table,
        Item={**image, "sk": {"S": f"trash#{file['id']}"}},
    )

    functions.invoke("on_file_removed", event)

    assert stack.object_keys() == {f"files/{tenant}/{file['id']}"}


def test_an_expired_file_is_gone_for_every_reader_before_it_is_collected(
    functions: Functions, stack: MotoStack, tenant: TenantId
) -> None:
    file = upload(functions, tenant).json
    age(stack, tenant, file["id"])

    routes = ["files_get", "files_content", "files_url", "files_validation", "files_delete"]
    answers = [
        get(functions, tenant, file["id"], route, queryStringParameters=None) for route in routes
    ]

    assert [answer.status for answer in answers] == [404] * len(routes)
    assert functions.call("files_list", tenant, queryStringParameters=None).json["data"] == []
    assert used(functions, tenant) == (0, 0, 0, 0)


@pytest.mark.parametrize("enter", [upload, create])
def test_a_full_project_reclaims_expired_files_and_uploads(
    functions: Functions,
    ports: Composition,
    stack: MotoStack,
    enter: Callable[[Functions, TenantId], Answer],
) -> None:
    tenant = create_project(
        "small", Amount(files=2, bytes=2**20), projects=ports.projects, clock=ports.clock
    ).id
    age(stack, tenant, upload(functions, tenant).json["id"])
    age(stack, tenant, create(functions, tenant).json["id"])

    answer = enter(functions, tenant)

    assert answer.status == 200


def test_the_sweep_releases_expired_files_and_uploads(
    functions: Functions, stack: MotoStack, tenant: TenantId
) -> None:
    file, pending = upload(functions, tenant).json, create(functions, tenant).json
    age(stack, tenant, file["id"])
    age(stack, tenant, pending["id"])

    outcomes = functions.invoke("sweep", recorded("sweep"))

    assert outcomes == {"expired": 2}
    assert counters(stack, tenant) == ("200", "0", str(2**28), "0")


def test_the_sweep_queues_files_again_that_were_never_validated(
    functions: Functions, stack: MotoStack, tenant: TenantId, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = upload_directly(functions, stack, tenant, GOOD_LINE)
    later(monkeypatch, VALIDATION_GRACE + 1)

    outcomes = functions.invoke("sweep", recorded("sweep"))

    assert outcomes == {"announced_again": 1}
    [message] = stack.sqs.receive_message(QueueUrl=stack.settings.events_queue_url)["Messages"]
    event = recorded("on_object_created")
    event["Records"][0]["body"] = message["Body"]
    functions.invoke("on_object_created", event)
    assert get(functions, tenant, file["id"]).json["status"] == "processed"


def test_the_sweep_releases_a_file_whose_creation_was_interrupted(
    functions: Functions, stack: MotoStack, tenant: TenantId, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = upload(functions, tenant, fields={"purpose": "user_data"}).json
    stack.s3.delete_object(Bucket=stack.settings.files_bucket, Key=f"files/{tenant}/{file['id']}")
    later(monkeypatch, VALIDATION_GRACE + 1)

    outcomes = functions.invoke("sweep", recorded("sweep"))

    assert outcomes == {"abandoned": 1}
    assert used(functions, tenant) == (0, 0, 0, 0)


def test_the_sweep_reports_exact_counters(
    functions: Functions, stack: MotoStack, tenant: TenantId, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, pending = upload(functions, tenant).json, create(functions, tenant).json
    arrive(functions, tenant, file["id"])
    put(stack, tenant, pending["id"])
    later(monkeypatch, DAY + 1)

    outcomes = functions.invoke("sweep", recorded("sweep"))

    assert outcomes == {"counters_exact": 1, "completed": 1}


def test_the_sweep_reports_counters_that_have_drifted(
    functions: Functions,
    stack: MotoStack,
    tenant: TenantId,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = upload(functions, tenant).json
    arrive(functions, tenant, file["id"])
    vanish(stack, tenant, file["id"])
    later(monkeypatch, DAY + 1)

    outcomes = functions.invoke("sweep", recorded("sweep"))

    assert outcomes == {"counters_drifted": 1}
    metrics = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    drift = next(line["CounterDrift"] for line in metrics if "CounterDrift" in line)
    assert drift == [1 + file["bytes"]]


def test_the_sweep_measures_the_records_of_large_projects(
    functions: Functions,
    tenant: TenantId,
    ports: Composition,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    ports.projects.set_limit(tenant, Amount(files=MAX_PROJECT_FILES, bytes=2**28))
    assert ports.usage.set_counted(tenant, 1, Count(Amount(1_000_000, 0), NOTHING), 0)
    later(monkeypatch, DAY + 1)

    functions.invoke("sweep", recorded("sweep"))

    metrics = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    sizes = [line["ProjectRecordBytes"] for line in metrics if "ProjectRecordBytes" in line]
    assert sizes == [[1_000_000 * RECORD_BYTES]]


def test_one_failing_item_does_not_stop_the_sweep(
    functions: Functions, stack: MotoStack, tenant: TenantId, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, fine = upload(functions, tenant).json, upload(functions, tenant).json
    age(stack, tenant, broken["id"])
    age(stack, tenant, fine["id"])
    files = load("sweep").ports.files
    release = type(files).release

    def failing(self: Any, owner: TenantId, file: Any) -> bool:
        if file.id == broken["id"]:
            raise TimeoutError
        released: bool = release(self, owner, file)
        return released

    monkeypatch.setattr(type(files), "release", failing)
    with pytest.raises(RuntimeError, match="1 of 2"):
        functions.invoke("sweep", recorded("sweep"))

    assert counters(stack, tenant)[0] == "199"


def test_the_sweep_stops_when_its_time_runs_out(
    functions: Functions, stack: MotoStack, tenant: TenantId
) -> None:
    age(stack, tenant, upload(functions, tenant).json["id"])

    outcomes = functions.invoke("sweep", recorded("sweep"), FakeContext(remaining_ms=1_000))

    assert outcomes == {}


def counters(stack: MotoStack, tenant: TenantId) -> tuple[str, ...]:
    """Return files left and reserved, bytes left and reserved, as the table has them."""
    item = stack.dynamodb.get_item(
        TableName=stack.settings.store_table,
        Key={"pk": {"S": f"U#{tenant}"}, "sk": {"S": "usage"}},
    )["Item"]
    names = ("files_left", "files_reserved", "bytes_left", "bytes_reserved")
    return tuple(item[name]["N"] for name in names)

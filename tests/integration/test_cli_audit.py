"""`larder audit`, on moto."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from larder.domain.files import FileStatus
from larder.domain.ids import new_batch_id, new_file_id, new_tenant_id, upload_of
from larder.domain.quota import NOTHING, Amount
from larder.domain.uploads import UploadStatus
from larder.services.files.ports import Settlement
from larder.services.projects.projects import create_project
from tests.integration.local_stack import local_stack, nowhere
from tests.samples import a_file, an_upload
from tests.support.cli import larder

if TYPE_CHECKING:
    from larder.domain.files import File
    from larder.domain.ids import FileId, TenantId
    from larder.runtime.composition import Composition
    from tests.moto_stack import MotoStack

__all__ = ["local_stack", "nowhere"]

pytestmark = pytest.mark.usefixtures("local_stack")


@pytest.fixture
def exact(ports: Composition) -> TenantId:
    return project(ports, "exact")


@pytest.fixture
def drifted(ports: Composition, stack: MotoStack) -> TenantId:
    """A project whose counters include a file of 10 bytes that does not exist."""
    tenant = project(ports, "drifted")
    stack.dynamodb.update_item(
        TableName=stack.settings.store_table,
        Key={"pk": {"S": f"U#{tenant}"}, "sk": {"S": "usage"}},
        UpdateExpression="SET files_left = files_left - :one, bytes_left = bytes_left - :ten",
        ExpressionAttributeValues={":one": {"N": "1"}, ":ten": {"N": "10"}},
    )
    return tenant


def project(ports: Composition, name: str) -> TenantId:
    limit = Amount(files=10, bytes=1_000)
    return create_project(name, limit, projects=ports.projects, clock=ports.clock).id


def stored(ports: Composition, tenant: TenantId, size: int = 10) -> File:
    """Store a file as it is when all is well, with its report."""
    file = a_file(size, id=new_file_id(ports.clock()))
    ports.files.admit(tenant, file)
    ports.objects.put(tenant, file.id, b"x" * size)
    ports.objects.put_report(tenant, file.id, b"{}")
    ports.files.settle(tenant, file, Settlement(FileStatus.PROCESSED))
    return file


def found(*arguments: str) -> list[tuple[str, str]]:
    """Return what an audit finds, without the counters: the kind and the key."""
    printed = larder("audit", *arguments, "--json")
    losses = [line for line in printed.json_lines if line["audit"] != "counters"]
    exact = all(line.get("state", "exact") == "exact" for line in printed.json_lines)
    assert printed.exit_code == (1 if losses or not exact else 0), printed.stderr
    return [(line["audit"], line["key"]) for line in losses]


def test_counters_without_a_drift_are_exact(exact: TenantId) -> None:
    printed = larder("audit", "exact", "--json")

    assert printed.exit_code == 0
    [line] = printed.json_lines
    assert (line["project"], line["state"]) == (exact, "exact")
    assert line["drift"] == {
        "used": {"files": 0, "bytes": 0},
        "reserved": {"files": 0, "bytes": 0},
    }


@pytest.mark.usefixtures("exact")
def test_a_drift_is_shown_and_not_repaired(ports: Composition, drifted: TenantId) -> None:
    before = ports.usage.get(drifted)

    printed = larder("audit")

    assert printed.exit_code == 1
    assert printed.stdout.splitlines() == [
        "counters  drifted  drifted  +1 files  +10 bytes  +0 reserved files  +0 reserved bytes",
        "counters  exact  exact  +0 files  +0 bytes  +0 reserved files  +0 reserved bytes",
    ]
    assert ports.usage.get(drifted) == before


def test_repair_corrects_a_drift_and_asks_nothing(ports: Composition, drifted: TenantId) -> None:
    printed = larder("audit", drifted, "--repair", "--json")

    assert printed.exit_code == 0
    assert printed.json_lines[0]["state"] == "repaired"
    assert larder("audit", "drifted", "--json").json_lines[0]["state"] == "exact"
    usage = ports.usage.get(drifted)
    assert usage is not None
    assert usage.left == Amount(files=10, bytes=1_000)


def test_an_unknown_project_is_reported() -> None:
    printed = larder("audit", "nobody")

    assert printed.exit_code == 1
    assert "nobody" in printed.stderr


class TestStorage:
    """What is stored in the bucket, against the records."""

    def test_all_is_well_while_things_are_on_their_way(
        self, ports: Composition, stack: MotoStack, exact: TenantId
    ) -> None:
        # Settled, trashed, not received yet, announced, arriving, in parts, written by a batch.
        stored(ports, exact)
        trashed = stored(ports, exact)
        kept = ports.files.get(exact, trashed.id)
        assert kept is not None
        assert ports.trash.put(exact, [kept], ports.clock())
        ports.files.admit(exact, a_file(10, id=new_file_id(ports.clock())))
        announced, arriving, in_parts = (an_upload(5, at=ports.clock()) for _ in range(3))
        for upload in (announced, arriving, in_parts):
            ports.uploads.reserve(exact, upload)
        ports.objects.put(exact, arriving.file_id, b"12345")
        ports.parts.begin(exact, in_parts.file_id)
        put(stack, f"parts/{exact}/{in_parts.id}/part_1")
        output = new_file_id(ports.clock())
        stack.dynamodb.put_item(
            TableName=stack.settings.store_table,
            Item={"pk": {"S": f"P#{exact}"}, "sk": {"S": f"output#{output}"}},
        )
        ports.objects.put(exact, output, b"answers")
        ports.parts.begin(exact, output)

        assert found() == []

    @pytest.mark.parametrize("place", ["live", "trash"])
    def test_a_file_without_its_bytes_is_removed_with_its_quota(
        self, ports: Composition, stack: MotoStack, exact: TenantId, place: str
    ) -> None:
        file, other = stored(ports, exact, 30), stored(ports, exact, 7)
        if place == "trash":
            kept = ports.files.get(exact, file.id)
            assert kept is not None
            assert ports.trash.put(exact, [kept], ports.clock())
        key = f"files/{exact}/{file.id}"
        stack.s3.delete_object(Bucket=stack.settings.files_bucket, Key=key)

        assert found("exact") == [("missing_bytes", key)]
        repaired = larder("audit", "exact", "--repair", "--yes", "--json")

        assert repaired.exit_code == 0
        assert not ports.files.exists(exact, file.id)
        assert ports.files.exists(exact, other.id)
        usage = ports.usage.get(exact)
        assert usage is not None
        assert usage.used == Amount(files=1, bytes=7)
        # Its report goes with it: by the stream's worker, or by the next repair.
        larder("audit", "exact", "--repair", "--yes")
        assert found() == []

    def test_deleted_bytes_that_the_bucket_kept_come_back(
        self, ports: Composition, stack: MotoStack, exact: TenantId
    ) -> None:
        bucket = stack.settings.files_bucket
        stack.s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
        file = stored(ports, exact)
        # Deleted twice, as by a worker that retries: each leaves a marker.
        ports.objects.delete(exact, file.id)
        ports.objects.delete(exact, file.id)

        assert found() == [("deleted_bytes", f"files/{exact}/{file.id}")]
        assert larder("audit", "--repair", "--yes").exit_code == 0

        assert found() == []
        stat = ports.objects.stat(exact, file.id)
        assert stat is not None
        assert stat.size == file.bytes
        assert ports.objects.get_report(exact, file.id) == b"{}"

    def test_bytes_of_another_size_are_shown_and_left(
        self, ports: Composition, exact: TenantId
    ) -> None:
        file = stored(ports, exact)
        ports.objects.put(exact, file.id, b"short")

        assert found() == [("other_size", f"files/{exact}/{file.id}")]
        repaired = larder("audit", "--repair", "--yes")

        assert repaired.exit_code == 1
        assert "delete the file yourself" in repaired.stderr
        assert found() == [("other_size", f"files/{exact}/{file.id}")]

    def test_what_no_record_claims_is_deleted(
        self, ports: Composition, stack: MotoStack, exact: TenantId
    ) -> None:
        stored(ports, exact)
        lost, bare, ended = (an_upload(5, at=ports.clock()) for _ in range(3))
        ports.uploads.reserve(exact, ended)
        ports.uploads.close(exact, ended, UploadStatus.CANCELLED)
        batch = new_batch_id(ports.clock())
        unclaimed = {
            f"files/{exact}/{lost.file_id}": "unclaimed_bytes",
            f"files/{exact}/{ended.file_id}": "unclaimed_bytes",
            f"reports/{exact}/{bare.file_id}": "unclaimed_report",
            f"parts/{exact}/{bare.id}/": "unclaimed_parts",
            f"batches/{exact}/{batch}/": "unclaimed_batch",
            f"files/{exact}/notes.txt": "foreign",
            f"parts/{exact}/notes.txt": "foreign",
            "files/wks-nobody/": "foreign",
            "elsewhere/": "foreign",
            "notes.txt": "foreign",
        }
        for key in unclaimed:
            put(stack, f"{key}one" if key.endswith("/") else key)
        ports.parts.begin(exact, bare.file_id)

        listed = found()

        assert sorted(listed) == sorted(
            [
                *((loss, key) for key, loss in unclaimed.items()),
                ("unfinished_bytes", f"files/{exact}/{bare.file_id}"),
            ]
        )
        assert larder("audit", "--repair", "--yes").exit_code == 0
        assert found() == []
        assert len(stack.object_keys()) == 2

    def test_a_listing_says_how_much_is_there_and_what_a_repair_does(
        self, ports: Composition, stack: MotoStack, exact: TenantId
    ) -> None:
        upload = an_upload(5, at=ports.clock())
        for number in range(3):
            put(stack, f"parts/{exact}/{upload.id}/part_{number}", b"12345")

        printed = larder("audit")

        assert printed.exit_code == 1
        assert printed.stdout.splitlines()[0] == (
            f"unclaimed_parts  exact  parts/{exact}/{upload.id}/  3 objects, 15 B"
            "  --repair: delete the parts"
        )

    def test_a_repair_asks_before_it_deletes(
        self, ports: Composition, stack: MotoStack, exact: TenantId
    ) -> None:
        put(stack, f"files/{exact}/{new_file_id(ports.clock())}")

        refused = larder("audit", "--repair")

        assert refused.exit_code == 1
        assert "Delete the bytes (1). Repair?" in refused.stderr
        assert len(found()) == 1

    def test_a_file_that_was_stored_meanwhile_is_no_finding_and_not_repaired(
        self, ports: Composition, exact: TenantId, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        late = a_file(3, id=new_file_id(ports.clock()))
        ports.objects.put(exact, late.id, b"123")

        def confirm(*_: Any, **__: Any) -> bool:
            ports.files.admit(exact, late)
            return True

        monkeypatch.setattr("click.confirm", confirm)

        assert larder("audit", "--repair").exit_code == 0
        assert ports.objects.stat(exact, late.id) is not None

    def test_a_listing_of_thousands_of_objects_is_complete(
        self, ports: Composition, stack: MotoStack, exact: TenantId
    ) -> None:
        kept = {stored(ports, exact, 1).id for _ in range(3)}
        # S3 lists and deletes at most a thousand at once.
        batch = new_batch_id(ports.clock())
        for number in range(1_001):
            put(stack, f"batches/{exact}/{batch}/chunks/{number}")

        printed = larder("audit", "--repair", "--yes", "--json")

        assert printed.json_lines[0]["objects"] == 1_001
        assert stack.object_keys() == {
            f"{kind}/{exact}/{file_id}" for kind in ("files", "reports") for file_id in kept
        }


class TestAdoption:
    """Bytes without a record can become files: after a restore, they are files created since."""

    def adopt(self) -> int:
        return larder("audit", "--repair", "--adopt", "--yes").exit_code

    def unclaimed(self, ports: Composition, tenant: TenantId, size: int = 4) -> FileId:
        file_id = new_file_id(ports.clock())
        ports.objects.put(tenant, file_id, b"x" * size)
        return file_id

    def test_bytes_become_a_file_that_is_received_like_any_other(
        self, ports: Composition, stack: MotoStack, exact: TenantId
    ) -> None:
        plain, batch = (self.unclaimed(ports, exact) for _ in range(2))
        ports.objects.put_report(exact, batch, b"{}")

        assert self.adopt() == 0

        for file_id, purpose in ((plain, "user_data"), (batch, "batch")):
            file = ports.files.get(exact, file_id)
            assert file is not None
            assert (file.bytes, file.purpose, file.filename) == (4, purpose, file_id)
            assert (file.status, file.expires_at) == ("uploaded", None)
        usage = ports.usage.get(exact)
        assert usage is not None
        assert usage.used == Amount(files=2, bytes=8)
        messages = stack.sqs.receive_message(
            QueueUrl=stack.settings.events_queue_url, MaxNumberOfMessages=10
        )["Messages"]
        assert len(messages) == 2
        assert found() == []

    def test_a_project_that_a_restore_lost_is_brought_back_with_its_files(
        self, ports: Composition, exact: TenantId
    ) -> None:
        lost = new_tenant_id(ports.clock())
        file_id = self.unclaimed(ports, lost)
        assert found() == [("foreign", f"files/{lost}/")]

        created = larder("project", "create", "back", "--id", lost, "--files", "1", "--bytes", "9")

        assert created.id == lost
        assert self.adopt() == 0
        assert ports.files.get(lost, file_id) is not None
        taken = larder("project", "create", "again", "--id", exact, "--files", "1", "--bytes", "9")
        assert taken.exit_code == 1
        assert exact in taken.stderr

    @pytest.mark.parametrize("wrong", ["wks-", "demo", "wks-XYZ", "file-0123456789abcdef01234567"])
    def test_what_is_no_id_of_a_project_is_refused(self, wrong: str) -> None:
        refused = larder("project", "create", "a", "--id", wrong, "--files", "1", "--bytes", "9")

        assert refused.exit_code == 1
        assert f"'{wrong}' is no id" in refused.stderr

    def test_bytes_without_room_in_the_quota_are_left(
        self, ports: Composition, exact: TenantId
    ) -> None:
        file_id = self.unclaimed(ports, exact, 1_001)

        assert self.adopt() == 1

        assert ports.files.get(exact, file_id) is None
        assert ports.objects.stat(exact, file_id) is not None

    def test_a_deleted_file_is_not_adopted(self, ports: Composition, exact: TenantId) -> None:
        # The worker that deletes its bytes has not run yet.
        file = stored(ports, exact)
        ports.files.release(exact, file)

        assert self.adopt() == 0

        assert not ports.files.exists(exact, file.id)
        assert ports.objects.stat(exact, file.id) is None
        usage = ports.usage.get(exact)
        assert usage is not None
        assert usage.used == NOTHING

    def test_an_upload_that_was_called_off_is_not_adopted(
        self, ports: Composition, exact: TenantId
    ) -> None:
        upload = an_upload(5, at=ports.clock())
        ports.uploads.reserve(exact, upload)
        ports.objects.put(exact, upload.file_id, b"12345")
        ports.uploads.close(exact, upload, UploadStatus.CANCELLED)

        assert self.adopt() == 0

        assert ports.uploads.get(exact, upload_of(upload.file_id)) is not None
        assert not ports.files.exists(exact, upload.file_id)
        assert ports.objects.stat(exact, upload.file_id) is None


def put(stack: MotoStack, key: str, data: bytes = b"x") -> None:
    stack.s3.put_object(Bucket=stack.settings.files_bucket, Key=key, Body=data)

"""What programs do with files, uploads, artifacts and bundles, in any order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from larder.domain.artifacts import Retention
from larder.domain.errors import NotFoundError
from larder.domain.ids import parse_artifact_id, parse_file_id
from larder.domain.quota import Amount
from larder.services.files.list import list_files
from tests.property import artifacts
from tests.property.machine import Machine, Pace, lives, numbers, paces, purposes, sizes, tenants
from tests.property.world import TENANTS

if TYPE_CHECKING:
    from larder.domain.ids import TenantId
    from larder.domain.uploads import Upload

limits = st.builds(Amount, files=st.integers(0, 6), bytes=st.sampled_from([0, 100, 300, 600]))


class Lifecycle(Machine):
    """The Files, Uploads and Artifacts APIs."""

    @rule(tenant=tenants, size=sizes, purpose=purposes, life=lives, pace=paces)
    def create_file(
        self, tenant: TenantId, size: int, purpose: str, life: int | None, pace: Pace
    ) -> None:
        self.go(self.world.create_file(tenant, size, purpose, life), pace)

    @rule(tenant=tenants, size=sizes, purpose=purposes, life=lives, pace=paces)
    def create_upload(
        self, tenant: TenantId, size: int, purpose: str, life: int | None, pace: Pace
    ) -> None:
        self.go(self.world.create_upload(tenant, size, purpose, life), pace)

    @precondition(lambda self: self.watched.stored.uploads)
    @rule(number=numbers)
    def put(self, number: int) -> None:
        tenant, upload = self.one_upload(number)
        # S3 checks a signature when a PUT begins; its last byte may come minutes later. S3's own
        # clock is right.
        if self.world.clock.now < upload.expires_at + 600:
            self.world.put(tenant, upload)

    @precondition(lambda self: self.watched.stored.uploads)
    @rule(number=numbers, pace=paces)
    def send_part(self, number: int, pace: Pace) -> None:
        self.go(self.world.send_part(*self.one_upload(number)), pace)

    @precondition(lambda self: self.watched.stored.uploads)
    @rule(number=numbers, pace=paces)
    def complete(self, number: int, pace: Pace) -> None:
        self.go(self.world.complete(*self.one_upload(number)), pace)

    @precondition(lambda self: self.watched.stored.uploads)
    @rule(number=numbers, pace=paces)
    def get_upload(self, number: int, pace: Pace) -> None:
        self.go(self.world.get_upload(*self.one_upload(number)), pace)

    @precondition(lambda self: self.watched.stored.uploads)
    @rule(number=numbers, pace=paces)
    def cancel(self, number: int, pace: Pace) -> None:
        self.go(self.world.cancel(*self.one_upload(number)), pace)

    @precondition(lambda self: self.watched.seen)
    @rule(number=numbers)
    def reach_into_another_project(self, number: int) -> None:
        owner, file_id = self.one_file(number)
        intruder = TENANTS[1 - TENANTS.index(owner)]
        operation = self.world.finish(self.world.delete(intruder, file_id))
        assert isinstance(operation.error, NotFoundError)

    @rule(
        tenant=tenants,
        size=st.sampled_from([10, 100]),
        retention=st.sampled_from([Retention.STANDARD, Retention.EPHEMERAL]),
        pace=paces,
    )
    def create_artifact(self, tenant: TenantId, size: int, retention: str, pace: Pace) -> None:
        self.go(artifacts.create(self.world, tenant, size, retention), pace)

    @precondition(lambda self: self.watched.seen)
    @rule(number=numbers, pace=paces)
    def copy_a_file(self, number: int, pace: Pace) -> None:
        self.go(artifacts.copy(self.world, *self.one_file(number)), pace)

    @precondition(lambda self: self.watched.seen_artifacts)
    @rule(tenant=tenants, pace=paces)
    def create_bundle(self, tenant: TenantId, pace: Pace) -> None:
        known = [
            item_id
            for owner, item_id in self.watched.seen_artifacts
            if owner == tenant and parse_artifact_id(item_id)
        ]
        self.go(artifacts.bundle(self.world, tenant, known[-1:]), pace)

    @precondition(lambda self: self.watched.seen_artifacts)
    @rule(number=numbers, pace=paces)
    def delete_artifact(self, number: int, pace: Pace) -> None:
        seen = self.watched.seen_artifacts
        self.go(artifacts.delete(self.world, *seen[number % len(seen)]), pace)

    @rule(tenant=tenants)
    def read_artifacts(self, tenant: TenantId) -> None:
        artifacts.check_reads(self.world, tenant)

    @rule(tenant=tenants, pace=paces)
    def read_usage(self, tenant: TenantId, pace: Pace) -> None:
        self.go(self.world.read_usage(tenant), pace)

    @rule(tenant=tenants, limit=limits, pace=paces)
    def set_limit(self, tenant: TenantId, limit: Amount, pace: Pace) -> None:
        self.go(self.world.set_limit(tenant, limit), pace)

    @rule()
    def a_day_later_ttl_collects(self) -> None:
        self.world.clock.advance(90_000)
        self.world.collect_ttl()

    @rule(tenant=tenants)
    def list_files(self, tenant: TenantId) -> None:
        listed = self.world.ports.make(list_files)(
            tenant, limit=100, after=None, order="asc", purpose=None
        )
        stored = self.watched.stored.files
        assert {file.id for file in listed.files} == {
            file_id
            for (owner, file_id), file in stored.items()
            if owner == tenant
            and parse_file_id(file_id) is not None
            and not file.expired(self.world.clock())
        }

    def one_upload(self, number: int) -> tuple[TenantId, Upload]:
        uploads = list(self.watched.stored.uploads.items())
        (tenant, _), upload = uploads[number % len(uploads)]
        return tenant, upload

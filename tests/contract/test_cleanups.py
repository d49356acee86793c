"""The queue of work that is too much for one request: messages arrive as they were sent."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from larder.domain.ids import new_folder_id
from larder.services.space.ports import FolderCleanup, TrashCleanup
from tests.fakes.clock import START
from tests.samples import OTHER, TENANT

if TYPE_CHECKING:
    from larder.domain.ids import TenantId
    from tests.backends.aws import AwsBackend
    from tests.backends.backend import Backend


def test_the_queue_is_empty_at_first(backend: Backend) -> None:
    assert backend.queued_cleanups() == []


def test_a_message_is_delivered_once_with_its_project(
    backend: Backend, tenant: TenantId, other: TenantId
) -> None:
    folders = [FolderCleanup(new_folder_id(START)) for _ in range(2)]
    backend.cleanups.enqueue(tenant, folders[0])
    backend.cleanups.enqueue(other, TrashCleanup(int(START)))
    backend.cleanups.enqueue(other, folders[1])

    first, second = backend.queued_cleanups(), backend.queued_cleanups()

    assert len(first) == 3
    assert set(first) == {
        (tenant, folders[0]),
        (other, folders[1]),
        (other, TrashCleanup(int(START))),
    }
    assert second == []


def test_a_message_sent_during_delivery_is_delivered_next(
    backend: Backend, tenant: TenantId
) -> None:
    backend.cleanups.enqueue(tenant, TrashCleanup(int(START)))
    for owner, cleanup in backend.queued_cleanups():
        backend.cleanups.enqueue(owner, cleanup)

    assert backend.queued_cleanups() == [(tenant, TrashCleanup(int(START)))]


def test_a_message_has_its_project_as_its_group(aws: AwsBackend) -> None:
    """SQS then delivers the messages of other projects before those of a busy one."""
    for owner in (TENANT, OTHER):
        aws.cleanups.enqueue(owner, TrashCleanup(int(START)))

    messages = aws.stack.sqs.receive_message(
        QueueUrl=aws.stack.settings.cleanups_queue_url,
        MaxNumberOfMessages=10,
        MessageSystemAttributeNames=["MessageGroupId"],
    )["Messages"]

    assert {
        (json.loads(message["Body"])["project"], message["Attributes"]["MessageGroupId"])
        for message in messages
    } == {(TENANT, TENANT), (OTHER, OTHER)}

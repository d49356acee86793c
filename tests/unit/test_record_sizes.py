"""What the records of files take of DynamoDB's 10 GB, against what Larder calculates with."""

from __future__ import annotations

from larder.adapters.dynamodb.items import file_item
from larder.domain.filenames import MAX_FILENAME_BYTES
from larder.domain.files import FileStatus, Purpose
from larder.domain.quota import MAX_PROJECT_FILES, RECORD_BYTES
from larder.domain.tags import MAX_TAG, MAX_TAGS
from tests.backends.partition_sizes import partition_bytes
from tests.samples import TENANT, WORST_CHARACTER, a_file
from tests.support.template import ALARMS, TEMPLATE

LONGEST = 94
"""Kilobytes, as in the docstring of `RECORD_BYTES`."""


def test_a_typical_record_takes_what_is_calculated_with() -> None:
    file = a_file(
        purpose=Purpose.BATCH,
        filename="requests-2026-11-28-part-0001.jsonl",
        expires_at=1_790_000_000,
        status=FileStatus.PROCESSED,
        sha256="ab" * 32,
        tags=("invoice", "2026"),
    )

    taken = partition_bytes(file_item(TENANT, file, 1))

    assert RECORD_BYTES * 0.98 <= taken <= RECORD_BYTES


def test_as_many_files_as_a_project_may_have_leave_room_in_its_partition() -> None:
    assert MAX_PROJECT_FILES * RECORD_BYTES <= 0.95 * 10 * 2**30


def test_the_longest_record_is_as_long_as_the_documentation_says() -> None:
    file = a_file(
        filename=WORST_CHARACTER * (MAX_FILENAME_BYTES // 4),
        tags=tuple(WORST_CHARACTER * (MAX_TAG - 2) + f"{number:02}" for number in range(MAX_TAGS)),
        status=FileStatus.PROCESSED,
        sha256="ab" * 32,
    )

    assert round(partition_bytes(file_item(TENANT, file, 1)) / 1000) == LONGEST


def test_the_template_knows_how_many_files_a_project_may_have() -> None:
    assert TEMPLATE["Parameters"]["DefaultFilesLimit"]["MaxValue"] == MAX_PROJECT_FILES


def test_the_alarm_goes_off_before_a_project_is_full() -> None:
    threshold = ALARMS["ProjectNearlyFullAlarm"]["Threshold"]

    assert threshold == 8 * 2**30
    assert threshold < MAX_PROJECT_FILES * RECORD_BYTES

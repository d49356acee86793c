"""The auditor of the fault runs finds every inconsistency."""

from __future__ import annotations

from typing import Any
from unittest import mock

import pytest

from tests.faults.auditor import Auditor, Stock

FILE = "file-0123456789ab0123456789ab"
UPLOAD = "upload_0123456789ab0123456789ab"
USAGE = {
    "files_limit": 9, "files_left": 8, "files_reserved": 0,
    "bytes_limit": 90, "bytes_left": 80, "bytes_reserved": 0,
}  # fmt: skip
RECORD = {"sk": FILE, "bytes": 10, "status": "processed", "purpose": "user_data"}


def stock(**changes: Any) -> Stock:
    """A project with one file, in order but for the changes."""
    fields: dict[str, Any] = {
        "records": {FILE: RECORD},
        "usage": USAGE,
        "files": {FILE: 10},
        "reports": {},
        "parts": {},
        "multiparts": frozenset(),
    }
    return Stock("wks-1", **fields | changes)


def audit(stock: Stock, *, given_back: bool = False) -> list[str]:
    auditor = Auditor(mock.Mock(), mock.Mock(), "table", "bucket")
    with mock.patch.object(Auditor, "given_back", return_value=given_back):
        return auditor.audit(stock, pending_allowed=False)


def test_a_project_in_order_passes() -> None:
    assert audit(stock()) == []


PENDING = {"sk": UPLOAD, "bytes": 10, "status": "pending"}


@pytest.mark.parametrize(
    ("broken", "violation"),
    [
        (stock(files={}), f"{FILE} has no bytes"),
        (stock(files={FILE: 9}), f"{FILE} has 9 bytes, not 10"),
        (stock(files={FILE: 10, "file-x": 1}), "bytes of file-x without a record"),
        (stock(reports={"file-x": 1}), "report of file-x without a record"),
        (stock(usage=USAGE | {"files_left": 7}), "files taken: 2, stored: 1, pending: 0"),
        (stock(usage=USAGE | {"bytes_left": 90}), "bytes taken: 0, stored: 10, pending: 0"),
        (stock(usage=USAGE | {"files_reserved": 1}), "files reserved: 1, pending uploads: 0"),
        (stock(records={FILE: RECORD | {"status": "uploaded"}}), f"{FILE} was never settled"),
        (stock(records={FILE: RECORD | {"purpose": "batch"}}), f"{FILE} has no report"),
        (
            stock(records={FILE: RECORD | {"folder_id": "folder-x"}}),
            f"{FILE} lies in folder-x, which is gone",
        ),
        (stock(records={FILE: RECORD, UPLOAD: PENDING}), f"{UPLOAD} is pending for ever"),
        (stock(parts={"x/y": 1}), "part x/y of an upload that has ended"),
        (
            stock(
                records={
                    FILE: RECORD,
                    UPLOAD: PENDING | {"status": "cancelled", "multipart_id": "m"},
                },
                multiparts=frozenset({"m"}),
            ),
            f"the multipart upload of {UPLOAD}, which is cancelled, was left open",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_every_inconsistency_is_found(broken: Stock, violation: str) -> None:
    assert violation in audit(broken)


def test_quota_of_an_existing_file_must_not_have_been_released() -> None:
    assert audit(stock(), given_back=True) == [f"{FILE} is there, but its quota was given back"]

"""What becomes of deleted bytes: gone for good, or kept for as many days as were asked for."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.template import RESOURCES, TEMPLATE, rendered


def bucket(**parameters: str) -> dict[str, Any]:
    properties: dict[str, Any] = rendered(RESOURCES["FilesBucket"]["Properties"], **parameters)
    return properties


def rules(**parameters: str) -> dict[str, dict[str, Any]]:
    found = bucket(**parameters)["LifecycleConfiguration"]["Rules"]
    assert all(rule["Status"] == "Enabled" for rule in found)
    return {rule["Id"]: rule for rule in found}


def test_deleted_means_deleted_unless_it_is_asked_otherwise() -> None:
    assert TEMPLATE["Parameters"]["KeepDeletedDays"]["Default"] == 0
    assert "VersioningConfiguration" not in bucket()


def test_deleted_bytes_are_kept_for_the_days_that_were_asked_for() -> None:
    kept = bucket(KeepDeletedDays="14")

    assert kept["VersioningConfiguration"] == {"Status": "Enabled"}
    rule = rules(KeepDeletedDays="14")["ExpireDeleted"]
    assert rule["NoncurrentVersionExpiration"] == {"NoncurrentDays": "14"}
    # It holds for every key.
    assert rule.keys() == {"Id", "Status", "NoncurrentVersionExpiration"}


def test_what_was_kept_goes_within_a_day_when_nothing_is_kept_any_more() -> None:
    assert rules()["ExpireDeleted"]["NoncurrentVersionExpiration"] == {"NoncurrentDays": 1}


@pytest.mark.parametrize("days", ["0", "14"])
def test_markers_of_deletions_go_when_nothing_is_left_to_bring_back(days: str) -> None:
    rule = rules(KeepDeletedDays=days)["ExpireDeleteMarkers"]

    assert rule == {"Id": rule["Id"], "Status": "Enabled", "ExpiredObjectDeleteMarker": True}


@pytest.mark.parametrize("days", ["0", "14"])
def test_what_is_no_file_is_collected_as_always(days: str) -> None:
    found = rules(KeepDeletedDays=days)

    aborted = found["AbortIncompleteUploads"]
    assert aborted["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 7}
    for name, prefix, age in (("ExpireParts", "parts/", 8), ("ExpireBatches", "batches/", 45)):
        assert found[name]["Prefix"] == prefix
        assert found[name]["ExpirationInDays"] == age
        assert found[name]["NoncurrentVersionExpiration"] == {"NoncurrentDays": 1}
    assert found.keys() == {
        "AbortIncompleteUploads",
        "ExpireParts",
        "ExpireBatches",
        "ExpireDeleted",
        "ExpireDeleteMarkers",
    }

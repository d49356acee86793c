"""Ids: sorted by their millisecond, and strictly parsed."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from larder.domain.ids import (
    FileId,
    UploadId,
    created_at,
    file_of,
    new_file_id,
    new_tenant_id,
    parse_file_id,
    parse_upload_id,
    upload_of,
)

times = st.floats(min_value=0, max_value=253_402_300_799)


def test_a_file_id_is_its_prefix_and_24_lowercase_hex_digits() -> None:
    assert re.fullmatch(r"file-[0-9a-f]{24}", new_file_id(1_750_000_000.5))


def test_a_project_id_is_its_prefix_and_24_lowercase_hex_digits() -> None:
    assert re.fullmatch(r"wks-[0-9a-f]{24}", new_tenant_id(1_750_000_000.5))


@given(times, times)
def test_ids_sort_by_their_millisecond(first: float, second: float) -> None:
    if int(first * 1000) < int(second * 1000):
        assert new_file_id(first) < new_file_id(second)


@given(times)
def test_an_id_contains_the_second_of_its_creation(now: float) -> None:
    file_id = new_file_id(now)

    assert created_at(file_id) == int(now * 1000) // 1000
    assert created_at(upload_of(file_id)) == created_at(file_id)


def test_ids_of_the_same_millisecond_differ() -> None:
    assert len({new_file_id(1_750_000_000) for _ in range(1_000)}) == 1_000


def test_an_upload_and_its_file_share_their_digits() -> None:
    file_id = FileId("file-0123456789abcdef01234567")

    assert upload_of(file_id) == UploadId("upload_0123456789abcdef01234567")
    assert file_of(upload_of(file_id)) == file_id


def test_well_formed_ids_are_parsed_unchanged() -> None:
    assert parse_file_id("file-0123456789abcdef01234567") == "file-0123456789abcdef01234567"
    assert parse_upload_id("upload_0123456789abcdef01234567") == "upload_0123456789abcdef01234567"


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "file-",
        "0123456789abcdef01234567",
        "file-0123456789abcdef0123456",
        "file-0123456789abcdef012345678",
        "file-0123456789ABCDEF01234567",
        "file-0123456789abcdef0123456g",
        "file_0123456789abcdef01234567",
        "file-file-0123456789abcdef01234567",
        "file-0123456789abcdef01234567\n",
        "file-0123456789abcdef/1234567",
        "file-\uff10123456789abcdef01234567",
        "upload_0123456789abcdef01234567",
        "trash#file-0123456789abcdef01234567",
    ],
)
def test_any_other_text_is_not_a_file_id(raw: str) -> None:
    assert parse_file_id(raw) is None


@pytest.mark.parametrize(
    "raw",
    ["", "upload_", "file-0123456789abcdef01234567", "upload_0123456789abcdef01234567x"],
)
def test_any_other_text_is_not_an_upload_id(raw: str) -> None:
    assert parse_upload_id(raw) is None

"""Media types: the sender's, or else a guess from the name."""

from __future__ import annotations

import pytest

from larder.domain.media_types import MAX_MEDIA_TYPE, media_type_of


@pytest.mark.parametrize("claimed", ["text/csv", "image/png", "x-anything"])
def test_the_senders_type_is_used(claimed: str) -> None:
    assert media_type_of("a.jpg", claimed) == claimed


@pytest.mark.parametrize(
    ("claimed", "kept"),
    [
        ("Image/PNG", "image/png"),
        (" text/plain ", "text/plain"),
        ("Text/Plain; charset=UTF-8", "text/plain; charset=UTF-8"),
    ],
)
def test_type_and_subtype_are_in_lower_case(claimed: str, kept: str) -> None:
    assert media_type_of("a", claimed) == kept


@pytest.mark.parametrize(
    "claimed",
    [
        None,
        "",
        " ",
        "; charset=utf-8",
        "application/octet-stream",
        "Application/Octet-Stream",
        "application/octet-stream; x=y",
        "x" * (MAX_MEDIA_TYPE + 1),
    ],
)
def test_without_a_useful_type_the_name_decides(claimed: str | None) -> None:
    assert media_type_of("a.pdf", claimed) == "application/pdf"


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("requests.jsonl", "application/jsonl"),
        ("REQUESTS.JSONL", "application/jsonl"),
        ("notes.md", "text/markdown"),
        ("photo.WebP", "image/webp"),
        ("a.yml", "application/yaml"),
        ("a.parquet", "application/vnd.apache.parquet"),
        ("a.csv", "text/csv"),
        ("a.csv.gz", "application/gzip"),
        ("a.tar.bz2", "application/x-bzip2"),
        ("a.tar.xz", "application/octet-stream"),
        ("a.unheard-of", "application/octet-stream"),
        ("README", "application/octet-stream"),
        (".env", "application/octet-stream"),
    ],
)
def test_the_names_extension_suggests_a_type(name: str, media_type: str) -> None:
    assert media_type_of(name, None) == media_type


@pytest.mark.parametrize("name", ["data:,x.csv", "notes:2024?.csv", "a:b#c.csv", "x:[.csv"])
def test_a_name_is_not_parsed_as_a_url(name: str) -> None:
    assert media_type_of(name, None) == "text/csv"

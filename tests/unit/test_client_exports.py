"""The names that `larder_client` exports, with the former ones."""

from __future__ import annotations

import pytest

import larder_client


@pytest.mark.parametrize("name", larder_client.__all__)
def test_every_exported_name_can_be_imported(name: str) -> None:
    assert getattr(larder_client, name) is not None


@pytest.mark.parametrize(
    ("former", "name"),
    [
        ("FileJournal", "FileResumeStore"),
        ("Journal", "ResumeStore"),
        ("Received", "DownloadResult"),
        ("Sent", "UploadResult"),
    ],
)
def test_a_former_name_is_still_exported(former: str, name: str) -> None:
    assert {former, name} <= set(larder_client.__all__)
    assert getattr(larder_client, former) is getattr(larder_client, name)


def test_a_name_that_does_not_exist_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'Nothing'"):
        _ = larder_client.Nothing

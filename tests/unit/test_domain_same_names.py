"""Names beside a file of the same name."""

from __future__ import annotations

import pytest

from larder.domain.errors import InvalidParameterError
from larder.domain.filenames import MAX_FILENAME_BYTES, checked_name
from larder.domain.same_names import IfExists, if_exists_from, numbered


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("report.pdf", "report (2).pdf"),
        ("report", "report (2)"),
        (".env", ".env (2)"),
        ("a.tar.gz", "a.tar (2).gz"),
        ("a (2).txt", "a (2) (2).txt"),
        ("\u00e9.txt", "\u00e9 (2).txt"),
        ("x" * 251 + ".pdf", "x" * 247 + " (2).pdf"),
        ("\u00e9" * 127, "\u00e9" * 125 + " (2)"),
        ("a." + "x" * 253, "a_" + "x" * 249 + " (2)"),
    ],
)
def test_a_number_comes_before_the_suffix_and_a_long_name_is_cut(name: str, wanted: str) -> None:
    assert numbered(name, "2") == wanted
    assert len(wanted.encode()) <= MAX_FILENAME_BYTES
    assert checked_name(wanted, param="name") == wanted


@pytest.mark.parametrize("given", [None, ""])
def test_nothing_given_is_nothing(given: str | None) -> None:
    assert if_exists_from(given, param="if_exists") is None


def test_a_value_is_one_of_three() -> None:
    assert [if_exists_from(each, param="p") for each in IfExists] == list(IfExists)
    with pytest.raises(InvalidParameterError, match="replace, rename, fail"):
        if_exists_from("overwrite", param="if_exists")

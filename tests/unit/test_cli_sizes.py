"""How sizes are parsed and shown."""

from __future__ import annotations

import click
import pytest

from larder_cli.shared.output import size
from larder_operator.options import parse_size


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("0", 0),
        ("1048576", 2**20),
        ("256MiB", 2**28),
        ("256 mib", 2**28),
        ("1GB", 10**9),
        ("1.5GiB", 3 * 2**29),
    ],
)
def test_a_size_is_a_number_with_or_without_a_unit(text: str, count: int) -> None:
    assert parse_size(text) == count


@pytest.mark.parametrize("text", ["", "lots", "-1", "-1MB", "1e9", "1 XB"])
def test_any_other_text_is_refused(text: str) -> None:
    with pytest.raises(click.BadParameter, match="is not a size"):
        parse_size(text)


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.0 KiB"),
        (2**28, "256.0 MiB"),
        (10**9, "953.7 MiB"),
        (2**60, "1048576.0 TiB"),
    ],
)
def test_a_size_is_shown_in_the_largest_fitting_unit(count: int, text: str) -> None:
    assert size(count) == text

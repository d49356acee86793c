"""`larder cost` multiplies the figures of docs/costs.md."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from larder_cli.failures import OperatorError
from larder_cli.main import app
from larder_operator.costs import PAGE, Figures, Use, lines

if TYPE_CHECKING:
    from pathlib import Path

FIGURES = Figures.read()


def dollars(**use: float) -> float:
    idle, used = (sum(it for _, it in lines(each, FIGURES)) for each in (Use(), Use(**use)))  # type: ignore[arg-type]
    return used - idle


@pytest.mark.parametrize(
    ("use", "expected"),
    [
        ({"requests": 1_000_000}, 4.6),
        ({"files": 1_000_000}, 16.0 + 13.3 + 15.6),
        ({"batch_requests": 50_000}, 0.18),
        ({"gib": 1024}, 23.55),
        ({"download_gib": 1024}, 92.16),
        ({"alarms": False}, -6.90),
    ],
)
def test_each_use_costs_what_the_page_says(use: dict[str, float], expected: float) -> None:
    assert dollars(**use) == pytest.approx(expected, abs=0.005)


def test_an_idle_deployment_costs_what_stays() -> None:
    assert sum(it for _, it in lines(Use(), FIGURES)) == pytest.approx(20.45)


def test_a_changed_figure_of_the_page_changes_the_answer() -> None:
    dearer = Figures(
        PAGE.read_text().replace("| a GiB stored | 0.023 |", "| a GiB stored | 1.00 |")
    )

    assert dict(lines(Use(gib=2), dearer))["2 GiB stored"] == 2


def test_the_longest_batch_is_the_dearest() -> None:
    assert FIGURES.batch(2) < FIGURES.batch(10) < FIGURES.batch(60)


def test_it_prints_a_line_for_each_part_and_the_sum() -> None:
    done = CliRunner().invoke(
        app, ["cost", "--requests", "1000000", "--gib", "1024", "--no-alarms"]
    )

    assert done.exit_code == 0
    assert [line.split("$")[-1].strip() for line in done.stdout.splitlines()] == [
        *("4.60", "23.55", "1.25", "12.30"),
        "41.70",
    ]


def test_as_json_it_is_one_document() -> None:
    done = CliRunner().invoke(app, ["cost", "--gib", "1", "--json"])

    assert json.loads(done.stdout)["parts"]["1 GiB stored"] == 0.02


def test_negative_numbers_are_refused() -> None:
    assert CliRunner().invoke(app, ["cost", "--gib", "-1"]).exit_code == 2


def test_without_the_page_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="clone of Larder"):
        Figures.read(tmp_path / "costs.md")

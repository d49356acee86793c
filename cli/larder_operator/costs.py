"""What a month of use costs: the figures of docs/costs.md, which are stated there alone."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from larder_cli.failures import OperatorError

PAGE = Path(__file__).parents[2] / "docs/costs.md"

MILLION = 1_000_000
BATCH = 50_000
"""The requests of the batch that the page calculates."""

_OPERATIONS = "dollars per million"
_MONTHLY = "dollars per month"
_BATCH = "dollars, by how long an answer takes"


@dataclass(frozen=True)
class Use:
    """What is used in a month: counts, and GiB."""

    requests: int = 0
    files: int = 0
    batch_requests: int = 0
    gib: float = 0
    download_gib: float = 0
    alarms: bool = True


@dataclass(frozen=True)
class Figures:
    """The tables of the page: rows by the beginning of their name."""

    text: str

    @classmethod
    def read(cls, page: Path = PAGE) -> Figures:
        """Read the page.

        Raises:
            OperatorError: it is missing.
        """
        try:
            return cls(page.read_text())
        except FileNotFoundError as error:
            message = f"There is no {page}. Run this in a clone of Larder."
            raise OperatorError(message) from error

    def operation(self, name: str, which: int = -1) -> float:
        """Return the dollars per million of an operation; `which` of them, if there are two."""
        return float(self._row(_OPERATIONS, name)[-1].split(";")[which])

    def month(self, name: str) -> float:
        """Return the dollars per month of something."""
        return float(self._row(_MONTHLY, name)[-1])

    def batch(self, seconds: int) -> float:
        """Return the dollars of a batch whose answers take that long."""
        column = self._row(_BATCH, _BATCH).index(f"{seconds} s")
        return float(self._row(_BATCH, "together")[column].strip("*"))

    def _row(self, table: str, name: str) -> list[str]:
        """Return the cells of the only row that begins so, in the table with that in its head."""
        inside, found = False, []
        for line in self.text.splitlines():
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            inside = line.startswith("|") and (inside or table in line)
            if inside and cells[0].startswith(name):
                found.append(cells)
        [row] = found
        return row


def lines(use: Use, figures: Figures) -> list[tuple[str, float]]:
    """Return what costs how many dollars in that month; what is not used is left out."""
    file = sum(
        figures.operation(name)
        for name in ("upload of a small file", "its validation", "delete for good")
    )
    counted = [
        (f"{use.requests:,} requests", use.requests / MILLION * figures.operation("content")),
        (f"{use.files:,} batch files: uploaded, validated, deleted", use.files / MILLION * file),
        (
            f"{use.batch_requests:,} requests in batches, answered in 10 s",
            use.batch_requests / BATCH * figures.batch(10),
        ),
        (f"{use.gib:,g} GiB stored", use.gib * figures.month("a GiB stored")),
        (
            f"{use.download_gib:,g} GiB downloaded to the internet",
            use.download_gib * figures.month("a GiB downloaded"),
        ),
    ]
    fixed = [("secrets and sweeps", figures.month("three secrets") + figures.month("a sweep"))]
    if use.alarms:
        fixed.append(("alarms", figures.month("21 alarms")))
        fixed.append(("a dashboard", figures.month("the dashboard")))
    fixed.append(("the functions' metrics", figures.month("the functions'")))
    return [(what, dollars) for what, dollars in counted if dollars] + fixed

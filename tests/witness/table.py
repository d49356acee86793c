"""aws.toml: what AWS answers, who saw it, and where another engine answers something else."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path

TABLE = Path(__file__).with_name("aws.toml")


@dataclass(frozen=True)
class Row:
    """One claim. `aws` is the answer; `exceptions` are other answers, each by its engine."""

    claim: str
    aws: str
    witness: str
    exceptions: dict[str, dict[str, str]] = field(default_factory=dict)
    shown_by: str = ""

    def expected_of(self, engine: str) -> str:
        return self.exceptions.get(engine, {}).get("answer", self.aws)


def rows() -> dict[str, Row]:
    """Return the rows by their name."""
    return {name: Row(**values) for name, values in tomllib.loads(TABLE.read_text()).items()}

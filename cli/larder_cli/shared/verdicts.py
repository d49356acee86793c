"""A validation report in a few words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from larder_client import Validation


def verdict(report: Validation) -> str:
    """Return the report in a few words."""
    if report.valid:
        requests = (
            "1 request" if report.request_count == 1 else f"{report.request_count:,} requests"
        )
        return f"valid, {requests} to {report.model} at {report.endpoint}"
    noun = "problem" if report.error_count == 1 else "problems"
    return f"invalid, {report.error_count:,} {noun} in {report.total_lines:,} lines"

"""Times as JSON has them where OpenAI's API is not the model."""

from __future__ import annotations

from datetime import UTC, datetime


def rfc3339(at: int) -> str:
    """Return the time `at` (unix seconds) as RFC 3339 in UTC: `2026-03-28T10:30:00Z`."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

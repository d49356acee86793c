"""What a key is and where it was found, for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from larder_cli.shared.output import moment

if TYPE_CHECKING:
    from larder_cli.shared.connection import FoundAccess
    from larder_client import OwnKey


def key_rows(key: OwnKey, found: FoundAccess) -> dict[str, str]:
    """Return the rows of a table by their names."""
    rows = {"address": found.base_url, "key": f"{key.hint} ({key.id})"}
    if key.name:
        rows["name"] = key.name
    rows |= {
        "project": key.project.id,
        "may": ", ".join(key.scopes),
        "expiry": expiry_text(key),
        "from": found.key_source,
    }
    if found.url_source != found.key_source:
        rows["address from"] = found.url_source
    return rows


def expiry_text(key: OwnKey) -> str:
    """Return when the key expires."""
    return "does not expire" if key.expires_at is None else f"expires {moment(key.expires_at)}"

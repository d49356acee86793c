"""Durations on the command line."""

from __future__ import annotations

import re

import click

_DURATION = re.compile(r"(\d+)([smhd]?)")
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3_600, "d": 86_400}


def parse_duration(text: str) -> int:
    """Return the number of seconds in a text such as `12h`, `30d` or `3600`."""
    found = _DURATION.fullmatch(text.strip())
    if found is None:
        message = f"'{text}' is not a duration. Write it as 3600, 90m, 12h or 30d."
        raise click.BadParameter(message)
    return int(found[1]) * _SECONDS[found[2]]

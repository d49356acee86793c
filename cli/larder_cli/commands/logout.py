"""`larder logout`: remove a profile."""

from __future__ import annotations

import os

import click

from larder_cli.profiles import DEFAULT, forget_profile, profiles_path
from larder_cli.shared.each import report
from larder_cli.shared.output import note


@click.command()
@click.option(
    "--profile",
    metavar="NAME",
    help="The profile to remove. Default: LARDER_PROFILE, or 'default'.",
)
def logout(profile: str | None) -> None:
    """Remove a profile from this machine. Its API key stays valid."""
    name = profile or os.environ.get("LARDER_PROFILE") or DEFAULT
    with report():
        forget_profile(name)
    note(
        f"Profile '{name}' is gone from {profiles_path()}. Its key stays valid until it expires "
        "or your operator revokes it."
    )

"""`larder logout`: remove a profile."""

import os
from typing import Annotated

import typer

from larder_cli.profiles import DEFAULT, forget_profile, profiles_path
from larder_cli.shared.each import report
from larder_cli.shared.output import note


def logout(
    profile: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="The profile to remove. Default: LARDER_PROFILE, or 'default'."
        ),
    ] = None,
) -> None:
    """Remove a profile from this machine. Its API key stays valid."""
    name = profile or os.environ.get("LARDER_PROFILE") or DEFAULT
    with report():
        forget_profile(name)
    note(
        f"Profile '{name}' is gone from {profiles_path()}. Its key stays valid until it expires "
        "or your operator revokes it."
    )

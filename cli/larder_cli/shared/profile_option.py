"""The option --profile, which every command that connects to Larder has."""

from __future__ import annotations

from typing import Any

import typer.core

from larder_cli.shared.connection import CURRENT, PROFILE_HELP


def with_profile(command: Any) -> Any:  # noqa: ANN401 - Click's own classes are not public
    """Return the command or group, whose commands that take --api-key take --profile, too."""
    for each in getattr(command, "commands", {}).values():
        with_profile(each)
    names = [parameter.name for parameter in command.params]
    if "api_key" in names and "profile" not in names:
        option = typer.core.TyperOption(
            param_decls=["--profile"],
            type=str,
            metavar="NAME",
            help=PROFILE_HELP,
            expose_value=False,
            callback=_use,
        )
        command.params.insert(names.index("api_key") + 1, option)
    return command


def _use(_context: object, _parameter: object, name: str | None) -> None:
    # Called without a name as well, so that nothing is left of an earlier command.
    CURRENT.profile, CURRENT.found = name, None

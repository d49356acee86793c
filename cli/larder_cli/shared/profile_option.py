"""The option --profile, which every command that connects to Larder has."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from larder_cli.shared.connection import CURRENT, PROFILE_HELP


def with_profile(command: Any) -> Any:  # noqa: ANN401 - Click's own classes are not public
    """Return the command or group, whose commands that take --api-key take --profile, too."""
    for each in getattr(command, "commands", {}).values():
        with_profile(each)
    names = [parameter.name for parameter in command.params]
    if "api_key" in names and "profile" not in names:
        command.params.insert(names.index("api_key") + 1, _option())
    return command


def _option() -> Any:  # noqa: ANN401 - Click's own classes are not public
    # The classes of options change from version to version. How a command declares one does not.
    declared = typer.Typer(add_completion=False)

    @declared.command()
    def _command(
        profile: Annotated[
            str | None,
            typer.Option(metavar="NAME", help=PROFILE_HELP, callback=_use, expose_value=False),
        ] = None,
    ) -> None: ...

    [option] = [each for each in typer.main.get_command(declared).params if each.name == "profile"]
    return option


def _use(name: str | None) -> None:
    # Called without a name as well, so that nothing is left of an earlier command.
    CURRENT.profile, CURRENT.found = name, None

"""Which Larder a client's command connects to, and with which API key."""

from __future__ import annotations

import os
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import click

from larder_cli.local_stack import find_env_file
from larder_client import ConfigurationError
from larder_client.transfer import PARALLEL

if TYPE_CHECKING:
    from collections.abc import Callable

    from larder_client import Client

C = TypeVar("C", bound="Callable[..., Any]")


@dataclass(frozen=True, slots=True)
class FoundAccess:
    """A base URL and a key, and where each was found, in words for people."""

    base_url: str
    api_key: str
    url_source: str
    key_source: str


class Connection:
    """What this process's command connects to: one command runs at a time."""

    profile: str | None = None
    """What --profile names."""

    found: FoundAccess | None = None
    """What the command uses, once it has looked for it."""

    def use(self, profile: str | None) -> None:
        """Begin a command with the profile that --profile names, and nothing of an earlier one."""
        self.profile, self.found = profile, None


CURRENT = Connection()


def _use_profile(ctx: click.Context, option: click.Parameter, name: str | None) -> None:  # noqa: ARG001 - Click's signature
    CURRENT.use(name)


base_url_option = click.option(
    "--base-url",
    metavar="URL",
    help="The API's address, ending in /v1. "
    "Default: LARDER_BASE_URL, the profile's, or the local stack's (.local/env).",
)
api_key_option = click.option(
    "--api-key",
    metavar="KEY",
    help="The project's API key. Other users of this machine can see options, so prefer "
    "'larder login'. Default: LARDER_API_KEY, the profile's, or the local stack's.",
)
_profile_option = click.option(
    "--profile",
    metavar="NAME",
    callback=_use_profile,
    expose_value=False,
    help="The profile of 'larder login' to use. Default: LARDER_PROFILE, or 'default' where "
    "nothing else names an address and a key.",
)
parallel_option = click.option(
    "--parallel",
    default=PARALLEL,
    type=click.IntRange(1, 32),
    metavar="N",
    help="The maximum number of connections to S3.",
)
json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print JSON, one document per line."
)


def connection_options(command: C) -> C:
    """Let a command take --base-url, --api-key and --profile, for `open_client`."""
    return base_url_option(api_key_option(_profile_option(command)))


def open_client(base_url: str | None, api_key: str | None, parallel: int = PARALLEL) -> Client:
    """Return a client of what `find_access` finds.

    Raises:
        ConfigurationError: base URL or key is missing, invalid, or one that does not fit the other.
        OperatorError: a profile or a file that is named does not exist.
    """
    # HTTP takes as long as everything else: what connects to nothing does without.
    from larder_client import Client  # noqa: PLC0415

    return Client(*find_access(base_url, api_key), parallel=parallel)


def find_access(base_url: str | None, api_key: str | None) -> tuple[str, str]:
    """Return base URL and key, and remember in `CURRENT` where they were found.

    The first of these that has them: the options, --profile, the environment, LARDER_PROFILE, the
    `.local/env` of a running local stack, and the profile `default`. A key must not reach a server
    that it was not meant for. So base URL and key come from the same source, unless an option
    names one of them.

    Raises:
        ConfigurationError: base URL or key is missing, or one does not fit the other.
        OperatorError: a profile or a file that is named does not exist.
    """
    CURRENT.found = found = _find(base_url, api_key)
    return found.base_url, found.api_key


def _find(base_url: str | None, api_key: str | None) -> FoundAccess:
    if base_url and api_key:
        return FoundAccess(base_url, api_key, "--base-url", "--api-key")
    if CURRENT.profile:
        return _with_options(_of_profile(CURRENT.profile), base_url, api_key)
    url = base_url or os.environ.get("LARDER_BASE_URL")
    key = api_key or os.environ.get("LARDER_API_KEY")
    if url and key:
        return FoundAccess(
            url,
            key,
            "--base-url" if base_url else "LARDER_BASE_URL",
            "--api-key" if api_key else "LARDER_API_KEY",
        )
    saved = _saved()
    if url and url.rstrip("/") != saved.base_url.rstrip("/"):
        message = (
            f"There is no key for {url}: set LARDER_API_KEY, give --api-key, or run 'larder login'."
        )
        raise ConfigurationError(message)
    if key and not api_key:
        message = (
            "LARDER_API_KEY is set but LARDER_BASE_URL is not: set both, "
            f"or unset it to use {saved.key_source}."
        )
        raise ConfigurationError(message)
    return _with_options(saved, base_url, api_key)


def _with_options(saved: FoundAccess, base_url: str | None, api_key: str | None) -> FoundAccess:
    """Return what is saved; an option takes the place of one half of it."""
    if base_url and base_url.rstrip("/") != saved.base_url.rstrip("/"):
        message = f"{saved.key_source} has a key for {saved.base_url} only: give --api-key, too."
        raise ConfigurationError(message)
    if api_key:
        return FoundAccess(saved.base_url, api_key, saved.url_source, "--api-key")
    return saved


def _saved() -> FoundAccess:
    if name := os.environ.get("LARDER_PROFILE"):
        return _of_profile(name)
    if file := find_env_file():
        words = (word for line in file.read_text().splitlines() for word in shlex.split(line))
        variables = dict(word.split("=", 1) for word in words)
        url, key = variables.get("LARDER_BASE_URL"), variables.get("LARDER_API_KEY")
        if not url or not key:
            message = (
                f"{file} has no LARDER_BASE_URL or no LARDER_API_KEY: "
                "restart the stack with 'make run'."
            )
            raise ConfigurationError(message)
        return FoundAccess(url, key, str(file), str(file))
    # Most commands find variables, and need not look for the user's folders.
    from larder_cli import profiles  # noqa: PLC0415

    if profiles.DEFAULT in profiles.read_profiles():
        return _of_profile(profiles.DEFAULT)
    message = (
        "There is no address and no API key: run 'larder login', or set LARDER_BASE_URL and "
        "LARDER_API_KEY. In a clone, 'make run' starts a local stack."
    )
    raise ConfigurationError(message)


def _of_profile(name: str) -> FoundAccess:
    from larder_cli import profiles  # noqa: PLC0415

    found = profiles.find_profile(name)
    source = f"profile '{name}' in {profiles.profiles_path()}"
    return FoundAccess(found.base_url, found.api_key, source, source)

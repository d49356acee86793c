"""`larder login`: save an address and an API key as a profile."""

from __future__ import annotations

import os
import sys

import click

from larder_cli.profiles import DEFAULT, Profile, profiles_path, save_profile
from larder_cli.shared.connection import CURRENT, FoundAccess, api_key_option
from larder_cli.shared.each import report
from larder_cli.shared.key_table import expiry_text
from larder_cli.shared.output import note
from larder_client import Client, ConfigurationError
from larder_client.options import Access


@click.command()
@click.option("--base-url", metavar="URL", help="The API's address, ending in /v1. Default: ask.")
@api_key_option
@click.option(
    "--profile", metavar="NAME", help="The profile to save. Default: LARDER_PROFILE, or 'default'."
)
def login(base_url: str | None, api_key: str | None, profile: str | None) -> None:
    """Save an address and an API key, so that the other commands find them.

    Asks for both, and checks them before it saves them. Without a terminal, the key is the first
    line of standard input: larder login --base-url URL < key.txt
    """
    name = profile or os.environ.get("LARDER_PROFILE") or DEFAULT
    with report("Nothing was saved."):
        access = Access.of(base_url or _ask_url(), api_key or _ask_key())
        CURRENT.found = FoundAccess(access.base_url, access.api_key, "this login", "this login")
        with Client(access.base_url, access.api_key) as client:
            key = client.key()
        save_profile(name, Profile(access.base_url, access.api_key))
    note(
        f"Profile '{name}' is saved in {profiles_path()}: project {key.project.id}, "
        f"{', '.join(key.scopes)}, {expiry_text(key)}."
    )
    if os.environ.get("LARDER_BASE_URL") and os.environ.get("LARDER_API_KEY"):
        note(
            "LARDER_BASE_URL and LARDER_API_KEY are set, and go before the profile "
            f"unless you give --profile {name}."
        )


def _ask_url() -> str:
    if url := os.environ.get("LARDER_BASE_URL"):
        note(f"The address is {url}, from LARDER_BASE_URL.")
        return url
    if not sys.stdin.isatty():
        message = "Give --base-url: standard input is no terminal to ask at."
        raise ConfigurationError(message)
    return str(click.prompt("Address (https://…/v1)", err=True)).strip()


def _ask_key() -> str:
    if sys.stdin.isatty():
        return str(click.prompt("API key", hide_input=True, err=True)).strip()
    key = sys.stdin.readline().strip()
    if not key:
        message = "Standard input has no API key: its first line must be one."
        raise ConfigurationError(message)
    return key

"""Which Larder a client's command connects to, and with which API key."""

from __future__ import annotations

import os
import shlex
from typing import Annotated

import typer

from larder_cli.local_stack import find_env_file
from larder_client import Client, ConfigurationError
from larder_client.options import PARALLEL

BaseUrl = Annotated[
    str | None,
    typer.Option(
        metavar="URL",
        help="The API's address, ending in /v1. "
        "Default: LARDER_BASE_URL, else the local stack's (.local/env).",
    ),
]
ApiKey = Annotated[
    str | None,
    typer.Option(
        metavar="KEY",
        help="The project's API key. Other users of this machine can see options, so prefer the "
        "variable. Default: LARDER_API_KEY, else the local stack's (.local/env).",
    ),
]
Parallel = Annotated[
    int, typer.Option(min=1, max=32, metavar="N", help="The maximum number of connections to S3.")
]

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, one document per line.")]


def open_client(base_url: str | None, api_key: str | None, parallel: int = PARALLEL) -> Client:
    """Return a client for the options, else for the environment, else for `.local/env`.

    Raises:
        ConfigurationError: base URL or key is missing, invalid, or one that does not fit the other.
        OperatorError: LARDER_ENV_FILE names a file that does not exist.
    """
    return Client(*find_access(base_url, api_key), parallel=parallel)


def find_access(base_url: str | None, api_key: str | None) -> tuple[str, str]:
    """Return base URL and key, as `open_client` chooses them.

    A key must not reach a server that it was not meant for. So base URL and key come from the same
    source, unless an option names one of them.
    """
    url = base_url or os.environ.get("LARDER_BASE_URL")
    key = api_key or os.environ.get("LARDER_API_KEY")
    if url and key:
        return url, key
    file = find_env_file()
    if file is None:
        message = (
            "LARDER_BASE_URL and LARDER_API_KEY are not both set, and no local stack is running "
            "here: set them, give --base-url and --api-key, or run 'make run'."
        )
        raise ConfigurationError(message)
    words = (word for line in file.read_text().splitlines() for word in shlex.split(line))
    variables = dict(word.split("=", 1) for word in words)
    file_url, file_key = variables.get("LARDER_BASE_URL"), variables.get("LARDER_API_KEY")
    if not file_url or not file_key:
        message = (
            f"{file} has no LARDER_BASE_URL or no LARDER_API_KEY: "
            "restart the stack with 'make run'."
        )
        raise ConfigurationError(message)
    if url and url.rstrip("/") != file_url.rstrip("/"):
        message = f"There is no key for {url}: set LARDER_API_KEY or give --api-key."
        raise ConfigurationError(message)
    if key and not api_key:
        message = (
            f"LARDER_API_KEY is set but LARDER_BASE_URL is not: set both, "
            f"or unset it to use the local stack of {file}."
        )
        raise ConfigurationError(message)
    return file_url, key or file_key

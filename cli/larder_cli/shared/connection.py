"""Which Larder a client's command talks to, and with which key."""

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
        help="Larder's address; it ends with /v1. Default: LARDER_BASE_URL, or that of .local/env.",
    ),
]
ApiKey = Annotated[
    str | None,
    typer.Option(
        metavar="KEY",
        help="The project's key; other users of this machine can see an option. "
        "Default: LARDER_API_KEY, or that of .local/env.",
    ),
]
Parallel = Annotated[
    int, typer.Option(min=1, max=32, metavar="N", help="Connections to S3 at most.")
]

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, a document a line.")]


def open_client(base_url: str | None, api_key: str | None, parallel: int = PARALLEL) -> Client:
    """Return a client for what the options say, or else the environment, or else `.local/env`.

    Raises:
        ConfigurationError: it is not clear where to, or with which key.
        OperatorError: LARDER_ENV_FILE names a file that does not exist.
    """
    return Client(*find_access(base_url, api_key), parallel=parallel)


def find_access(base_url: str | None, api_key: str | None) -> tuple[str, str]:
    """Return base URL and key; see `open_client`.

    A key only goes where it was meant to: unless an option says so, no address of one source is
    used with a key of another.
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
    said = dict(word.split("=", 1) for word in words)
    file_url, file_key = said.get("LARDER_BASE_URL"), said.get("LARDER_API_KEY")
    if not file_url or not file_key:
        message = f"{file} lacks LARDER_BASE_URL or LARDER_API_KEY: restart it with 'make run'."
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

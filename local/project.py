"""The demo project and its API key, made by the services that `uv run larder` calls."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import httpx

from larder.domain.errors import NotFoundError
from larder.domain.quota import Amount
from larder.domain.scopes import BEFORE_SCOPES
from larder.runtime.composition import Composition
from larder.runtime.settings import Settings
from larder.services.projects.keys import create_key
from larder.services.projects.projects import create_project, get_project
from larder.services.projects.sessions import console_link, create_code
from local.errors import LocalError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local.state import State

NAME = "demo"


def demo_key(state: State, base_url: str, outputs: Mapping[str, str]) -> str:
    """Return an API key of the project `demo`; create the project and the key if missing.

    `outputs` are the stack's. Each key is tried on the API, which also starts the first two
    functions: the user's first request does not wait for them.

    Raises:
        LocalError: the API rejects even the new key; the functions' logs say why.
    """
    if state.api_key.exists():
        secret = state.api_key.read_text()
        if _accepted(secret, base_url):
            return secret
    ports = _ports(
        {
            "LARDER_STORE_TABLE": outputs["StoreTable"],
            "LARDER_KEYS_TABLE": outputs["KeysTable"],
            "LARDER_FILES_BUCKET": outputs["FilesBucket"],
            "LARDER_EVENTS_QUEUE_URL": outputs["EventsQueueUrl"],
            "LARDER_PEPPER_SECRET_ID": outputs["PepperSecretId"],
        }
    )
    try:
        project = get_project(NAME, projects=ports.projects)
    except NotFoundError:
        limit = Amount(
            files=int(outputs["DefaultFilesLimit"]), bytes=int(outputs["DefaultBytesLimit"])
        )
        project = create_project(NAME, limit, projects=ports.projects, clock=time.time)
    secret, _ = ports.make(create_key)(project.id, scopes=BEFORE_SCOPES)
    state.api_key.touch(mode=0o600)
    state.api_key.write_text(secret)
    if not _accepted(secret, base_url):
        message = f"The deployed API rejects the key that was just created: {base_url}/usage"
        raise LocalError(message)
    return secret


def demo_link(variables: Mapping[str, str]) -> str:
    """Return a link that signs in to the project `demo`; `variables` are the published ones."""
    ports = _ports(variables)
    project = get_project(NAME, projects=ports.projects)
    code = ports.make(create_code)(project.id)
    return console_link(variables["LARDER_BASE_URL"], code, project.name)


def _ports(variables: Mapping[str, str]) -> Composition:
    return Composition(
        Settings(
            store_table=variables["LARDER_STORE_TABLE"],
            keys_table=variables["LARDER_KEYS_TABLE"],
            files_bucket=variables["LARDER_FILES_BUCKET"],
            events_queue_url=variables["LARDER_EVENTS_QUEUE_URL"],
            pepper_secret_id=variables["LARDER_PEPPER_SECRET_ID"],
        )
    )


def _accepted(secret: str, base_url: str) -> bool:
    answer = httpx.get(
        f"{base_url}/usage", headers={"Authorization": f"Bearer {secret}"}, timeout=30
    )
    return answer.is_success

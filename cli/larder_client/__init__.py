"""A client for Larder, with blocking calls and for asyncio.

    from larder_client import Client

    with Client() as larder:
        sent = larder.put("requests.jsonl")
        file = larder.wait(sent.file.id)

It speaks to the API, sends bytes straight to S3, tries again as OpenAI's SDKs do, and goes on with
transfers that were cut short.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from larder_client.client import Client
from larder_client.errors import (
    ApiError,
    ChecksumError,
    ConfigurationError,
    ConnectionFailedError,
    DestinationError,
    FileChangedError,
    LarderClientError,
    TransferError,
    UnexpectedAnswerError,
    UploadEndedError,
    WaitTimeoutError,
)
from larder_client.get import Received
from larder_client.journal import FileJournal, Journal
from larder_client.models import File, FileDeleted, FilePage, Problem, Usage, Validation
from larder_client.progress import Progress
from larder_client.put import Sent

if TYPE_CHECKING:
    from larder_client.async_client import AsyncClient

__all__ = [
    "ApiError",
    "AsyncClient",
    "ChecksumError",
    "Client",
    "ConfigurationError",
    "ConnectionFailedError",
    "DestinationError",
    "File",
    "FileChangedError",
    "FileDeleted",
    "FileJournal",
    "FilePage",
    "Journal",
    "LarderClientError",
    "Problem",
    "Progress",
    "Received",
    "Sent",
    "TransferError",
    "UnexpectedAnswerError",
    "UploadEndedError",
    "Usage",
    "Validation",
    "WaitTimeoutError",
]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - the class of that name
    """Import the client for asyncio when it is asked for: asyncio takes its time."""
    if name == "AsyncClient":
        return import_module("larder_client.async_client").AsyncClient
    message = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(message)

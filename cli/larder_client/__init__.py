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

from larder_client._sync.client import Client
from larder_client.errors import (
    ApiError,
    ChecksumError,
    ConfigurationError,
    ConnectionFailedError,
    DestinationError,
    FileChangedError,
    LarderClientError,
    PathError,
    TransferError,
    UnexpectedAnswerError,
    UploadEndedError,
    WaitTimeoutError,
)
from larder_client.files.models import File, FileDeleted, FilePage, Problem, Usage, Validation
from larder_client.transfer.get import Received
from larder_client.transfer.progress import Progress
from larder_client.transfer.put import Sent
from larder_client.transfer.resume import FileJournal, Journal

if TYPE_CHECKING:
    from larder_client._async.client import AsyncClient
    from larder_client.space.models import ROOT, Folder, SpaceFile, TrashedFile
    from larder_client.space.tree import Tree

# These take their time, asyncio above all, and most programs do without.
_LATER = {
    "AsyncClient": "larder_client._async.client",
    "Folder": "larder_client.space.models",
    "ROOT": "larder_client.space.models",
    "SpaceFile": "larder_client.space.models",
    "TrashedFile": "larder_client.space.models",
    "Tree": "larder_client.space.tree",
}

__all__ = [
    "ROOT",
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
    "Folder",
    "Journal",
    "LarderClientError",
    "PathError",
    "Problem",
    "Progress",
    "Received",
    "Sent",
    "SpaceFile",
    "TransferError",
    "TrashedFile",
    "Tree",
    "UnexpectedAnswerError",
    "UploadEndedError",
    "Usage",
    "Validation",
    "WaitTimeoutError",
]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - what has that name
    """Import what is not needed at once when it is asked for."""
    if name in _LATER:
        return getattr(import_module(_LATER[name]), name)
    message = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(message)

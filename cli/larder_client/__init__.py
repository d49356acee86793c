"""A client for Larder, with blocking calls and for asyncio.

    from larder_client import Client

    with Client() as larder:
        uploaded = larder.put("requests.jsonl")
        file = larder.wait(uploaded.file.id)

It calls the API, sends bytes straight to S3, retries as OpenAI's SDKs do, and resumes interrupted
transfers.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from larder_client.errors import (
    ApiError,
    BatchNotEndedError,
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
from larder_client.files.models import (
    File,
    FileDeleted,
    FilePage,
    OwnKey,
    Problem,
    Upload,
    UploadPage,
    Usage,
    Validation,
)
from larder_client.transfer.progress import Progress

if TYPE_CHECKING:
    from larder_client._async.client import AsyncClient
    from larder_client._sync.client import Client
    from larder_client.artifacts.models import Artifact, Bundle
    from larder_client.batches.models import Batch, BatchPage, BatchResult
    from larder_client.space.models import ROOT, Folder, SpaceFile, TrashedFile, TrashedFolder
    from larder_client.space.tree import Tree
    from larder_client.transfer.download import DownloadResult
    from larder_client.transfer.resume import FileResumeStore, ResumeStore
    from larder_client.transfer.upload import UploadResult

# Imported when they are used: they take time, asyncio and HTTP above all. `larder validate` does
# without all of them.
_LAZY = {
    "Artifact": "larder_client.artifacts.models",
    "AsyncClient": "larder_client._async.client",
    "Batch": "larder_client.batches.models",
    "BatchPage": "larder_client.batches.models",
    "BatchResult": "larder_client.batches.models",
    "Bundle": "larder_client.artifacts.models",
    "Client": "larder_client._sync.client",
    "DownloadResult": "larder_client.transfer.download",
    "FileResumeStore": "larder_client.transfer.resume",
    "ResumeStore": "larder_client.transfer.resume",
    "UploadResult": "larder_client.transfer.upload",
    "Folder": "larder_client.space.models",
    "ROOT": "larder_client.space.models",
    "SpaceFile": "larder_client.space.models",
    "TrashedFile": "larder_client.space.models",
    "TrashedFolder": "larder_client.space.models",
    "Tree": "larder_client.space.tree",
}

# For programs that use them.
_FORMER = {
    "FileJournal": "FileResumeStore",
    "Journal": "ResumeStore",
    "Received": "DownloadResult",
    "Sent": "UploadResult",
}

__all__ = [
    "ROOT",
    "ApiError",
    "Artifact",
    "AsyncClient",
    "Batch",
    "BatchNotEndedError",
    "BatchPage",
    "BatchResult",
    "Bundle",
    "ChecksumError",
    "Client",
    "ConfigurationError",
    "ConnectionFailedError",
    "DestinationError",
    "DownloadResult",
    "File",
    "FileChangedError",
    "FileDeleted",
    "FileJournal",
    "FilePage",
    "FileResumeStore",
    "Folder",
    "Journal",
    "LarderClientError",
    "OwnKey",
    "PathError",
    "Problem",
    "Progress",
    "Received",
    "ResumeStore",
    "Sent",
    "SpaceFile",
    "TransferError",
    "TrashedFile",
    "TrashedFolder",
    "Tree",
    "UnexpectedAnswerError",
    "Upload",
    "UploadEndedError",
    "UploadPage",
    "UploadResult",
    "Usage",
    "Validation",
    "WaitTimeoutError",
]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - depends on the name
    """Import the names in `_LAZY` when they are used."""
    name = _FORMER.get(name, name)
    if name in _LAZY:
        return getattr(import_module(_LAZY[name]), name)
    message = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(message)

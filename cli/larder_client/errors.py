"""The errors that the client raises.

    LarderClientError
    ├── ConfigurationError       the base URL or API key is missing or invalid
    ├── ConnectionFailedError    no answer after all retries; trying again later may help
    ├── ApiError                 Larder refused: status, code, param and its own message
    ├── UnexpectedAnswerError    an answer that is not Larder's
    ├── TransferError            S3 refused the bytes, or sent others than were requested
    │   ├── FileChangedError     the local file changed while it was being sent
    │   ├── ChecksumError        the bytes that arrived are not the bytes that were sent
    │   └── UploadEndedError     the upload was cancelled or expired while it was being sent
    ├── DestinationError         something is in the way of a download
    ├── PathError                nothing is at a path in the Space, or several things are
    ├── BatchNotEndedError       a batch that still runs has no results yet
    └── WaitTimeoutError         the file was not validated, or the batch had not ended, in time

Errors of the local file system are OSError, as everywhere in Python.
"""

from __future__ import annotations

from http import HTTPStatus

_TEMPORARY = {HTTPStatus.UNAUTHORIZED, HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS}


class LarderClientError(Exception):
    """The base of all errors of this package; the message explains the reason."""


class ConfigurationError(LarderClientError):
    """The base URL or API key is missing or invalid."""


class ConnectionFailedError(LarderClientError):
    """There was no answer, after all retries."""


class ApiError(LarderClientError):
    """Larder refused a request.

    `status` is the HTTP status; `type`, `code` and `param` are those of the error's JSON;
    `request_id` identifies the request in the server's logs.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int,
        type: str | None = None,  # noqa: A002 - the name in the JSON
        code: str | None = None,
        param: str | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.type = type
        self.code = code
        self.param = param
        self.request_id = request_id

    @property
    def final(self) -> bool:
        """Whether the same request with the same key would be refused again later."""
        return self.status < HTTPStatus.INTERNAL_SERVER_ERROR and self.status not in _TEMPORARY


class UnexpectedAnswerError(LarderClientError):
    """The answer is not Larder's: most likely the base URL is wrong."""


class TransferError(LarderClientError):
    """The bytes could not be transferred, and trying again would not help."""


class FileChangedError(TransferError):
    """The local file changed while it was being sent."""


class ChecksumError(TransferError):
    """The bytes that arrived are not the bytes that were sent."""


class UploadEndedError(TransferError):
    """The upload was cancelled or expired before all bytes had arrived."""


class DestinationError(LarderClientError):
    """Something is in the way of a download, which leaves it unchanged."""


class PathError(LarderClientError):
    """A path in the Space is invalid, or nothing or more than one thing is there."""


class BatchNotEndedError(LarderClientError):
    """A batch that still runs has no results yet."""


class WaitTimeoutError(LarderClientError):
    """The file was not validated, or the batch had not ended, within the timeout."""

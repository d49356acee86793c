"""What can go wrong for a client.

    LarderClientError
    ├── ConfigurationError       no base URL or key, or unusable ones
    ├── ConnectionFailedError    no answer, after all retries; trying again later may help
    ├── ApiError                 Larder refused: status, code, param and its own message
    ├── UnexpectedAnswerError    an answer that is not Larder's
    ├── TransferError            S3 refused the bytes, or they cannot be what was asked for
    │   ├── FileChangedError     the local file changed while it was being sent
    │   ├── ChecksumError        the bytes that arrived are not the bytes that were stored
    │   └── UploadEndedError     the upload was cancelled or expired in the middle
    ├── DestinationError         a download may not be written there
    ├── PathError                nothing lies at a path in the Space, or several things do
    └── WaitTimeoutError         the validation takes longer than the caller would wait

Errors of the local file system are OSError, as everywhere in Python.
"""

from __future__ import annotations

from http import HTTPStatus

_PASSING = {HTTPStatus.UNAUTHORIZED, HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS}


class LarderClientError(Exception):
    """Anything that this package raises for a reason outside the program; the message says what."""


class ConfigurationError(LarderClientError):
    """There is no base URL or API key, or one that cannot be used."""


class ConnectionFailedError(LarderClientError):
    """There was no answer, however often it was asked for."""


class ApiError(LarderClientError):
    """Larder refused a request.

    `status` is the HTTP status; `type`, `code` and `param` are as in the error envelope;
    `request_id` names the request in the server's logs.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int,
        type: str | None = None,  # noqa: A002 - the envelope's own name
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
        """Whether the same request would be refused again later, with this key."""
        return self.status < HTTPStatus.INTERNAL_SERVER_ERROR and self.status not in _PASSING


class UnexpectedAnswerError(LarderClientError):
    """What answered does not speak Larder's protocol: most likely the base URL is wrong."""


class TransferError(LarderClientError):
    """The bytes did not go through, and sending them again as they are would not help."""


class FileChangedError(TransferError):
    """The local file is no longer the one that was announced."""


class ChecksumError(TransferError):
    """The bytes are not the ones that they should be."""


class UploadEndedError(TransferError):
    """The upload was cancelled or has expired before all bytes were there."""


class DestinationError(LarderClientError):
    """Something is in the way of a download, and stays as it is."""


class PathError(LarderClientError):
    """A path in the Space leads to nothing, to several things, or is none."""


class WaitTimeoutError(LarderClientError):
    """The file is still not validated."""

"""Everything that a use case refuses, as one tree.

LarderError
├── InvalidParameterError     a value the client sent is wrong                     400
├── QuotaExceededError        the project has no room for what was asked           400
├── ProjectFullError          the project's records take all the room there is     400
├── ExpiredKeyError           the API key has expired                              401
├── ForbiddenError            the API key lacks a scope                            403
├── NotFoundError             no such object for this project                      404
├── ConflictError             the object's state does not allow it                 409
│   └── IdempotencyConflictError  the idempotency key belongs to another request   409
├── BodyTooLargeError         the request body exceeds what this route takes       413
├── EncodedBodyError          the request body is compressed                       415
├── BatchLimitError           the project runs as many batches as it may            429
├── RateLimitError            the API key makes too many requests per second        429
├── ExpiredBacklogError       too many expired files wait to be removed             429
├── ContentionError           too many changes at once; the same request may work  429
├── NotReachedError           a part of a request that its time was too short for  429
├── ThrottledError            AWS limits the rate; the same request may work       429
└── ModelFailedError          the model that chats did not answer, or not well     502

`api.errors` gives each its HTTP answer. Messages are for people, codes for programs.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from larder.domain.batches import BatchLoad
    from larder.domain.quota import Amount, Held, Usage


class LarderError(Exception):
    """A request that is refused, with a message that its sender can act on."""

    def __init__(self, message: str, *, param: str | None = None, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.param = param
        self.code = code


class InvalidParameterError(LarderError):
    """A parameter is missing, malformed or out of range; `param` names it."""


class QuotaExceededError(LarderError):
    """The project's files or bytes limit leaves no room, expired files already reclaimed."""

    def __init__(self, usage: Usage, asked: Amount, held: Held | None = None) -> None:
        super().__init__(
            "The project's storage quota would be exceeded: "
            f"{usage.used.files + usage.reserved.files} of {usage.limit.files} files and "
            f"{usage.used.bytes + usage.reserved.bytes} of {usage.limit.bytes} bytes are in use, "
            f"and this request asks for {asked.files} file of {asked.bytes} bytes. "
            f"{_what_fills(usage, held)} {_what_makes_room(usage, asked, held)}",
            code="storage_quota_exceeded",
        )
        self.usage = usage
        self.asked = asked

    def explained(self, held: Held) -> QuotaExceededError:
        """Return the error with a message that says what else fills the project."""
        return QuotaExceededError(self.usage, self.asked, held)


def _what_fills(usage: Usage, held: Held | None) -> str:
    count = usage.used.files
    stored = f"In use: {count} file{'' if count == 1 else 's'} with {usage.used.bytes} bytes"
    if held is not None and held.trashed:
        stored += f", {'' if held.exact else 'at least '}{held.trashed} of them in the trash"
    if held is not None and held.artifacts:
        stored += f", {'' if held.exact else 'at least '}{held.artifacts} of them artifacts"
    if not usage.reserved.files:
        return f"{stored}."
    until = "for an hour at most"
    if held is not None and held.reserved_until is not None:
        latest = datetime.fromtimestamp(held.reserved_until, UTC)
        until = f"until {latest:%Y-%m-%dT%H:%M:%SZ} at the latest"
    named = list(held.uploads) if held is not None else []
    if named and len(named) < usage.reserved.files:
        named.append("…")
    which = f"{usage.reserved.files}{': ' if named else ''}{', '.join(named)}"
    return (
        f"{stored}; reserved: {usage.reserved.bytes} bytes by pending uploads ({which}), {until}."
    )


def _what_makes_room(usage: Usage, asked: Amount, held: Held | None) -> str:
    if asked.files > usage.limit.files or asked.bytes > usage.limit.bytes:
        return "This alone is over the project's limits: have them raised, or send a smaller file."
    ways = ["Delete files that are no longer needed"]
    if held is not None and held.trashed:
        ways.append("empty the trash (DELETE /v1/storage/trash)")
    if held is not None and held.artifacts:
        ways.append("delete artifacts (GET /v2/artifacts lists them)")
    if usage.reserved.files:
        ways.append(
            "cancel uploads that nobody continues (GET /v1/uploads lists them, "
            "POST /v1/uploads/{upload_id}/cancel)"
        )
    return f"{', '.join(ways)}, or have the project's limits raised."


class ProjectFullError(LarderError):
    """The project's records are as many as one project can have: no limit can be raised for it.

    DynamoDB keeps at most 10 GB of records and index entries of one project together:
    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/LSI.html#LSI.ItemCollections
    """

    def __init__(self) -> None:
        super().__init__(
            "The project is full: it has as many records of files, folders, uploads and batches as "
            "one project can have. Delete files for good with DELETE /v1/files/{file_id}, or empty "
            "the trash; a full project cannot move files to the trash. Or use another project.",
            code="project_full",
        )


class SignInError(LarderError):
    """What was sent to sign in with opens nothing, or no longer."""

    def __init__(self) -> None:
        super().__init__(
            "This sign-in link or key is not valid, or not any more. A link works once, within "
            "five minutes: 'larder console PROJECT' prints a new one.",
            code="invalid_api_key",
        )


class ExpiredKeyError(LarderError):
    """The key of the request has expired or was revoked, or the console session."""

    def __init__(self) -> None:
        super().__init__(
            "This API key has expired or was revoked. Create another one with 'larder key create', "
            "or sign in to the console again.",
            code="invalid_api_key",
        )


class ForbiddenError(LarderError):
    """The key does not have the scope that the operation needs."""

    def __init__(self, message: str) -> None:
        super().__init__(message, code="insufficient_permissions")


class NotFoundError(LarderError):
    """The id does not exist for this project: one message whether foreign, expired or random.

    `why` is for an object of the project that lacks what was asked for.
    """

    def __init__(self, kind: str, object_id: str, *, param: str = "id", why: str = "") -> None:
        said = f": {why}" if why else ""
        super().__init__(f"No such {kind} object: {object_id[:64]} (not found){said}", param=param)


class ConflictError(LarderError):
    """The object's state does not allow the operation.

    `permanent` is False when the same request may succeed later (clients then retry).
    """

    def __init__(self, message: str, *, code: str, permanent: bool) -> None:
        super().__init__(message, code=code)
        self.permanent = permanent


class IdempotencyConflictError(ConflictError):
    """The idempotency key belongs to another request, or to one that is still running."""

    def __init__(self, message: str, *, permanent: bool) -> None:
        super().__init__(message, code="idempotency_conflict", permanent=permanent)


class BodyTooLargeError(LarderError):
    """The request body is larger than this route takes; `instead` says what to do on it."""

    def __init__(self, size: int, limit: int, *, instead: str) -> None:
        super().__init__(
            f"The request body has {size} bytes, and this route takes {limit} (2 MiB). {instead}",
            code="request_too_large",
        )


class EncodedBodyError(LarderError):
    """The request body has a Content-Encoding, which nothing here undoes."""

    def __init__(self, encoding: str) -> None:
        super().__init__(
            f"The request body has Content-Encoding '{encoding[:64]}': send it as it is, without "
            "this header. A compressed file is stored as it is sent, like any other."
        )


class BatchLimitError(LarderError):
    """The project runs as many batches, or has as many requests waiting, as it may."""

    def __init__(self, load: BatchLoad, asked: int = 0) -> None:
        this = f", and this batch has {asked}" if asked else ""
        super().__init__(
            f"The project has {load.batches} of {load.batches_limit} batches running, with "
            f"{load.requests} of {load.requests_limit} requests in them{this}. Wait for one to "
            "end, cancel one, or have the project's limits raised.",
            code="rate_limit_exceeded",
        )
        self.load = load
        self.fits = asked <= load.requests_limit
        """Whether there can be room once other batches have ended."""


class RateLimitError(LarderError):
    """The API key, or all keys together, have made as many requests in this second as they may."""

    def __init__(self, rate: int, *, of_all_keys: bool = False) -> None:
        who = "All API keys together make" if of_all_keys else "This API key makes"
        super().__init__(
            f"{who} more than {rate} requests per second. Wait a second and try again.",
            code="rate_limit_exceeded",
        )


class ExpiredBacklogError(LarderError):
    """A list that begins with more expired files than one request reads."""

    def __init__(self) -> None:
        super().__init__(
            "So many files of this project have just expired that one request cannot read past "
            "them. They are being removed: try again in a minute, or list from the other end with "
            "'order'.",
            code="rate_limit_exceeded",
        )


class ContentionError(LarderError):
    """Concurrent changes of the project's counters kept this one from being made."""

    def __init__(self) -> None:
        super().__init__(
            "Too many changes to this project at once. Please try again in a moment.",
            code="rate_limit_exceeded",
        )


class NotReachedError(LarderError):
    """The request's time was over before it reached this part, which changed nothing."""

    def __init__(self) -> None:
        super().__init__(
            "The request's time was over before this operation began, so it changed nothing. "
            "Please send it again.",
            code="not_reached",
        )


class ThrottledError(LarderError):
    """AWS limits the rate of calls, and all attempts are used up; `call` is for the log."""

    def __init__(self, call: str) -> None:
        super().__init__(
            "The storage behind Larder limits its rate at the moment, and nothing is wrong with "
            "the request. Please send it again in a moment.",
            code="rate_limit_exceeded",
        )
        self.call = call


class ModelFailedError(LarderError):
    """The model that chats did not answer, or not well; the message says which and why."""

    def __init__(self, message: str) -> None:
        super().__init__(message, code="model_failed")

"""The answers of the Files and Uploads APIs. Unknown members are ignored.

https://platform.openai.com/docs/api-reference/files and /uploads, with Larder's extensions.
Times are in unix seconds, sizes in bytes, digests in lowercase hex.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

Purpose: TypeAlias = Literal["assistants", "batch", "evals", "fine-tune", "user_data", "vision"]
"""The purposes that a client may give a file."""


class File(msgspec.Struct, frozen=True, kw_only=True):
    """A stored file; `status` is `uploaded`, `processed` or `error`, explained in `status_details`.

    `sha256` is None in lists, until Larder has read the bytes, and for files above 16 GiB.
    """

    id: str
    bytes: int
    created_at: int
    filename: str
    purpose: str
    status: str
    status_details: str | None = None
    expires_at: int | None = None
    sha256: str | None = None
    object: str = "file"


class FilePage(msgspec.Struct, frozen=True, kw_only=True):
    """A page of a list; `has_more` says whether there are more files after `last_id`."""

    data: tuple[File, ...]
    has_more: bool
    first_id: str | None = None
    last_id: str | None = None
    object: str = "list"


class FileDeleted(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to a deletion."""

    id: str
    deleted: bool
    object: str = "file"


class FileLink(msgspec.Struct, frozen=True, kw_only=True):
    """A link to a file's bytes, which works without a key until it expires."""

    url: str
    expires_at: int


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """A part that S3 does not have yet, and the URL to PUT it to; numbers count from 1."""

    part_number: int
    url: str


class ArrivedPart(msgspec.Struct, frozen=True, kw_only=True):
    """A part that S3 has; `etag` is its MD5 in hex."""

    part_number: int
    size: int
    etag: str


class Transfer(msgspec.Struct, frozen=True, kw_only=True):
    """How to send an upload's bytes: by one PUT to `url`, or in parts of `part_size` bytes."""

    expires_at: int
    method: str = "PUT"
    url: str | None = None
    headers: dict[str, str] = {}
    part_size: int | None = None
    parts: tuple[Part, ...] = ()
    arrived: tuple[ArrivedPart, ...] = ()


class Upload(msgspec.Struct, frozen=True, kw_only=True):
    """An upload: `pending` with its `transfer`, or `completed` with its `file`."""

    id: str
    bytes: int
    status: str
    expires_at: int
    filename: str
    purpose: str
    created_at: int
    file: File | None = None
    transfer: Transfer | None = None
    object: str = "upload"


class UploadPage(msgspec.Struct, frozen=True, kw_only=True):
    """A page of a list; `has_more` says whether there are more uploads after `last_id`."""

    data: tuple[Upload, ...]
    has_more: bool
    first_id: str | None = None
    last_id: str | None = None
    object: str = "list"


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """One mistake in a batch file, in the form of OpenAI's BatchError.

    `severity` is `error` or `warning`. `offset` is the number of bytes in the file before the line.
    """

    code: str
    message: str
    line: int | None = None
    offset: int | None = None
    param: str | None = None
    severity: str = "error"


class Validation(msgspec.Struct, frozen=True, kw_only=True):
    """The validation report of a batch file.

    `errors` has the first 1,000 of `error_count`, and `warnings` of `warning_count`. A file with
    warnings alone is valid. `counts` has the number of problems by code. `models` has the lines of
    the first 100 models, and `model` is the one that all lines name, or None. `inputs` counts
    embedding inputs, and `references` has the artifacts and bundles that lines name. Reports of
    earlier versions have none of the fields from `warning_count` on.
    """

    valid: bool
    total_lines: int
    request_count: int
    error_count: int
    errors: tuple[Problem, ...]
    file_id: str | None = None
    endpoint: str | None = None
    model: str | None = None
    sha256: str | None = None
    validated_at: int | None = None
    duration_ms: int | None = None
    warning_count: int = 0
    warnings: tuple[Problem, ...] = ()
    counts: dict[str, int] = {}
    models: dict[str, int] = {}
    inputs: int = 0
    references: tuple[str, ...] = ()
    object: str = "file.validation"


class Measure(msgspec.Struct, frozen=True, kw_only=True):
    """One limit of a project, how much stored files use and pending uploads reserve of it."""

    used: int
    reserved: int
    limit: int


class KeyProject(msgspec.Struct, frozen=True, kw_only=True):
    """The project of a key."""

    id: str


class OwnKey(msgspec.Struct, frozen=True, kw_only=True):
    """The API key that a request was sent with.

    `hint` is how it begins and ends, `last_used_on` a day (`YYYY-MM-DD` in UTC). `workspace_id` is
    what `chat` calls the project.
    """

    id: str
    hint: str
    scopes: tuple[str, ...]
    created_at: int
    project: KeyProject
    workspace_id: str
    name: str | None = None
    expires_at: int | None = None
    last_used_on: str | None = None
    object: str = "key"


class UsageDay(msgspec.Struct, frozen=True, kw_only=True):
    """What the project stored on a day (`YYYY-MM-DD` in UTC)."""

    date: str
    files: int
    bytes: int
    object: str = "usage.day"


class UsageDays(msgspec.Struct, frozen=True, kw_only=True):
    """What the project stored, day by day."""

    data: tuple[UsageDay, ...]


class Running(msgspec.Struct, frozen=True, kw_only=True):
    """How much of a project's batches runs, and the limit."""

    running: int
    limit: int


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """The project's usage of its quota."""

    files: Measure
    bytes: Measure
    batches: Running | None = None
    batch_requests: Running | None = None
    object: str = "usage"

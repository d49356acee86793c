"""What Larder answers; members that this version does not know are ignored.

https://platform.openai.com/docs/api-reference/files and /uploads, with Larder's extensions.
Times are unix seconds, sizes bytes, digests lowercase hex.
"""

from __future__ import annotations

from typing import Literal

import msgspec

type Purpose = Literal["assistants", "batch", "evals", "fine-tune", "user_data", "vision"]
"""What a client may say that a file is for."""


class File(msgspec.Struct, frozen=True, kw_only=True):
    """A stored file; `status` is `uploaded`, `processed` or `error`, with `status_details`.

    `sha256` is None until Larder has read the bytes, above 16 GiB, and in lists.
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
    """Some files; `has_more` tells whether there are further ones after `last_id`."""

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


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """A part that S3 does not have yet, and where to PUT it; numbers count from 1."""

    part_number: int
    url: str


class ArrivedPart(msgspec.Struct, frozen=True, kw_only=True):
    """A part that S3 has; `etag` is its MD5."""

    part_number: int
    size: int
    etag: str


class Transfer(msgspec.Struct, frozen=True, kw_only=True):
    """How an upload's bytes go to S3: by one PUT to `url`, or in parts of `part_size` bytes."""

    expires_at: int
    method: str = "PUT"
    url: str | None = None
    headers: dict[str, str] = {}
    part_size: int | None = None
    parts: tuple[Part, ...] = ()
    arrived: tuple[ArrivedPart, ...] = ()


class Upload(msgspec.Struct, frozen=True, kw_only=True):
    """An announced file: `pending` with its `transfer`, or `completed` with its `file`."""

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


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """One mistake in a batch file, in the shape of OpenAI's BatchError."""

    code: str
    message: str
    line: int | None = None
    param: str | None = None


class Validation(msgspec.Struct, frozen=True, kw_only=True):
    """The report on a batch file; `errors` has the first 1,000 of `error_count`."""

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
    object: str = "file.validation"


class Measure(msgspec.Struct, frozen=True, kw_only=True):
    """One counter of a project; stored files use, pending uploads reserve."""

    used: int
    reserved: int
    limit: int


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """What the project uses of its quota."""

    files: Measure
    bytes: Measure
    object: str = "usage"

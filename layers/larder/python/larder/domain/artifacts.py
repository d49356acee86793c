"""Artifacts: immutable pieces of content for prompts. Bundles: ordered lists of them.

Either is a file that is in no list of files. Its quota, its expiry and its removal are a file's.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Literal, get_args

from larder.domain.errors import InvalidParameterError
from larder.domain.files import DAY, File, FileStatus, Purpose
from larder.domain.ids import (
    ArtifactId,
    BundleId,
    new_bundle_id,
    parse_artifact_id,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

type Encoding = Literal["utf-8", "base64"]
"""How content is written in JSON: as the text that it is, or its bytes in base64."""

ENCODINGS: tuple[Encoding, ...] = get_args(Encoding.__value__)

MAX_INLINE_CONTENT = 2**20
"""Bytes of content that is sent in the request, or answered beside the record."""

MAX_COPIED_CONTENT = 64 * 2**20
"""Bytes of a file that becomes an artifact."""

MAX_METADATA = 16 * 2**10
MAX_MEMBERS = 100
MAX_ROLE = 64

_MEDIA_TYPE = re.compile(r"[\w.+-]{1,127}/[\w.+-]{1,127}(?: ?; ?[\w.+-]+=[\w.+\"-]+)*", re.ASCII)
_MAX_MEDIA_TYPE = 255
_NAME = re.compile(rf"[\w.-]{{1,{MAX_ROLE}}}", re.ASCII)


class ArtifactType(StrEnum):
    """What an artifact is for."""

    TEXT_CONTEXT = "text_context"
    TOOL_BUNDLE_SOURCE = "tool_bundle_source"
    RESPONSE_SCHEMA = "response_schema"
    DOCUMENT = "document"
    RETRIEVAL_CHUNK = "retrieval_chunk"
    POLICY = "policy"
    CHECKPOINT = "checkpoint"
    COMPACTION_SUMMARY = "compaction_summary"
    BINARY_ATTACHMENT = "binary_attachment"


class Retention(StrEnum):
    """How long an artifact lives: a day, or as long as the deployment says."""

    EPHEMERAL = "ephemeral"
    STANDARD = "standard"
    EXTENDED = "extended"


@dataclass(frozen=True, slots=True)
class Artifact:
    """An artifact. Its file's id is its own, and the file's bytes are its content.

    `metadata` is a JSON object, as text.
    """

    file: File
    type: ArtifactType
    retention: Retention
    encoding: Encoding
    metadata: str

    @property
    def id(self) -> ArtifactId:
        """The artifact's id."""
        return ArtifactId(self.file.id)

    @property
    def is_text(self) -> bool:
        """Whether the content is text."""
        return self.encoding == "utf-8"


@dataclass(frozen=True, slots=True)
class Member:
    """An artifact in a bundle, and the part that it plays there."""

    artifact_id: ArtifactId
    role: str


@dataclass(frozen=True, slots=True)
class Bundle:
    """Artifacts in order. `metadata` is a JSON object, as text.

    Its file has no bytes in S3, and counts as many as the list takes.
    """

    file: File
    type: str
    members: tuple[Member, ...]
    metadata: str

    @property
    def id(self) -> BundleId:
        """The bundle's id."""
        return BundleId(self.file.id)


def file_of_bundle(members: Sequence[Member], now: float) -> File:
    """Return the file of a new bundle."""
    listed = json.dumps([[member.artifact_id, member.role] for member in members])
    bundle_id = new_bundle_id(now)
    return File(
        id=bundle_id,
        filename=bundle_id,
        bytes=len(listed.encode()),
        purpose=Purpose.USER_DATA,
        mime_type="application/json",
        expires_at=None,
        status=FileStatus.PROCESSED,
    )


def expiry_of_artifact(
    retention: Retention, born: int, days: Mapping[Retention, int]
) -> int | None:
    """Return when an artifact expires (unix seconds); None for never.

    `days` are those of the deployment, 0 for no end.
    """
    life = 1 if retention is Retention.EPHEMERAL else days.get(retention, 0)
    return born + life * DAY if life else None


def checked_media_type(raw: str) -> str:
    """Return a media type (RFC 9110, 8.3.1) that can be a header.

    Raises:
        InvalidParameterError: it is none.
    """
    if len(raw) > _MAX_MEDIA_TYPE or not _MEDIA_TYPE.fullmatch(raw):
        raise InvalidParameterError(
            f"content_media_type must be a media type such as text/plain, not '{raw[:64]}'.",
            param="content_media_type",
        )
    return raw


def checked_metadata(metadata: Mapping[str, Any]) -> str:
    """Return metadata as JSON.

    Raises:
        InvalidParameterError: it is too long, or has a number that JSON does not have.
    """
    try:
        text = json.dumps(metadata, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except ValueError as error:
        raise InvalidParameterError(
            "metadata must be JSON, which has no NaN or Infinity.", param="metadata"
        ) from error
    if len(text.encode()) > MAX_METADATA:
        raise InvalidParameterError(
            f"metadata must have at most {MAX_METADATA} bytes as JSON, not {len(text.encode())}.",
            param="metadata",
        )
    return text


def checked_name(raw: str, *, param: str) -> str:
    """Return a role or a bundle's type.

    Raises:
        InvalidParameterError: it is not 1 to 64 letters, digits and `_.-`.
    """
    if not _NAME.fullmatch(raw):
        raise InvalidParameterError(
            f"{param} must be 1 to {MAX_ROLE} letters, digits, '_', '.' or '-', "
            f"not '{raw[:MAX_ROLE]}'.",
            param=param,
        )
    return raw


def member_of(artifact_id: str, role: str, *, param: str) -> Member:
    """Return a member of a bundle as the client asks for it.

    Raises:
        InvalidParameterError: id or role are malformed.
    """
    parsed = parse_artifact_id(artifact_id)
    if parsed is None:
        raise InvalidParameterError(
            f"{param}.artifact_id must be an artifact's id ('art_' and 24 hex digits), "
            f"not '{artifact_id[:64]}'.",
            param=f"{param}.artifact_id",
        )
    return Member(parsed, checked_name(role, param=f"{param}.role"))

"""Create an artifact, of content in the request or of a file."""

from __future__ import annotations

import base64
import binascii
import codecs
import hashlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from larder.domain.artifacts import (
    ENCODINGS,
    MAX_COPIED_CONTENT,
    MAX_INLINE_CONTENT,
    Artifact,
    ArtifactType,
    Retention,
    checked_media_type,
    checked_metadata,
    expiry_of_artifact,
)
from larder.domain.errors import InvalidParameterError, NotFoundError
from larder.domain.files import File, Purpose
from larder.domain.ids import created_at, new_artifact_id
from larder.services.files.get import get_file
from larder.services.quota import admit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from larder.domain.artifacts import Encoding
    from larder.domain.ids import FileId, TenantId
    from larder.services.artifacts.ports import ArtifactRecords
    from larder.services.clock import Clock
    from larder.services.files.ports import FileRecords
    from larder.services.object_store import ObjectStore
    from larder.services.quota import HeldQuota, Reclaim

DEFAULT_MEDIA_TYPE = "text/plain"


@dataclass(frozen=True, slots=True)
class NewArtifact:
    """What the client asks for: either `content`, or the file whose bytes are copied.

    None for `encoding` and `media_type` where it leaves them open.
    """

    type: str
    content: str | None = None
    file_id: str | None = None
    encoding: str | None = None
    media_type: str | None = None
    retention: str = Retention.STANDARD
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CreateArtifact:
    """Admit an artifact, store its bytes, and return its record.

    As for a file, the record precedes the bytes, and the event of the bytes settles it.
    """

    artifacts: ArtifactRecords
    files: FileRecords
    objects: ObjectStore
    reclaim: Reclaim
    held_quota: HeldQuota
    artifact_days: Mapping[Retention, int]
    clock: Clock

    def __call__(self, tenant: TenantId, new: NewArtifact) -> Artifact:
        """Create the artifact.

        Raises:
            InvalidParameterError: a parameter or the content is not acceptable.
            NotFoundError: the file does not exist for this project, or its bytes have not arrived.
            QuotaExceededError: the project has no room.
            ProjectFullError: the project has as many records as it can have.
            ContentionError: too many concurrent changes to the project.
        """
        artifact_id = new_artifact_id(self.clock())
        retention = _retention(new.retention)
        artifact = Artifact(
            file=File(
                id=artifact_id,
                filename=artifact_id,
                bytes=0,
                purpose=Purpose.USER_DATA,
                mime_type=checked_media_type(new.media_type or DEFAULT_MEDIA_TYPE),
                expires_at=expiry_of_artifact(
                    retention, created_at(artifact_id), self.artifact_days
                ),
            ),
            type=_type(new.type),
            retention=retention,
            encoding=_encoding(new),
            metadata=checked_metadata(new.metadata),
        )
        if (new.content is None) == (new.file_id is None):
            raise InvalidParameterError(
                "Give either content or file_id.",
                param="content" if new.content is None else "file_id",
            )
        if new.file_id is not None:
            return self._of_file(tenant, artifact, new, new.file_id)
        return self._of_content(tenant, artifact, new.content or "")

    def _of_content(self, tenant: TenantId, artifact: Artifact, content: str) -> Artifact:
        data = _bytes_of(content, artifact.encoding)
        digest = hashlib.sha256(data).hexdigest()
        artifact = replace(artifact, file=replace(artifact.file, bytes=len(data), sha256=digest))

        def store() -> None:
            self.objects.put(tenant, artifact.id, data)

        return self._store(tenant, artifact, store)

    def _of_file(
        self, tenant: TenantId, artifact: Artifact, new: NewArtifact, file_id: str
    ) -> Artifact:
        source = get_file(tenant, file_id, files=self.files, clock=self.clock, param="file_id")
        if not 0 < source.bytes <= MAX_COPIED_CONTENT:
            raise InvalidParameterError(
                f"An artifact has 1 to {MAX_COPIED_CONTENT} bytes; {source.id} has {source.bytes}.",
                param="file_id",
            )
        if artifact.is_text:
            self._check_text(tenant, source.id)
        file = replace(
            artifact.file,
            filename=source.filename,
            bytes=source.bytes,
            sha256=source.sha256,
            mime_type=artifact.file.mime_type
            if new.media_type is not None
            else checked_media_type(source.mime_type),
        )

        def copy() -> None:
            if not self.objects.copy(tenant, source.id, artifact.id):
                raise NotFoundError("File", file_id, param="file_id")

        return self._store(tenant, replace(artifact, file=file), copy)

    def _check_text(self, tenant: TenantId, file_id: FileId) -> None:
        stream = self.objects.stream(tenant, file_id)
        if stream is None:
            raise NotFoundError("File", file_id, param="file_id")
        decoder = codecs.getincrementaldecoder("utf-8")()
        with stream as blocks:
            try:
                for block in blocks:
                    decoder.decode(block)
                decoder.decode(b"", final=True)
            except UnicodeDecodeError as error:
                raise InvalidParameterError(
                    f"{file_id} is not text in UTF-8: make it an artifact with the type "
                    f"'{ArtifactType.BINARY_ATTACHMENT}'.",
                    param="file_id",
                ) from error

    def _store(self, tenant: TenantId, artifact: Artifact, store: Callable[[], None]) -> Artifact:
        admit(
            tenant,
            lambda: self.artifacts.admit(tenant, artifact),
            reclaim=self.reclaim,
            held_quota=self.held_quota,
        )
        try:
            store()
        except Exception:
            self.files.release(tenant, artifact.file)
            raise
        return artifact


def _type(raw: str) -> ArtifactType:
    if raw not in ArtifactType:
        raise InvalidParameterError(
            f"artifact_type must be one of {', '.join(ArtifactType)}, not '{raw[:64]}'.",
            param="artifact_type",
        )
    return ArtifactType(raw)


def _retention(raw: str) -> Retention:
    if raw not in Retention:
        raise InvalidParameterError(
            f"retention_class must be one of {', '.join(Retention)}, not '{raw[:64]}'.",
            param="retention_class",
        )
    return Retention(raw)


def _encoding(new: NewArtifact) -> Encoding:
    """Return the encoding that the client asks for; a copied attachment is binary."""
    binary = new.type == ArtifactType.BINARY_ATTACHMENT
    if new.encoding is None:
        return "base64" if binary and new.file_id is not None else "utf-8"
    for encoding in ENCODINGS:
        if new.encoding == encoding:
            break
    else:
        raise InvalidParameterError(
            f"content_encoding must be one of {', '.join(ENCODINGS)}, not '{new.encoding[:64]}'.",
            param="content_encoding",
        )
    if encoding == "base64" and not binary:
        raise InvalidParameterError(
            f"Only an artifact with the type '{ArtifactType.BINARY_ATTACHMENT}' has content in "
            "base64.",
            param="content_encoding",
        )
    return encoding


def _bytes_of(content: str, encoding: Encoding) -> bytes:
    if encoding == "base64":
        try:
            data = base64.b64decode(content, validate=True)
        except (binascii.Error, ValueError) as error:
            raise InvalidParameterError(
                f"content is not base64: {error}.", param="content"
            ) from error
    else:
        data = content.encode()
    if not data:
        raise InvalidParameterError("content must not be empty.", param="content")
    if len(data) > MAX_INLINE_CONTENT:
        raise InvalidParameterError(
            f"content must have at most {MAX_INLINE_CONTENT} bytes, not {len(data)}. Upload a "
            "longer one as a file, and give its file_id.",
            param="content",
        )
    return data

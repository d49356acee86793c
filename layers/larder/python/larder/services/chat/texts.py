"""The tools that read text which others wrote: of files, and of what is wrong with them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from larder.domain.errors import InvalidParameterError, NotFoundError
from larder.services.chat.results import UNTRUSTED, FileText, Validation
from larder.services.files.get import get_file
from larder.services.files.validation import get_validation
from larder.services.object_store import StoredBytes

if TYPE_CHECKING:
    from larder.domain.files import File
    from larder.domain.ids import TenantId
    from larder.services.chat import arguments as args
    from larder.services.chat.ports import DocumentText, Readings
    from larder.services.chat.session import Session
    from larder.services.clock import Clock
    from larder.services.files.ports import FileRecords
    from larder.services.object_store import ObjectStore

MAX_READ = 16_000
"""Characters of one reading."""

MAX_FILE_BYTES = 10 * 2**20
"""Bytes of a file whose text is read."""

READING_SECONDS = 3_600
"""Seconds for which a key's writes are held back after text was read."""

_PROBLEMS = 20
_PROBLEM = 300
"""Characters of one problem."""


@dataclass(frozen=True, slots=True)
class Texts:
    """What others wrote, marked as such. Whoever reads it writes only what a person confirms."""

    files: FileRecords
    objects: ObjectStore
    documents: DocumentText
    readings: Readings
    clock: Clock

    def read_file(self, session: Session, asked: args.Read) -> FileText:
        """Read the text of a file, 16,000 characters at a time."""
        file = get_file(session.tenant, asked.file_id, files=self.files, clock=self.clock)
        text = self.text_of(session.tenant, file)
        self._note(session)
        session.saw(file.id)
        if asked.offset > len(text):
            raise InvalidParameterError(
                f"The text has {len(text)} characters: offset is beyond them.", param="offset"
            )
        end = asked.offset + MAX_READ
        return FileText(
            file.id,
            file.filename,
            untrusted_content=text[asked.offset : end],
            notice=UNTRUSTED,
            offset=asked.offset,
            characters=len(text),
            next_offset=end if end < len(text) else None,
        )

    def get_validation(self, session: Session, asked: args.OneFile) -> Validation:
        """Get the validation report of a batch file: what is wrong with which line."""
        report = json.loads(
            get_validation(
                session.tenant,
                asked.file_id,
                files=self.files,
                objects=self.objects,
                clock=self.clock,
            )
        )
        self._note(session)
        session.saw(asked.file_id)
        problems = [*report["errors"], *report.get("warnings", ())][:_PROBLEMS]
        return Validation(
            asked.file_id,
            valid=report["valid"],
            requests=report["request_count"],
            errors=report["error_count"],
            warnings=report.get("warning_count", 0),
            counts=report.get("counts", {}),
            untrusted_content=[
                f"line {each['line']}: {each['code']}: {each['message'][:_PROBLEM]}"
                for each in problems
            ],
            notice=UNTRUSTED,
        )

    def text_of(self, tenant: TenantId, file: File) -> str:
        """Return the text of a file.

        Raises:
            InvalidParameterError: it is too large, or has no text that can be read.
            NotFoundError: its bytes have not arrived.
        """
        if file.bytes > MAX_FILE_BYTES:
            raise InvalidParameterError(
                f"'{file.filename}' has {file.bytes} bytes, and text is read of files of up to "
                f"{MAX_FILE_BYTES}.",
                param="file_id",
            )
        read = self.objects.read(tenant, file.id, byte_range=None, if_none_match=None)
        if not isinstance(read, StoredBytes):
            raise NotFoundError("File", file.id, why="its bytes have not arrived.")
        return self.documents(file, read.data)

    def _note(self, session: Session) -> None:
        """Record it before the text is out: a crash in between only asks for one confirmation."""
        session.read_text = True
        until = int(self.clock()) + READING_SECONDS
        self.readings.note(session.tenant, session.key_id, until)

"""JSON of `POST /v1/storage/files:batch`: many operations on files, and the result of each."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Self

from pydantic import BaseModel, Field, model_validator
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from larder.api.http.resolver import answer_to
from larder.api.space.models import SpaceFile, SpaceModel
from larder.api.space.requests import TAGS, SpaceRequest, folder_reference
from larder.domain.ids import FILE_PREFIX, FOLDER_OR_ROOT, id_pattern
from larder.services.space.change_files import MAX_OPERATIONS, FileOperation, Op, Outcome
from larder.services.space.update_file import FileChanges

if TYPE_CHECKING:
    from collections.abc import Iterable


_CHANGES: dict[Op, set[str]] = {
    Op.MOVE: {"folder_id"},
    Op.TAG: {"add_tags", "remove_tags"},
    Op.FAVORITE: {"favorite"},
}
"""The fields that say what an operation changes: it needs one of them, and takes no other."""


class FileOperationRequest(SpaceRequest):
    """One operation: `op` on the file `fileId`."""

    op: Op = Field(
        strict=False,
        description="`move` takes `folderId`, `tag` takes `addTags` and `removeTags`, `favorite` "
        "takes `favorite`; the others take nothing more",
    )
    file_id: str = Field(json_schema_extra={"pattern": id_pattern(FILE_PREFIX)})
    folder_id: str | None = Field(
        default=None,
        description="null or `root`: no folder",
        json_schema_extra={"pattern": FOLDER_OR_ROOT},
    )
    add_tags: list[str] = Field(default=[], json_schema_extra=TAGS)
    remove_tags: list[str] = Field(default=[], json_schema_extra=TAGS)
    favorite: bool = False

    @model_validator(mode="after")
    def _has_the_fields_of_its_op(self) -> Self:
        taken = _CHANGES.get(self.op, set())
        given = self.model_fields_set - {"op", "file_id"}
        names = " or ".join(map(to_camel, sorted(taken)))
        if not given <= taken:
            raise _invalid(f"'{self.op}' takes {names or 'nothing'} besides op and fileId")
        if taken and not given:
            raise _invalid(f"'{self.op}' needs {names}")
        return self

    def operation(self) -> FileOperation:
        """Return the operation that the client asks for."""
        changes = FileChanges(
            folder=folder_reference(self, "folder_id"),
            add_tags=tuple(self.add_tags),
            remove_tags=tuple(self.remove_tags),
            favorite=self.favorite if self.op is Op.FAVORITE else None,
        )
        return FileOperation(self.op, self.file_id, changes)


class FilesBatchRequest(SpaceRequest):
    """The body of `POST /v1/storage/files:batch`."""

    operations: list[FileOperationRequest] = Field(min_length=1, max_length=MAX_OPERATIONS)


class OperationError(BaseModel):
    """Why an operation changed nothing, as in the error envelope."""

    message: str
    type: str = Field(
        description="`rate_limit_error` and `api_error`: the same operation may succeed later"
    )
    param: str | None
    code: str | None = Field(description="`not_reached`: there was no time for it")


class OperationResult(SpaceModel):
    """What became of one operation."""

    file_id: str
    op: Op
    ok: bool
    status: int = Field(description="The HTTP status of the same operation by itself")
    file: SpaceFile | None = Field(description="The file now; null in the trash or on an error")
    error: OperationError | None = Field(description="null: it is done")


class FilesBatchResults(SpaceModel):
    """The results, in the order of the operations."""

    results: list[OperationResult]

    @classmethod
    def of(cls, outcomes: Iterable[Outcome]) -> FilesBatchResults:
        """Return the outcomes as the Space shows them; unexpected errors are logged."""
        return cls(results=[_result(outcome) for outcome in outcomes])


def _invalid(problem: str) -> PydanticCustomError:
    return PydanticCustomError("operation", "{problem}", {"problem": problem})


def _result(outcome: Outcome) -> OperationResult:
    error, status = None, HTTPStatus.OK
    if outcome.error is not None:
        refused = answer_to(outcome.error, camel_case=True)
        assert refused.body is not None  # noqa: S101 - an error has an envelope
        error, status = OperationError(**refused.body["error"]), HTTPStatus(refused.status_code)
    return OperationResult(
        file_id=outcome.operation.file_id,
        op=outcome.operation.op,
        ok=error is None,
        status=status,
        file=None if outcome.file is None else SpaceFile.of(outcome.file),
        error=error,
    )

"""The artifacts and bundles that the requests of a batch refer to: checked, pinned, put in.

They are pinned when the batch is planned: their content is kept with the batch, so that it runs to
its end, and its retries too, whatever happens to them.
"""

from __future__ import annotations

import base64
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from larder.domain.batch_answers import Answer, Request
from larder.domain.batches import BatchError
from larder.domain.ids import parse_artifact_id, parse_bundle_id
from larder.services.artifacts.content import content_of
from larder_jsonl import MAX_LINE_BYTES
from larder_jsonl.endpoints import ROLES
from larder_jsonl.references import may_refer, put_in, references_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from larder.domain.artifacts import Artifact, Bundle
    from larder.domain.ids import ArtifactId, BundleId, TenantId
    from larder.services.artifacts.ports import ArtifactRecords
    from larder.services.clock import Clock
    from larder.services.object_store import ObjectStore

MAX_PINNED_BYTES = 16 * 2**20
"""Bytes of all artifacts of a batch together, as JSON: each of its workers holds them.

An artifact counts once for each place in a bundle, and once more if requests name it directly.
Records have the bytes of a text, and JSON has up to six for one of them. So a batch is refused by
its records when it is created, and by its content when it is planned.
"""

MAX_PINNED_ARTIFACTS = 500
"""Artifacts of a batch, with those in its bundles: its planner reads one after another."""

_PINNED = msgspec.msgpack.Decoder(dict[str, bytes])

TOO_LONG = Answer(
    413,
    b'{"error":{"message":"With its artifacts put in, the request has more than 32 MiB.",'
    b'"type":"invalid_request_error","param":"body","code":"request_too_large"}}',
)
"""The answer to a request that is too long once everything is put in."""


@dataclass(frozen=True, slots=True)
class Referred:
    """What requests refer to, and every way in which that cannot be put in.

    `artifacts` includes those in bundles; `direct` are the ones that requests name themselves.
    """

    direct: Sequence[ArtifactId]
    artifacts: Mapping[ArtifactId, Artifact]
    bundles: Mapping[BundleId, Bundle]
    errors: list[BatchError]


def find_referred(
    tenant: TenantId, report: Mapping[str, Any], *, artifacts: ArtifactRecords, clock: Clock
) -> Referred:
    """Return what a validated file refers to, as its validation reported it.

    Raises:
        ContentionError: there is no capacity for so many records at the moment.
    """
    # Reports of earlier versions have no references.
    ids: list[str] = report.get("references", [])
    wanted = [parsed for each in ids if (parsed := parse_artifact_id(each)) is not None]
    bundle_ids = [bundle for each in ids if (bundle := parse_bundle_id(each)) is not None]
    bundles = artifacts.get_bundles(tenant, bundle_ids) if bundle_ids else {}
    members = [member.artifact_id for each in bundles.values() for member in each.members]
    every = list(dict.fromkeys([*wanted, *members]))
    if len(every) > MAX_PINNED_ARTIFACTS:
        message = (
            f"The file refers to {len(every)} artifacts, with those in bundles, and a batch takes "
            f"{MAX_PINNED_ARTIFACTS}."
        )
        too_many = BatchError("too_many_artifacts", message, "input_file_id")
        return Referred(wanted, {}, bundles, [too_many])
    now = clock()
    found = artifacts.get_all(tenant, every) if every else {}
    there = {each: artifact for each, artifact in found.items() if not artifact.file.expired(now)}
    errors = [
        *(_missing("artifact", each) for each in wanted if each not in there),
        *(_missing("bundle", each) for each in bundle_ids if each not in bundles),
        *(error for each in bundles.values() for error in _errors_of(each, there)),
    ]
    size = sum(_least_bytes(there[each]) for each in (*wanted, *members) if each in there)
    if size > MAX_PINNED_BYTES:
        message = (
            f"The artifacts that the file refers to have {size} bytes together, and a batch takes "
            f"{MAX_PINNED_BYTES}."
        )
        errors.append(_too_large(message))
    return Referred(wanted, there, bundles, errors)


def pinned_bytes(
    tenant: TenantId, referred: Referred, *, objects: ObjectStore
) -> bytes | BatchError:
    """Return what a batch keeps of what its requests refer to, or what keeps it from that."""
    members = [member for each in referred.bundles.values() for member in each.members]
    uses = Counter([*referred.direct, *(member.artifact_id for member in members)])
    contents: dict[ArtifactId, bytes] = {}
    size = 0
    for artifact_id, artifact in referred.artifacts.items():
        data = content_of(tenant, artifact, objects=objects)
        if data is None:
            message = f"The artifact {artifact_id}, which the file refers to, was just deleted."
            return BatchError("artifact_not_found", message, "input_file_id")
        contents[artifact_id] = _as_string(artifact, data)
        size += uses[artifact_id] * len(contents[artifact_id])
        if size > MAX_PINNED_BYTES:
            return _too_large(
                f"The artifacts that the file refers to have more than {MAX_PINNED_BYTES} bytes "
                "together once they are written as JSON, where a quote, a backslash or a new line "
                "takes two bytes and another control character six."
            )
    kept: dict[str, bytes] = {each: contents[each] for each in referred.direct}
    for bundle_id, bundle in referred.bundles.items():
        kept[bundle_id] = b",".join(
            b'{"role":%s,"content":%s}'
            % (msgspec.json.encode(member.role), contents[member.artifact_id])
            for member in bundle.members
        )
    return msgspec.msgpack.encode(kept)


@dataclass(slots=True)
class Prompts:
    """What a worker puts into requests; `read` returns what is pinned, when it is first needed."""

    read: Callable[[], bytes]
    _contents: dict[str, bytes] | None = field(default=None)

    def added_bytes(self, request: Request) -> int:
        """Return by how many bytes a request grows, about."""
        return sum(len(self._content(each) or b"") for each in _references(request))

    def refusal(self, request: Request) -> Answer | None:
        """Return the answer to a request that cannot be completed; None for every other one."""
        for each in _references(request):
            if self._content(each) is None:
                return _not_pinned(each)
        if len(request.body) + self.added_bytes(request) > MAX_LINE_BYTES:
            return TOO_LONG
        return None

    def completed(self, request: Request) -> Request:
        """Return the request with everything put in."""
        if not may_refer(request.body):
            return request
        body = put_in(bytes(request.body), lambda each: self._content(each) or b"null")
        return msgspec.structs.replace(request, body=msgspec.Raw(body))

    def _content(self, referred: str) -> bytes | None:
        if self._contents is None:
            data = self.read()
            self._contents = _PINNED.decode(data) if data else {}
        return self._contents.get(referred)


def _references(request: Request) -> Iterable[str]:
    return references_in(bytes(request.body)) if may_refer(request.body) else ()


def _too_large(message: str) -> BatchError:
    return BatchError("artifacts_too_large", message, "input_file_id")


def _missing(kind: str, referred: str) -> BatchError:
    message = f"The file refers to the {kind} {referred}, which does not exist or has expired."
    return BatchError(f"{kind}_not_found", message, "input_file_id")


def _errors_of(bundle: Bundle, there: Mapping[ArtifactId, Artifact]) -> Iterable[BatchError]:
    for member in bundle.members:
        artifact = there.get(member.artifact_id)
        why = None
        if artifact is None:
            why = f"{member.artifact_id} in it was deleted or has expired"
        elif not artifact.is_text:
            why = f"{member.artifact_id} in it is no text, as the content of a message is"
        elif member.role not in ROLES:
            why = f"the role '{member.role}' in it is none of a message's: {', '.join(ROLES)}"
        if why is not None:
            message = f"The file refers to the bundle {bundle.id}, but {why}."
            yield BatchError("invalid_bundle", message, "input_file_id")


def _least_bytes(artifact: Artifact) -> int:
    """Return how many bytes the content has as JSON, if nothing in it is escaped."""
    size = artifact.file.bytes
    if artifact.is_text:
        return size + len('""')
    return len(_data_url(artifact, b"")) + -(-size // 3) * 4 + len('""')


def _as_string(artifact: Artifact, data: bytes) -> bytes:
    """Return content as JSON: text as it is, and bytes as a data URL, which image_url takes."""
    return msgspec.json.encode(data.decode() if artifact.is_text else _data_url(artifact, data))


def _data_url(artifact: Artifact, data: bytes) -> str:
    return f"data:{artifact.file.mime_type};base64,{base64.b64encode(data).decode()}"


def _not_pinned(referred: str) -> Answer:
    error = {
        "message": f"{referred} was not known when the batch was planned.",
        "type": "invalid_request_error",
        "param": "body",
        "code": "artifact_not_found",
    }
    return Answer(404, msgspec.json.encode({"error": error}))

"""Artifacts and bundles: what is taken and refused, and that nothing is charged for what fails."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest

from larder.domain.artifacts import MAX_COPIED_CONTENT, MAX_MEMBERS, Artifact, Retention
from larder.domain.errors import InvalidParameterError, NotFoundError, QuotaExceededError
from larder.domain.files import DAY
from larder.domain.ids import new_artifact_id
from larder.domain.quota import NOTHING, Amount
from larder.services.artifacts.content import read_artifact
from larder.services.artifacts.create import CreateArtifact, NewArtifact
from larder.services.artifacts.create_bundle import CreateBundle, NewBundle
from larder.services.artifacts.delete import delete_artifact, delete_bundle
from larder.services.artifacts.get import get_artifact, get_bundle, read_bundle
from larder.services.artifacts.list import list_artifacts, list_bundles
from larder.services.upkeep.clear_removed import clear_file
from larder.services.upkeep.receive_object import Arrival
from tests.fakes.clock import START
from tests.samples import OTHER, TENANT, a_file, a_project
from tests.unit.use_cases import receive, store

if TYPE_CHECKING:
    from tests.backends.memory import MemoryBackend

pytestmark = pytest.mark.usefixtures("tenant")

PNG = b"\x89PNG\r\n\x1a\n\0\xff"


def create(ports: MemoryBackend, content: str | None = "Be kind.", **fields: Any) -> Artifact:
    new = NewArtifact(**{"type": "text_context", "content": content, **fields})
    made: Artifact = ports.make(CreateArtifact)(TENANT, new)
    return made


def used(ports: MemoryBackend) -> Amount:
    return ports.snapshot().usage[TENANT].used


def content(ports: MemoryBackend, artifact_id: str) -> str | None:
    _, found = ports.make(read_artifact)(TENANT, artifact_id)
    text: str | None = found
    return text


def test_content_comes_back_as_it_was_given(ports: MemoryBackend) -> None:
    artifact = create(ports, "Sei höflich.\n", metadata={"n": 1.5, "list": [None, True]})

    assert ports.make(get_artifact)(TENANT, artifact.id) == artifact
    assert content(ports, artifact.id) == "Sei höflich.\n"
    assert json.loads(artifact.metadata) == {"n": 1.5, "list": [None, True]}
    assert used(ports) == Amount(files=1, bytes=14)


def test_an_attachment_is_sent_and_shown_in_base64(ports: MemoryBackend) -> None:
    encoded = base64.b64encode(PNG).decode()

    artifact = create(
        ports, encoded, type="binary_attachment", encoding="base64", media_type="image/png"
    )

    assert artifact.file.bytes == len(PNG)
    assert ports.objects.files[TENANT, artifact.id] == PNG
    assert content(ports, artifact.id) == encoded


def test_a_file_becomes_an_artifact_of_its_own(ports: MemoryBackend) -> None:
    file = store(ports, b"0123456789", filename="notes.md", mime_type="text/markdown")

    artifact = create(ports, None, file_id=file.id)
    ports.files.release(TENANT, file)
    ports.objects.delete(TENANT, file.id)

    assert content(ports, artifact.id) == "0123456789"
    assert (artifact.file.mime_type, artifact.file.filename) == ("text/markdown", "notes.md")
    assert artifact.file.sha256 == file.sha256


def test_the_bytes_of_a_file_become_an_attachment(ports: MemoryBackend) -> None:
    file = store(ports, PNG, filename="a.png")

    artifact = create(ports, None, file_id=file.id, type="binary_attachment")

    assert artifact.encoding == "base64"
    assert base64.b64decode(content(ports, artifact.id) or "") == PNG


def test_bytes_that_are_no_text_are_refused_as_text(ports: MemoryBackend) -> None:
    file = store(ports, PNG)

    with pytest.raises(InvalidParameterError, match="binary_attachment") as refused:
        create(ports, None, file_id=file.id)

    assert refused.value.param == "file_id"
    assert used(ports).files == 1


@pytest.mark.parametrize("size", [0, MAX_COPIED_CONTENT + 1])
def test_a_file_is_copied_up_to_64_mib(ports: MemoryBackend, size: int) -> None:
    ports.projects.set_limit(TENANT, Amount(files=9, bytes=10 * MAX_COPIED_CONTENT))
    file = a_file(size)
    ports.files.admit(TENANT, file)

    with pytest.raises(InvalidParameterError, match=f"has {size}"):
        create(ports, None, file_id=file.id)


@pytest.mark.parametrize("type_", ["text_context", "binary_attachment"])
def test_a_file_whose_bytes_have_not_come_is_not_found(ports: MemoryBackend, type_: str) -> None:
    file = a_file(10)
    ports.files.admit(TENANT, file)

    with pytest.raises(NotFoundError) as refused:
        create(ports, None, file_id=file.id, type=type_)

    assert refused.value.param == "file_id"
    assert used(ports) == Amount(files=1, bytes=10)


def test_another_projects_file_is_not_found(ports: MemoryBackend) -> None:
    a_project(ports, OTHER)
    file = a_file(10)
    ports.files.admit(OTHER, file)

    with pytest.raises(NotFoundError):
        create(ports, None, file_id=file.id)


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"type": "text"}, "artifact_type"),
        ({"retention": "forever"}, "retention_class"),
        ({"encoding": "gzip"}, "content_encoding"),
        ({"encoding": "base64"}, "content_encoding"),
        ({"content": ""}, "content"),
        ({"content": "é" * 2**19 + "."}, "content"),
        ({"content": None}, "content"),
        ({"file_id": "file-" + "0" * 24}, "file_id"),
        ({"content": None, "file_id": "file-" + "0" * 24}, "file_id"),
        ({"content": "no base64", "type": "binary_attachment", "encoding": "base64"}, "content"),
        ({"media_type": "text"}, "content_media_type"),
        ({"media_type": "text/plain\r\nX: y"}, "content_media_type"),
        ({"metadata": {"n": float("nan")}}, "metadata"),
        ({"metadata": {"x": "é" * 2**13}}, "metadata"),
    ],
)
def test_what_is_wrong_is_named_and_charged_for_by_nobody(
    ports: MemoryBackend, fields: dict[str, Any], param: str
) -> None:
    with pytest.raises((InvalidParameterError, NotFoundError)) as refused:
        create(ports, **fields)

    assert refused.value.param == param
    assert used(ports) == NOTHING
    assert ports.objects.files == {}


def test_content_has_up_to_a_mib(ports: MemoryBackend) -> None:
    ports.projects.set_limit(TENANT, Amount(files=9, bytes=2**21))

    artifact = create(ports, "é" * 2**19)

    assert artifact.file.bytes == 2**20
    assert content(ports, artifact.id) == "é" * 2**19


def test_text_that_does_not_fit_into_an_answer_is_only_downloaded(ports: MemoryBackend) -> None:
    ports.projects.set_limit(TENANT, Amount(files=9, bytes=2**21))

    artifact = create(ports, "\x01" * 2**20)

    assert content(ports, artifact.id) is None


@pytest.mark.parametrize(
    ("retention", "days", "life"),
    [
        ("ephemeral", 0, DAY),
        ("ephemeral", 9, DAY),
        ("standard", 0, None),
        ("standard", 9, 9 * DAY),
        ("extended", 0, None),
        ("extended", 9, 9 * DAY),
    ],
)
def test_it_lives_as_long_as_its_class(
    ports: MemoryBackend, retention: str, days: int, life: int | None
) -> None:
    ports.artifact_days = {Retention.STANDARD: days, Retention.EXTENDED: days}

    artifact = create(ports, retention=retention)

    assert artifact.file.expires_at == (None if life is None else int(START) + life)


def test_an_expired_one_is_gone_at_once_and_makes_room(ports: MemoryBackend) -> None:
    ports.projects.set_limit(TENANT, Amount(files=1, bytes=100))
    first = create(ports, retention="ephemeral")
    ports.clock.advance(DAY)

    with pytest.raises(NotFoundError):
        ports.make(get_artifact)(TENANT, first.id)
    second = create(ports)

    assert used(ports) == second.file.amount


def test_a_failed_put_costs_nothing(ports: MemoryBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports.objects, "put", lambda *_: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        create(ports)

    assert used(ports) == NOTHING


def test_a_full_project_says_how_many_artifacts_it_has(ports: MemoryBackend) -> None:
    ports.projects.set_limit(TENANT, Amount(files=2, bytes=100))
    create(ports)
    create(ports)

    with pytest.raises(QuotaExceededError, match=r"2 of them artifacts.*GET /v2/artifacts"):
        store(ports, b"one more")


def test_the_arrival_of_its_bytes_settles_it(ports: MemoryBackend) -> None:
    artifact = create(ports)

    assert receive(ports, artifact.id) is Arrival.PROCESSED
    assert receive(ports, artifact.id) is Arrival.ALREADY_SETTLED


def test_bytes_that_come_after_its_deletion_are_deleted(ports: MemoryBackend) -> None:
    artifact = create(ports)
    ports.make(delete_artifact)(TENANT, artifact.id)

    assert receive(ports, artifact.id) is Arrival.UNCLAIMED
    assert ports.objects.files == {}


def test_a_deletion_frees_its_quota_and_then_its_bytes(ports: MemoryBackend) -> None:
    artifact = create(ports)

    assert ports.make(delete_artifact)(TENANT, artifact.id) == artifact.id

    assert used(ports) == NOTHING
    [gone] = ports.removed()
    assert ports.make(clear_file)(TENANT, gone.item, gone.gone_at)
    assert ports.objects.files == {}
    with pytest.raises(NotFoundError):
        ports.make(delete_artifact)(TENANT, artifact.id)


@pytest.mark.parametrize(
    "artifact_id", ["art_" + "0" * 24, "art_", "", "file-" + "0" * 24, "bnd_" + "0" * 24]
)
def test_one_that_is_not_there_is_not_found(ports: MemoryBackend, artifact_id: str) -> None:
    for use_case in (get_artifact, read_artifact, delete_artifact):
        with pytest.raises(NotFoundError, match="No such Artifact object"):
            ports.make(use_case)(TENANT, artifact_id)


def test_an_artifact_is_no_file(ports: MemoryBackend) -> None:
    artifact = create(ports)

    with pytest.raises(NotFoundError):
        create(ports, None, file_id=artifact.id)


def bundle(ports: MemoryBackend, *members: tuple[str, str], **fields: Any) -> Any:
    return ports.make(CreateBundle)(TENANT, NewBundle(members, **fields))


def test_a_bundle_has_its_artifacts_in_order_and_as_often_as_given(ports: MemoryBackend) -> None:
    one, two = create(ports).id, create(ports).id

    made = bundle(ports, (two, "system"), (one, "user"), (two, "user"))

    found, there = ports.make(read_bundle)(TENANT, made.id)
    assert found == made
    assert [(each.artifact_id, each.role) for each in made.members] == [
        (two, "system"),
        (one, "user"),
        (two, "user"),
    ]
    assert there == {one, two}
    assert made.type == "agent_prefix"


def test_a_bundle_says_which_artifact_is_gone(ports: MemoryBackend) -> None:
    deleted, expired, kept = create(ports), create(ports, retention="ephemeral"), create(ports)
    made = bundle(ports, *((each.id, "system") for each in (deleted, expired, kept)))

    ports.make(delete_artifact)(TENANT, deleted.id)
    ports.clock.advance(DAY)

    _, there = ports.make(read_bundle)(TENANT, made.id)
    assert there == {kept.id}


def test_an_artifact_of_a_bundle_has_to_exist(ports: MemoryBackend) -> None:
    there = create(ports).id

    with pytest.raises(NotFoundError) as refused:
        bundle(ports, (there, "system"), (new_artifact_id(START), "user"))

    assert refused.value.param == "artifacts.1.artifact_id"
    assert used(ports).files == 1


@pytest.mark.parametrize(
    ("members", "fields", "param"),
    [
        ([], {}, "artifacts"),
        ([("art_" + "0" * 24, "a")] * (MAX_MEMBERS + 1), {}, "artifacts"),
        ([("file-" + "0" * 24, "a")], {}, "artifacts.0.artifact_id"),
        ([("art_" + "0" * 24, "")], {}, "artifacts.0.role"),
        ([("art_" + "0" * 24, "a b")], {}, "artifacts.0.role"),
        ([("art_" + "0" * 24, "a")], {"type": ""}, "bundle_type"),
        ([("art_" + "0" * 24, "a")], {"metadata": {"x": "y" * 2**14}}, "metadata"),
    ],
)
def test_what_is_wrong_with_a_bundle_is_named(
    ports: MemoryBackend, members: list[tuple[str, str]], fields: dict[str, Any], param: str
) -> None:
    with pytest.raises(InvalidParameterError) as refused:
        bundle(ports, *members, **fields)

    assert refused.value.param == param


def test_a_bundle_goes_and_its_artifacts_stay(ports: MemoryBackend) -> None:
    artifact = create(ports)
    made = bundle(ports, (artifact.id, "system"))

    assert ports.make(delete_bundle)(TENANT, made.id) == made.id

    assert used(ports) == artifact.file.amount
    for use_case in (get_bundle, delete_bundle):
        with pytest.raises(NotFoundError, match="No such Bundle object"):
            ports.make(use_case)(TENANT, made.id)


@pytest.mark.parametrize(
    ("given", "param"),
    [
        ({"limit": 0}, "limit"),
        ({"limit": 101}, "limit"),
        ({"after": "bnd_" + "0" * 24}, "after"),
        ({"artifact_type": "text"}, "artifact_type"),
    ],
)
def test_a_list_names_what_is_wrong(
    ports: MemoryBackend, given: dict[str, Any], param: str
) -> None:
    asked = {"limit": 9, "after": None, "artifact_type": None, **given}

    with pytest.raises(InvalidParameterError) as refused:
        ports.make(list_artifacts)(TENANT, **asked)

    assert refused.value.param == param


def test_a_list_of_bundles_begins_after_a_bundle(ports: MemoryBackend) -> None:
    with pytest.raises(InvalidParameterError) as refused:
        ports.make(list_bundles)(TENANT, limit=9, after="art_" + "0" * 24)

    assert refused.value.param == "after"

"""Operations of artifacts and bundles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.integration.artifacts import create_artifact, create_bundle, on_artifact, on_bundle

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.operations import Act, World


def _artifact(world: World) -> str:
    made: str = create_artifact(world.functions, world.tenant).json["id"]
    return made


def _bundle(world: World) -> str:
    made: str = create_bundle(world.functions, world.tenant, _artifact(world)).json["id"]
    return made


def artifacts_create(world: World) -> Act:
    def act() -> None:
        assert create_artifact(world.functions, world.tenant).status == 200

    return act


def artifacts_create_of_a_file(world: World) -> Act:
    file_id = world.file()

    def act() -> None:
        assert create_artifact(world.functions, world.tenant, file_id=file_id).status == 200

    return act


def bundles_create(world: World) -> Act:
    artifact_id = _artifact(world)

    def act() -> None:
        assert create_bundle(world.functions, world.tenant, artifact_id).status == 200

    return act


def on_an_artifact(verb: str) -> Callable[[World], Act]:
    def prepare(world: World) -> Act:
        artifact_id = _artifact(world)

        def act() -> None:
            assert on_artifact(world.functions, world.tenant, verb, artifact_id).status == 200

        return act

    return prepare


def on_a_bundle(verb: str) -> Callable[[World], Act]:
    def prepare(world: World) -> Act:
        bundle_id = _bundle(world)

        def act() -> None:
            assert on_bundle(world.functions, world.tenant, verb, bundle_id).status == 200

        return act

    return prepare


def listed(kind: str) -> Callable[[World], Act]:
    def prepare(world: World) -> Act:
        _bundle(world)

        def act() -> None:
            answer = world.functions.call(f"{kind}_list", world.tenant)
            assert len(answer.json["data"]) == 1

        return act

    return prepare

"""Functions in real Lambda containers, on tables and a bucket of the embedded AWS.

The resources are made without the functions' triggers: nothing but the container under test acts.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
import pytest

from larder.runtime.composition import Composition
from local.containers.engine import loopback_for_containers, require_engine
from local.containers.image import architecture, image_with_endpoint, runtime_image
from local.containers.sam import SamLocal, resolvable, shell_for
from local.emulator import Emulator
from local.sam import build
from local.state import DEFAULT, State
from tests.containers.world import World
from tests.moto_stack import MACHINE_ROLE, MotoStack, create_stack

if TYPE_CHECKING:
    from collections.abc import Iterator


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.docker)


@pytest.fixture(scope="session")
def state() -> State:
    state = State(DEFAULT / "containers")
    state.folder.mkdir(parents=True, exist_ok=True)
    state.forget()
    return state


@pytest.fixture(scope="session")
def emulator(state: State) -> Iterator[Emulator]:
    emulator = Emulator(state, port=0)
    emulator.start()
    emulator.wait_until_ready()
    yield emulator
    emulator.stop()


@pytest.fixture(scope="session")
def stack(emulator: Emulator) -> Iterator[MotoStack]:
    with pytest.MonkeyPatch.context() as shell:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            shell.delenv(name)
        for name, value in emulator.aws_settings.items():
            shell.setenv(name, value)
        # The emulator knows roles, and takes no state machine without its own; moto does.
        boto3.client("iam").create_role(
            RoleName=MACHINE_ROLE,
            AssumeRolePolicyDocument='{"Version":"2012-10-17","Statement":[]}',
        )
        yield create_stack()


@pytest.fixture(scope="session")
def sam(state: State, emulator: Emulator, stack: MotoStack) -> Iterator[SamLocal]:
    engine = require_engine()
    image = runtime_image()
    build(state)
    with loopback_for_containers(emulator.port, image) as endpoint:
        yield SamLocal(
            template=resolvable(state.build / "template.yaml"),
            image=image_with_endpoint(image, endpoint),
            architecture=architecture(),
            variables=stack.environment(),
            shell=shell_for(emulator.aws_settings, engine),
            folder=state.folder,
        )


@pytest.fixture
def world(stack: MotoStack) -> World:
    return World.begin(stack, Composition(stack.settings))

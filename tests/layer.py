"""botocore's data as the layer's build trims it, for tests to run on."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import botocore
import botocore.session
import pytest

from larder.adapters import aws
from layers.larder import trim

if TYPE_CHECKING:
    from collections.abc import Iterator

    from botocore.session import Session

ROOT = Path(__file__).parents[1]


def copy_data(packages: Path) -> None:
    """Copy botocore's data of the services that Larder uses into that folder of packages."""
    source = Path(botocore.__file__).parent / "data"
    target = packages / "botocore" / "data"
    target.mkdir(parents=True)
    for path in source.iterdir():
        if path.is_file():
            shutil.copyfile(path, target / path.name)
        elif path.name in trim.OPERATIONS:
            shutil.copytree(path, target / path.name)


@pytest.fixture(scope="session", autouse=True)
def as_in_the_layer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Let Larder's clients read the layer's data; moto and the tests read botocore's own."""
    folder = tmp_path_factory.mktemp("layer")
    copy_data(folder)
    trim.leave_out_operations(folder)
    trim.leave_out_endpoints(folder)

    def new_session() -> Session:
        session = botocore.session.get_session()
        session.set_config_variable("data_path", str(folder / "botocore" / "data"))
        return session

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(aws, "new_session", new_session)
        yield

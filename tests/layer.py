"""What the layer's build makes of the libraries, for tests to run on."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import botocore
import botocore.session
import pytest

from larder.adapters import aws

if TYPE_CHECKING:
    from collections.abc import Iterator

    from botocore.session import Session

ROOT = Path(__file__).parents[1]


def _trim() -> Any:
    spec = importlib.util.spec_from_file_location("trim", ROOT / "layers/larder/trim.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


trim = _trim()


def copy_data(target: Path) -> None:
    """Copy botocore's data, of no more services than would be cut down."""
    source = Path(botocore.__file__).parent / "data"
    target.mkdir(parents=True)
    for path in source.iterdir():
        if path.is_file():
            shutil.copyfile(path, target / path.name)
        elif path.name in trim.OPERATIONS:
            shutil.copytree(path, target / path.name)


@pytest.fixture(scope="session", autouse=True)
def as_in_the_layer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Have our clients read the data that the layer has; moto and the tests keep all of it."""
    folder = tmp_path_factory.mktemp("layer") / "data"
    copy_data(folder)
    trim.trim_data(folder)

    def new_session() -> Session:
        session = botocore.session.get_session()
        session.set_config_variable("data_path", str(folder))
        return session

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(aws, "new_session", new_session)
        yield

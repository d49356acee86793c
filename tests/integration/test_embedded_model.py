"""What `make run` says of an embedded model that does not start."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

import pytest

from larder.domain.upstreams import Upstream
from local import model
from local.model import EmbeddedModel
from local.state import State
from tests.fakes.upstreams import InMemoryUpstreams

if TYPE_CHECKING:
    from pathlib import Path

NO_LIBRARY = "libgomp.so.1: cannot open shared object file: No such file or directory"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (NO_LIBRARY, r"apt-get install libgomp1\), so batches need another upstream"),
        ("no such processor", r"did not start\. Its log: .*/model\.log"),
    ],
)
def test_a_model_that_does_not_start_is_no_upstream_and_says_what_is_missing(
    error: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "server.py"
    program.write_text(f"raise ImportError({error!r})")
    for name, path in (("INSTALLED", program), ("PYTHON", sys.executable), ("PROGRAM", program)):
        monkeypatch.setattr(model, name, path)
    upstreams = InMemoryUpstreams()
    upstreams.put(Upstream(model.NAME, "http://127.0.0.1:1/v1", ("*",), created_at=0))
    embedded = EmbeddedModel(State(tmp_path))

    embedded.start()
    message = embedded.register(upstreams)

    assert upstreams.list() == []
    assert message is not None
    assert re.search(said, message)

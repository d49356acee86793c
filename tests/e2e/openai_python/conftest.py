from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from openai import OpenAI

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def client() -> Iterator[OpenAI]:
    # Strict validation: a field of a wrong type or a missing one raises instead of passing.
    with OpenAI(
        base_url=os.environ["LARDER_BASE_URL"],
        api_key=os.environ["LARDER_API_KEY"],
        _strict_response_validation=True,
    ) as client:
        yield client

"""S3 and signed URLs, as LocalStack answers: the table says what AWS answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.witness.answers import S3
from tests.witness.table import rows

if TYPE_CHECKING:
    from tests.witness.world import World

ROWS = rows()


@pytest.mark.parametrize("name", S3)
def test_localstack_answers_as_the_table_says(world: World, name: str) -> None:
    assert S3[name](world) == ROWS[name].expected_of("localstack")

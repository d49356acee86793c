"""The names of projects."""

from __future__ import annotations

import pytest

from larder.domain.errors import InvalidParameterError
from larder.domain.projects import project_name


@pytest.mark.parametrize("name", ["a", "7", "demo", "team-a_2", "a" * 63])
def test_a_name_is_lowercase_letters_digits_hyphens_and_underscores(name: str) -> None:
    assert project_name(name) == name


@pytest.mark.parametrize(
    "name", ["", "-a", "_a", "Demo", "a b", "a.b", "a/b", "é", "a" * 64, "demo\n"]
)
def test_any_other_name_is_refused(name: str) -> None:
    with pytest.raises(InvalidParameterError) as refused:
        project_name(name)

    assert refused.value.param == "name"

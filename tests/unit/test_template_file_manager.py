"""The roles of the functions that a model works through: they can delete nothing for good."""

from __future__ import annotations

import pytest

from tests.policies import allowed

FILE_MANAGERS = ("chat", "mcp")


@pytest.mark.parametrize("function", FILE_MANAGERS)
def test_the_file_manager_may_not_delete_an_object(function: str) -> None:
    actions = {each.action for each in allowed()[function]}

    assert "s3:PutObject" in actions
    assert not {action for action in actions if action.startswith("s3:Delete")}
    assert not {action for action in actions if "*" in action}


@pytest.mark.parametrize("function", FILE_MANAGERS)
def test_the_file_manager_may_not_write_the_ledger_that_every_purge_writes(function: str) -> None:
    on_the_table = [each for each in allowed()[function] if each.resource.startswith("Store")]

    assert on_the_table
    for each in on_the_table:
        assert each.keys
        assert not {key for key in each.keys if key.startswith(("L", "*"))}

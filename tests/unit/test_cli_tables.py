"""The tables of the command line: nothing in them is cut off, however narrow the terminal is."""

from __future__ import annotations

import ast
import re
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from larder_cli.shared.tables import Columns, columns, print_table

CLI = Path(__file__).parents[2] / "cli"
NAMES = ("id", "name", "created UTC", "size")
ROW = ("file-01a22757e0184bd770ecc828", "a name that is long", "2026-11-29 12:50", "1.9 KiB")


def shown(table: Columns, width: int) -> str:
    """Return what a terminal of this width shows."""
    output = StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(output):
        for name, value in {"COLUMNS": str(width), "FORCE_COLOR": "1", "TERM": "xterm"}.items():
            patch.setenv(name, value)
        print_table(table)
    return re.sub(r"\x1b\[[0-9;]*m", "", output.getvalue())


def test_columns_disappear_in_their_order() -> None:
    def named(width: int) -> list[str]:
        table = columns(*NAMES, drop=("size", "created UTC"))
        table.add_row(*ROW)
        return [name for name in NAMES if name in shown(table, width)]

    assert named(200) == ["id", "name", "created UTC", "size"]
    assert named(75) == ["id", "name", "created UTC"]
    assert named(60) == ["id", "name"]


CELLS = st.text(st.sampled_from("ab -日本"), max_size=30)


@given(st.lists(st.tuples(CELLS, CELLS, CELLS), max_size=5), st.integers(20, 120))
def test_what_does_not_wrap_is_whole(rows: list[tuple[str, str, str]], width: int) -> None:
    table = columns("at", "end UTC", "next UTC", drop=("next UTC",))
    for row in rows:
        table.add_row(*row)

    text = shown(table, width)

    for first, second, third in rows:
        assert first.strip() in text
        assert second.strip() in text
        assert third.strip() in text or "next UTC" not in text


def calls() -> list[tuple[str, ast.Call]]:
    """Return every call of `columns` in a command."""
    return [
        (f"{path.stem}:{node.lineno}", node)
        for path in sorted(CLI.glob("larder_[co]*/**/*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("columns")
    ]


@pytest.mark.parametrize(("where", "call"), calls(), ids=[where for where, _ in calls()])
def test_a_wide_table_says_what_it_can_do_without(where: str, call: ast.Call) -> None:
    dropped = {each.arg for each in call.keywords}

    assert len(call.args) <= 3 or "drop" in dropped, where

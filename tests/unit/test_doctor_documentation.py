"""docs/first-deployment.md has a row for each request that `larder doctor` sends."""

from __future__ import annotations

import re

from larder_operator.doctor.preflight import LONGEST_STACK_NAME
from larder_operator.doctor.settle import SETTLE
from tests.support.template import ROOT

PAGE = (ROOT / "docs/first-deployment.md").read_text()


def test_every_request_has_its_row_in_the_same_order() -> None:
    table = PAGE.partition("| name | command | expected |")[2].partition("\n## ")[0]

    rows = re.findall(r"^\| ([a-z][^|]*?) \|", table, re.MULTILINE)

    assert rows == [name for name, _ in SETTLE]


def test_the_longest_name_of_a_stack_is_told() -> None:
    assert f"more than {LONGEST_STACK_NAME} characters" in PAGE

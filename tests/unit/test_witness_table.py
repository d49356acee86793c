"""tests/witness/aws.toml: no row without a request, no exception without a reason."""

from __future__ import annotations

from tests.support.template import ROOT
from tests.witness.answers import S3
from tests.witness.table import rows

ROWS = rows()


def test_every_row_has_its_request_or_names_the_test_that_shows_it() -> None:
    with_test = {name for name, row in ROWS.items() if row.shown_by}

    assert not with_test & S3.keys()
    assert with_test | S3.keys() == ROWS.keys()
    for name in with_test:
        assert (ROOT / ROWS[name].shown_by).is_file(), name


def test_every_answer_has_a_witness() -> None:
    kinds = ("snapshot", "docs: https://", "reports: ", "LocalStack", "RFC ", "botocore")

    for name, row in ROWS.items():
        assert row.claim.endswith("."), name
        assert row.witness.startswith(kinds), name


def test_every_exception_has_a_reason() -> None:
    for name, row in ROWS.items():
        for engine, exception in row.exceptions.items():
            assert engine in {"localstack", "emulator"}, name
            assert exception["answer"] != row.aws, name
            assert exception["because"].endswith("."), name

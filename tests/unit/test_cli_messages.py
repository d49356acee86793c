"""What the command line says: no words of the API, and one line for each kind of problem."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from larder.domain.errors import ProjectFullError, QuotaExceededError
from larder.domain.quota import Amount, Usage
from larder_cli.shared.api_words import in_commands
from larder_cli.shared.validation_report import print_problems
from larder_client import Problem, Validation

if TYPE_CHECKING:
    import pytest

# A request, or a parameter of one.
API_WORDS = re.compile(r"\b(GET|POST|PUT|PATCH|DELETE) /|/v1/|\?\w+=|\{\w+\}")


def report(
    errors: list[dict[str, Any]], warnings: list[dict[str, Any]], **counts: int
) -> Validation:
    return Validation(
        valid=not errors,
        total_lines=100_000,
        request_count=1,
        error_count=len(errors),
        warning_count=len(warnings),
        errors=tuple(Problem(**each) for each in errors),
        warnings=tuple(Problem(**each) for each in warnings),
        counts=counts,
    )


def test_ways_out_of_a_full_project_are_commands() -> None:
    assert not API_WORDS.search(in_commands(str(ProjectFullError())))


def test_ways_out_of_a_quota_are_commands() -> None:
    one, two = Amount(files=1, bytes=1), Amount(files=2, bytes=2)
    usage = Usage(limit=two, left=Amount(files=0, bytes=0), reserved=one, version=1)
    refused = str(QuotaExceededError(usage, one))

    assert API_WORDS.search(refused)
    assert not API_WORDS.search(in_commands(refused))
    assert "'larder uploads list'" in in_commands(refused)


def test_a_folder_that_is_not_empty_names_the_option() -> None:
    message = (
        "Folder 'a' is not empty. Delete it with ?recursive=true to move it to the trash with "
        "everything in it."
    )

    assert in_commands(message) == (
        "Folder 'a' is not empty. Give -r to move it to the trash with everything in it."
    )


def test_problems_of_one_kind_are_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    alike = [{"code": "invalid_url", "line": line, "message": "No."} for line in range(3, 1_003)]
    other = [{"code": "model_missing", "line": 9, "message": "No model.", "param": "body.model"}]

    print_problems(report(alike + other, [], invalid_url=42_000, model_missing=1))

    shown = capsys.readouterr().out
    assert shown.count("invalid_url") == 1
    assert "42,000" in shown
    assert "3, 4, 5, 6, 7, …" in shown
    assert "body.model" in shown
    assert "--json shows each" in shown


def test_an_error_and_a_warning_of_one_code_are_not_mixed_up(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code = "missing_required_parameter"
    error = {"code": code, "line": 1, "message": "custom_id is missing."}
    warning = {"code": code, "line": 2, "message": "body.input is missing.", "severity": "warning"}

    print_problems(report([error], [warning], missing_required_parameter=2))

    counts = re.findall(rf"{code} +(\d+)", capsys.readouterr().out)
    assert counts == ["1", "1"]

"""What the command line says: no words of the API, and one line for each kind of problem."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from larder.domain.artifacts import checked_media_type, checked_metadata, member_of
from larder.domain.errors import InvalidParameterError, ProjectFullError, QuotaExceededError
from larder.domain.files import checked_lifetime
from larder.domain.quota import Amount, Usage
from larder_cli.failures import explain
from larder_cli.shared.api_words import in_commands
from larder_cli.shared.validation_report import print_problems
from larder_client import Problem, Validation
from tests.support.template import RESOURCES

if TYPE_CHECKING:
    from collections.abc import Callable

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


def gateway_answer(kind: str) -> str:
    responses = RESOURCES["Api"]["Properties"]["GatewayResponses"]
    body = responses[kind]["ResponseTemplates"]["application/json"]
    message: str = json.loads(body)["error"]["message"]
    return message


def test_a_refused_key_is_no_matter_of_headers() -> None:
    refused = gateway_answer("UNAUTHORIZED")

    assert API_WORDS.search(refused)
    assert in_commands(refused) == "Missing, incorrect or revoked API key."


@pytest.mark.parametrize("param", ["expires_after[seconds]", "output_expires_after.seconds"])
def test_a_lifetime_is_that_of_the_option(param: str) -> None:
    with pytest.raises(InvalidParameterError) as refused:
        checked_lifetime(1, param=param)

    assert in_commands(str(refused.value)) == "--expires-after must be between 1h and 30d."


@pytest.mark.parametrize(
    ("wrong", "option"),
    [
        (lambda: checked_media_type("text"), "--media-type"),
        (lambda: checked_metadata({"a": float("nan")}), "--metadata"),
        (lambda: member_of("art_1", "system", param="artifacts.3"), "ARTIFACT"),
        (lambda: member_of("art_" + "0" * 24, "no role", param="artifacts.3"), "ROLE"),
    ],
)
def test_what_an_artifact_lacks_is_named_as_its_option(
    wrong: Callable[[], object], option: str
) -> None:
    with pytest.raises(InvalidParameterError) as refused:
        wrong()

    assert in_commands(str(refused.value)).startswith(f"{option} must ")


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


def test_a_name_that_is_not_utf_8_is_named() -> None:
    with pytest.raises(UnicodeEncodeError) as failed:
        "a\udcff".encode()

    assert explain(failed.value) == r"'a\udcff' is not valid UTF-8."

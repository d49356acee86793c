"""The parameter LogLevel, rendered: what Lambda lets through and what Powertools logs."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from aws_lambda_powertools.logging import Logger

from tests.support.template import FUNCTIONS, TEMPLATE, rendered

GLOBALS: dict[str, Any] = TEMPLATE["Globals"]["Function"]
VARIABLES: dict[str, Any] = GLOBALS["Environment"]["Variables"]
# https://docs.aws.amazon.com/lambda/latest/api/API_LoggingConfig.html
OF_LAMBDA = {"DEBUG": "DEBUG", "INFO": "INFO", "WARNING": "WARN", "ERROR": "ERROR"}


def test_every_level_that_may_be_chosen_has_one_of_lambda() -> None:
    assert TEMPLATE["Parameters"]["LogLevel"]["AllowedValues"] == list(OF_LAMBDA)


@pytest.mark.parametrize("level", OF_LAMBDA)
def test_lambda_and_powertools_have_the_chosen_level(
    level: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    of_lambda = rendered(GLOBALS["LoggingConfig"]["ApplicationLogLevel"], LogLevel=level)
    of_powertools = rendered(VARIABLES["POWERTOOLS_LOG_LEVEL"], LogLevel=level)

    # Lambda tells a function its level by this variable. Powertools warns when its own differs.
    monkeypatch.setenv("AWS_LAMBDA_LOG_LEVEL", of_lambda)
    monkeypatch.setenv("POWERTOOLS_LOG_LEVEL", of_powertools)
    logger = Logger(service=f"level {level}")

    assert of_lambda == OF_LAMBDA[level]
    assert logger.log_level == logging.getLevelName(level)


def test_no_function_has_a_level_of_its_own() -> None:
    assert GLOBALS["LoggingConfig"]["LogFormat"] == "JSON"
    assert not any("LoggingConfig" in function for function in FUNCTIONS.values())

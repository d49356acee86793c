"""Executions of the state machine, as Step Functions answers about them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from larder.adapters import aws
from larder.adapters.step_functions import StepFunctionsExecutions
from larder.domain.ids import BatchId
from larder.services.batches.ports import ExecutionNotStartedError
from tests.layer import as_in_the_layer  # noqa: F401 - a fixture
from tests.moto_stack import CREDENTIALS
from tests.samples import TENANT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_stepfunctions import SFNClient

BATCH = BatchId("batch_01977420dc00ee53e923764e")
MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:Batches"
EXECUTION = "arn:aws:states:us-east-1:123456789012:execution:Batches"
START = {
    "stateMachineArn": MACHINE,
    "name": f"{BATCH}-2",
    "input": json.dumps(
        {
            "tenant": TENANT,
            "batch": BATCH,
            "bucket": "a-bucket",
            "shards": f"batches/{TENANT}/{BATCH}/shards.json",
        }
    ),
}
ASKED = {"executionArn": f"{EXECUTION}:{BATCH}-2"}


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> SFNClient:
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    return aws.stepfunctions_client(aws.new_session())


@pytest.fixture
def stubbed(client: SFNClient) -> Iterator[Stubber]:
    with Stubber(client) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


@pytest.fixture
def executions(client: SFNClient) -> StepFunctionsExecutions:
    return StepFunctionsExecutions(client, MACHINE, "a-bucket")


def test_an_execution_is_started_with_what_the_machine_reads(
    executions: StepFunctionsExecutions, stubbed: Stubber
) -> None:
    answer = {"executionArn": f"{EXECUTION}:{BATCH}-2", "startDate": "2026-01-01T00:00:00Z"}
    stubbed.add_response("start_execution", answer, START)

    executions.start(TENANT, BATCH, 2)


def test_an_execution_that_was_started_already_is_enough(
    executions: StepFunctionsExecutions, stubbed: Stubber
) -> None:
    stubbed.add_client_error("start_execution", "ExecutionAlreadyExists", expected_params=START)

    executions.start(TENANT, BATCH, 2)


@pytest.mark.parametrize(
    ("status", "running"),
    [
        ("RUNNING", True),
        ("SUCCEEDED", False),
        ("FAILED", False),
        ("TIMED_OUT", False),
        ("ABORTED", False),
    ],
)
def test_only_a_running_execution_is_running(
    executions: StepFunctionsExecutions, stubbed: Stubber, status: str, *, running: bool
) -> None:
    answer = {
        "executionArn": f"{EXECUTION}:{BATCH}-2",
        "stateMachineArn": MACHINE,
        "status": status,
        "startDate": "2026-01-01T00:00:00Z",
    }
    stubbed.add_response("describe_execution", answer, ASKED)

    assert executions.running(BATCH, 2) is running


def test_an_execution_that_never_was_is_not_running(
    executions: StepFunctionsExecutions, stubbed: Stubber
) -> None:
    stubbed.add_client_error("describe_execution", "ExecutionDoesNotExist", expected_params=ASKED)

    assert not executions.running(BATCH, 2)


@pytest.mark.parametrize("code", ["AccessDeniedException", "StateMachineDoesNotExist"])
def test_other_errors_are_told(
    executions: StepFunctionsExecutions, stubbed: Stubber, code: str
) -> None:
    stubbed.add_client_error("start_execution", code)
    stubbed.add_client_error("describe_execution", code)

    with pytest.raises(ExecutionNotStartedError) as failed:
        executions.start(TENANT, BATCH, 2)
    with pytest.raises(ClientError, match=code):
        executions.running(BATCH, 2)
    assert code in str(failed.value.__cause__)


def test_a_service_that_is_away_has_started_nothing(executions: StepFunctionsExecutions) -> None:
    """Sockets are blocked here, as a network that drops everything is."""
    with pytest.raises(ExecutionNotStartedError):
        executions.start(TENANT, BATCH, 2)


def test_a_start_takes_less_than_a_request_has(client: SFNClient) -> None:
    config: Any = client.meta.config
    tries = config.retries["total_max_attempts"]

    assert tries * (config.connect_timeout + config.read_timeout) <= 6


def test_a_name_is_as_long_as_step_functions_takes() -> None:
    assert len(f"{BATCH}-999999") <= 80

"""What the functions log: enough to follow a file by its id, and nothing that a client sent."""

from __future__ import annotations

import base64
import io
import json
import logging
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import botocore.client
import pytest
from botocore.exceptions import BotoCoreError, ClientError, ConnectionClosedError
from urllib3.filepost import encode_multipart_formdata

from larder.runtime.observability import count, logger
from tests.integration.files import GOOD_LINE, get, upload
from tests.integration.uploads import create, on_upload
from tests.integration.workers import removal
from tests.moto_stack import ROOT
from tests.support.events import arrival, recorded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from larder.domain.ids import TenantId
    from tests.integration.conftest import Functions
    from tests.moto_stack import MotoStack

KEY = "zk_live_PLANTED" + "k" * 36
NAME = "planted-name.jsonl"
CONTENT = "planted-content"
QUERY = "planted-query"
IDEMPOTENCY = "planted-idempotency"
RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}(Z|[+-]\d\d:\d\d)")
PLANTED = (KEY, NAME, CONTENT, QUERY, IDEMPOTENCY, "planted-path", "planted-by-aws", "X-Amz-")

FUNCTIONS = sorted(
    (path.parent.name for path in ROOT.glob("functions/*/app.py")), key=len, reverse=True
)
EVENTS = sorted(path.stem for path in ROOT.glob("events/*.json"))


class Log:
    """What is printed, and what Powertools' logger writes to the stream it found at import."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self.stream = io.StringIO()
        self._capsys = capsys
        self._printed = ""

    def getvalue(self) -> str:
        self._printed += self._capsys.readouterr().out
        return self._printed + self.stream.getvalue()


@pytest.fixture
def log(capsys: pytest.CaptureFixture[str]) -> Iterator[Log]:
    written = Log(capsys)
    handlers = [each for each in logger.handlers if isinstance(each, logging.StreamHandler)]
    assert handlers
    before = [(handler, handler.setStream(written.stream)) for handler in handlers]
    yield written
    for handler, stream in before:
        handler.setStream(stream)


def lines(log: Log) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.getvalue().splitlines()]


def metrics(log: Log) -> dict[str, float]:
    """Return the sums of the values in CloudWatch's embedded metric format."""
    found: dict[str, float] = {}
    for line in lines(log):
        for directive in line.get("_aws", {}).get("CloudWatchMetrics", []):
            for metric in directive["Metrics"]:
                name = metric["Name"]
                found[name] = found.get(name, 0) + sum(line[name])
    return found


def function_of(event: str) -> str:
    return next(name for name in FUNCTIONS if event.startswith(name))


def with_secrets(name: str) -> dict[str, Any]:
    """Return the recorded event with a marker wherever a client may send any text."""
    event = recorded(name)
    for record in event.get("Records", []):
        image = record.get("dynamodb", {}).get("OldImage", {})
        for attribute in {"filename", "mime_type"} & image.keys():
            image[attribute] = {"S": NAME}
    if "httpMethod" not in event:
        return event
    body, content_type = encode_multipart_formdata(
        {field: (NAME, CONTENT.encode(), "text/plain") for field in ("file", "data")}
    )
    is_form = any("multipart" in value for value in event["headers"].values())
    event["headers"] |= {
        "Authorization": f"Bearer {KEY}",
        "x-api-key": KEY,
        "Idempotency-Key": IDEMPOTENCY,
        "Content-Type": content_type if is_form else "application/json",
        "User-Agent": CONTENT,
    }
    event["multiValueHeaders"] = {name: [value] for name, value in event["headers"].items()}
    event["queryStringParameters"] = {"purpose": QUERY, "expiry": QUERY}
    event["multiValueQueryStringParameters"] = {"purpose": [QUERY], "expiry": [QUERY]}
    event["body"] = base64.b64encode(
        body if is_form else json.dumps({"filename": NAME, "bytes": CONTENT}).encode()
    ).decode()
    event["isBase64Encoded"] = True
    return event


@pytest.mark.parametrize("name", EVENTS)
@pytest.mark.parametrize("aws", ["up", "refusing", "out of reach"])
def test_nothing_that_a_client_sent_is_logged(
    functions: Functions,
    log: Log,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    aws: str,
) -> None:
    if aws != "up":

        def refuse(*_: Any) -> Any:
            if aws == "out of reach":
                raise ConnectionClosedError(endpoint_url=f"https://planted-by-aws/{NAME}")
            message = f"planted-by-aws {NAME}"
            raise ClientError({"Error": {"Code": "Invalid", "Message": message}}, "Operation")

        monkeypatch.setattr(botocore.client.BaseClient, "_make_api_call", refuse)
    event = with_secrets(name)

    # The authorizer and the sweeper fail loudly, by the error itself; they know no client's data.
    with suppress(ClientError, BotoCoreError):
        functions.invoke(function_of(name), event)

    for planted in PLANTED:
        assert planted not in log.getvalue()


@pytest.mark.parametrize(
    "path", ["planted-path", "../planted-path", "file-" + "0" * 24 + "planted-path"]
)
def test_a_path_that_is_not_an_id_is_not_logged(
    functions: Functions, tenant: TenantId, log: Log, path: str
) -> None:
    get(functions, tenant, path)

    [request] = [line for line in lines(log) if line.get("message") == "request"]
    assert "object_id" not in request
    assert "planted-path" not in log.getvalue()


def test_the_contents_of_a_batch_file_are_not_logged(
    functions: Functions, stack: MotoStack, tenant: TenantId, log: Log
) -> None:
    line = GOOD_LINE.replace(b'"a"', b'"planted-content"')
    data = line + b"\n" + line + b"\n{planted-content}\n"
    file = upload(functions, tenant, data, filename=NAME).json
    functions.invoke("on_object_created", arrival(f"files/{tenant}/{file['id']}"))
    assert get(functions, tenant, file["id"]).json["status"] == "error"
    for route in ("files_url", "files_content", "files_validation"):
        get(functions, tenant, file["id"], route, queryStringParameters=None)
    event = removal(stack, tenant, file["id"])
    get(functions, tenant, file["id"], "files_delete")
    functions.invoke("on_file_removed", event)

    for planted in PLANTED:
        assert planted not in log.getvalue()


def test_a_file_can_be_followed_by_its_id_from_the_request_to_the_worker(
    functions: Functions, stack: MotoStack, tenant: TenantId, log: Log
) -> None:
    # An event of S3 carries the object's key and nothing else of ours: the id has to do.
    upload_id = create(functions, tenant).json["id"]
    file_id = upload_id.replace("upload_", "file-")
    key = f"files/{tenant}/{file_id}"
    stack.s3.put_object(Bucket=stack.settings.files_bucket, Key=key, Body=b"some bytes")
    functions.invoke("on_object_created", arrival(key))
    on_upload(functions, tenant, "get", upload_id)
    event = removal(stack, tenant, file_id)
    get(functions, tenant, file_id, "files_delete")
    functions.invoke("on_file_removed", event)

    about = [line for line in lines(log) if upload_id[-24:] in json.dumps(line)]

    assert [(line["message"], line.get("route")) for line in about] == [
        ("request", "/v1/uploads"),
        ("object_received", None),
        ("request", "/v1/uploads/{upload_id}"),
        ("request", "/v1/files/{file_id}"),
        ("record_removed", None),
    ]
    assert {line["tenant"] for line in about} == {tenant}
    assert all(line["correlation_id"] for line in about)


@pytest.mark.parametrize(
    ("error", "logged"),
    [
        (
            ClientError({"Error": {"Code": "ThrottlingException", "Message": "x"}}, "GetItem"),
            "ClientError ThrottlingException",
        ),
        (ConnectionClosedError(endpoint_url="https://x"), "ConnectionClosedError"),
    ],
)
def test_the_log_line_of_a_failure_says_what_failed_and_where(
    functions: Functions,
    tenant: TenantId,
    log: Log,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    logged: str,
) -> None:
    def refuse(*_: Any) -> Any:
        raise error

    monkeypatch.setattr(botocore.client.BaseClient, "_make_api_call", refuse)

    answer = functions.call("files_get", tenant)

    assert answer.status == 500
    assert answer.json["error"]["type"] == "api_error"

    [failure] = [line for line in lines(log) if line.get("message") == "unhandled"]
    assert failure["level"] == "ERROR"
    assert failure["error"] == [logged]
    assert any("services/files/get.py" in frame for frame in failure["frames"])
    assert metrics(log) == {"InternalError": 1}


def test_a_record_that_fails_is_logged_and_counted(
    functions: Functions, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> Any:
        raise ClientError({"Error": {"Code": "InternalServerError", "Message": "x"}}, "GetItem")

    monkeypatch.setattr(botocore.client.BaseClient, "_make_api_call", refuse)

    answer = functions.invoke("on_object_created", recorded("on_object_created"))

    assert len(answer["batchItemFailures"]) == 1
    assert [line["error"] for line in lines(log) if line.get("message") == "record_failed"] == [
        ["ClientError InternalServerError"]
    ]
    assert metrics(log) == {"RecordFailed": 1}


def test_a_line_has_the_time_without_which_lambda_takes_it_for_info(
    functions: Functions, tenant: TenantId, log: Log
) -> None:
    upload(functions, tenant, GOOD_LINE)

    written = lines(log)

    assert {"request", None} <= {line.get("message") for line in written}
    assert all(RFC_3339.fullmatch(line["timestamp"]) for line in written)


@pytest.mark.parametrize("level", ["DEBUG", "INFO", "WARN", "ERROR"])
def test_a_metric_passes_whatever_level_lambda_lets_through(
    log: Log, monkeypatch: pytest.MonkeyPatch, level: str
) -> None:
    monkeypatch.setenv("AWS_LAMBDA_LOG_LEVEL", level)
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "Larder")
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "larder")

    count("RecordFailed")

    [line] = lines(log)
    assert (line["RecordFailed"], line["level"]) == ([1.0], level)


def test_what_happens_to_quota_and_files_is_measured(
    functions: Functions, tenant: TenantId, log: Log
) -> None:
    file = upload(functions, tenant, GOOD_LINE).json
    pending = create(functions, tenant).json
    create(functions, tenant, bytes=2**30)
    functions.invoke("on_object_created", arrival(f"files/{tenant}/{file['id']}"))
    on_upload(functions, tenant, "cancel", pending["id"])
    get(functions, tenant, file["id"], "files_delete")

    found = metrics(log)

    assert found.pop("ArrivalDuration") >= 0
    assert found == {
        "Admitted": 2,
        "AdmittedBytes": len(GOOD_LINE) + pending["bytes"],
        "QuotaExceeded": 1,
        # A batch file in a request is validated before the answer.
        "ArrivalAlreadySettled": 1,
        "GivenBack": 2,
    }

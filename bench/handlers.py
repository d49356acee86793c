"""What the functions are called with and must answer, in a process apart from the others."""

import base64
import json
import os
import secrets
import subprocess
import sys
from collections.abc import Callable
from typing import Any

from bench.stub_aws import CONTENT, PAGE, TENANT
from tests.support.events import recorded

MIB = 2**20
UPLOAD = 2 * MIB - 4096
"""Bytes of the file in an upload whose form is a little under 2 MiB."""

STACK = {
    "STORE_TABLE": "Store",
    "KEYS_TABLE": "Keys",
    "FILES_BUCKET": "larder-files",
    "EVENTS_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/events",
    "CLEANUPS_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/cleanups",
    "PEPPER_SECRET_ID": "pepper",
    "CURSOR_SECRET_ID": "cursor",
    "PYDANTIC_DISABLE_PLUGINS": "true",
    "POWERTOOLS_SERVICE_NAME": "larder",
    "POWERTOOLS_METRICS_NAMESPACE": "Larder",
    "AWS_LAMBDA_FUNCTION_NAME": "larder",
}


def event(name: str) -> dict[str, Any]:
    """Return what the function is called with: its recorded event, made as large as is measured."""
    found = recorded(name)
    if name == "files_list":
        found["queryStringParameters"] = {"limit": str(PAGE)}
        found["multiValueQueryStringParameters"] = {"limit": [str(PAGE)]}
    if name == "files_create":
        boundary = "----formdata-larder-7c1d2e9f"
        head = (
            f'--{boundary}\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nuser_data\r\n'
            f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="a.bin"\r\n'
            "Content-Type: application/octet-stream\r\n\r\n"
        )
        body = head.encode() + secrets.token_bytes(UPLOAD) + f"\r\n--{boundary}--\r\n".encode()
        found["body"] = base64.b64encode(body).decode()
    return found


def check(name: str, answer: dict[str, Any]) -> None:
    """See that the answer is the right one, or stop: what is wrong need not be measured."""
    if name == "authorize":
        right = answer["context"]["tenant"] == TENANT
    elif answer["statusCode"] != 200:
        right = False
    elif answer["isBase64Encoded"]:
        right = base64.b64decode(answer["body"]) == CONTENT
    else:
        body = json.loads(answer["body"])
        match name:
            case "files_list":
                right = len(body["data"]) == PAGE and body["has_more"]
            case "files_create":
                right = body["bytes"] == UPLOAD
            case "files_delete":
                right = body["deleted"]
            case "files_url":
                right = "X-Amz-Signature=" in body["url"]
            case _:
                right = body["bytes"] == len(CONTENT)
    if not right:
        message = f"wrong answer of {name}, so nothing was measured: {str(answer)[:500]}"
        raise SystemExit(message)


def in_a_process(module: str, *arguments: str, environment: dict[str, str]) -> dict[str, float]:
    """Return what that module, run with these arguments, tells `apart_from_logs`."""
    command = [sys.executable, "-m", module, *arguments]
    everything = {**os.environ, **STACK, **environment}
    done = subprocess.run(command, env=everything, stdout=subprocess.PIPE, text=True, check=True)
    answer: dict[str, float] = json.loads(done.stdout)
    return answer


def apart_from_logs(tell: Callable[[], object]) -> None:
    """Print what `tell` returns, as JSON; what functions log goes nowhere, as fast as to Lambda."""
    printed, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.write(printed, json.dumps(tell()).encode())

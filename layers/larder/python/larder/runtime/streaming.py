"""A Lambda runtime whose responses are sent in pieces, which Lambda's own for Python does not do.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html#runtimes-custom-response-streaming
"""

from __future__ import annotations

import base64
import json
import os
import time
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from typing import TYPE_CHECKING, Any, NoReturn

from larder.runtime.observability import log_failure, logger

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    type StreamingHandler = Callable[[dict[str, Any], StreamingContext], None]

_RUNTIME = "/2018-06-01/runtime"
_ERROR_TYPE = "Lambda-Runtime-Function-Error-Type"
_ERROR_BODY = "Lambda-Runtime-Function-Error-Body"
_END_OF_METADATA = b"\0" * 8
"""https://docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode-lambda.html"""


class RuntimeApiError(Exception):
    """Lambda gives this process no invocation: it has to end."""


@dataclass(slots=True)
class StreamingContext:
    """The part of Lambda's context that handlers read, and the response of the invocation."""

    aws_request_id: str
    invoked_function_arn: str
    deadline_ms: int
    response: LambdaResponse
    function_name: str
    memory_limit_in_mb: int

    def get_remaining_time_in_millis(self) -> int:
        """Return how long the function may still run."""
        return max(0, self.deadline_ms - round(time.time() * 1000))


class LambdaResponse:
    """`ResponseStream` of one invocation, over the Runtime API.

    A client that has gone, or Lambda's refusal, does not end what the handler is doing.
    """

    def __init__(self, address: str, request_id: str) -> None:
        self.sent = bytearray()
        self.begun = False
        self._lost = False
        self._path = f"{_RUNTIME}/invocation/{request_id}"
        self._connection = HTTPConnection(address)

    def begin(self, status: int, headers: Mapping[str, Sequence[str]]) -> None:
        """Send the status and the headers."""
        self.begun = True
        metadata = {"statusCode": status, "multiValueHeaders": headers}
        try:
            self._connection.putrequest("POST", f"{self._path}/response")
            for name, value in (
                ("Content-Type", "application/vnd.awslambda.http-integration-response"),
                ("Lambda-Runtime-Function-Response-Mode", "streaming"),
                ("Transfer-Encoding", "chunked"),
                ("Trailer", f"{_ERROR_TYPE}, {_ERROR_BODY}"),
            ):
                self._connection.putheader(name, value)
            self._connection.endheaders()
        except OSError as error:
            self._lose(error)
        self._send_chunk(json.dumps(metadata).encode() + _END_OF_METADATA)

    def write(self, data: bytes) -> None:
        """Send a piece of the body."""
        self.sent += data
        if data:
            self._send_chunk(data)

    def end(self) -> None:
        """Say that this was all.

        Raises:
            RuntimeError: there is no response.
        """
        if not self.begun:
            message = "the handler has sent no response"
            raise RuntimeError(message)
        self._send(b"0\r\n\r\n")
        self._hear()

    def fail(self, error: Exception) -> None:
        """Report the error: in place of the response, or at its end if it has begun."""
        kind = type(error).__name__
        # Without its message, which may quote what a client has sent; the log says where it was.
        body = json.dumps({"errorMessage": "See the function's log.", "errorType": kind}).encode()
        if self.begun:
            coded = base64.b64encode(body).decode()
            self._send(f"0\r\n{_ERROR_TYPE}: {kind}\r\n{_ERROR_BODY}: {coded}\r\n\r\n".encode())
        else:
            headers = {"Content-Type": "application/json", _ERROR_TYPE: kind}
            try:
                self._connection.request("POST", f"{self._path}/error", body, headers)
            except OSError as lost:
                self._lose(lost)
        self._hear()

    def _send_chunk(self, data: bytes) -> None:
        self._send(b"%x\r\n%b\r\n" % (len(data), data))

    def _send(self, data: bytes) -> None:
        if self._lost:
            return
        try:
            self._connection.send(data)
        except OSError as error:
            self._lose(error)

    def _hear(self) -> None:
        try:
            if not self._lost:
                status = self._connection.getresponse().status
                if status != HTTPStatus.ACCEPTED:
                    logger.error("response_refused", extra={"status": status})
        except (OSError, HTTPException) as error:
            self._lose(error)
        finally:
            self._connection.close()

    def _lose(self, error: Exception) -> None:
        self._lost = True
        log_failure("response_lost", error)


def serve(handler: StreamingHandler, address: str | None = None) -> NoReturn:
    """Have the handler answer one invocation after the other, for ever.

    The address is the Runtime API's, by default what Lambda says.

    Raises:
        RuntimeApiError: Lambda gives no invocation. So does OSError, if it does not answer at all.
    """
    address = address or os.environ["AWS_LAMBDA_RUNTIME_API"]
    while True:
        event, context = _next(address)
        response = context.response
        try:
            handler(json.loads(event), context)
            response.end()
        except Exception as error:  # noqa: BLE001 - reported, as Lambda's runtime does
            log_failure("invocation", error)
            response.fail(error)


def _next(address: str) -> tuple[bytes, StreamingContext]:
    # It waits as long as there is nothing to do, and Lambda stops the process meanwhile.
    connection = HTTPConnection(address)
    try:
        connection.request("GET", f"{_RUNTIME}/invocation/next")
        found = connection.getresponse()
        event = found.read()
    finally:
        connection.close()
    if found.status != HTTPStatus.OK:
        message = f"the Runtime API answers {found.status}"
        raise RuntimeApiError(message)
    if trace := found.headers.get("Lambda-Runtime-Trace-Id"):
        os.environ["_X_AMZN_TRACE_ID"] = trace
    request_id = found.headers["Lambda-Runtime-Aws-Request-Id"]
    return event, StreamingContext(
        request_id,
        found.headers["Lambda-Runtime-Invoked-Function-Arn"],
        int(found.headers["Lambda-Runtime-Deadline-Ms"]),
        LambdaResponse(address, request_id),
        os.environ["AWS_LAMBDA_FUNCTION_NAME"],
        int(os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]),
    )

"""MiniStack 1.5.33, with what it leaves out that `gaps.py` cannot make up for through its APIs.

Run by the emulator's own Python, which has nothing of Larder's. One function a gap.
"""

import sys
from contextvars import ContextVar
from typing import Any

from ministack import app  # type: ignore[import-not-found]
from ministack.core import lambda_runtime  # type: ignore[import-not-found]
from ministack.services import lambda_svc  # type: ignore[import-not-found]
from ministack.services.cloudformation import provisioners  # type: ignore[import-not-found]


def retry_stream_records_that_failed() -> None:
    """Gap: what a stream's function says has failed (`batchItemFailures`) is passed over.

    Lambda comes back to the first of those records. Here the whole batch comes back, as it does
    after an error of the function: more is repeated than on AWS, nothing is lost.
    """
    poll = lambda_svc._poll_dynamodb_streams  # noqa: SLF001 - there is no other way in
    execute = lambda_svc._execute_function  # noqa: SLF001
    polling = ContextVar("polling", default=False)

    def poll_streams() -> bool:
        before = polling.set(True)
        try:
            return bool(poll())
        finally:
            polling.reset(before)

    def execute_function(*arguments: Any, **options: Any) -> dict[str, Any]:  # noqa: ANN401
        result: dict[str, Any] = execute(*arguments, **options)
        match result.get("body"):
            case {"batchItemFailures": [_, *_]} if polling.get():
                return {**result, "error": True}
        return result

    lambda_svc._poll_dynamodb_streams = poll_streams  # noqa: SLF001
    lambda_svc._execute_function = execute_function  # noqa: SLF001


def stop_versions_that_were_replaced() -> None:
    """Gap: what runs a version of a function goes on when a deployment deletes the version."""
    handlers = provisioners._RESOURCE_HANDLERS["AWS::Lambda::Version"]  # noqa: SLF001
    delete = handlers["delete"]

    def delete_version(arn: str, properties: dict[str, Any]) -> None:
        delete(arn, properties)
        *_, function, version = arn.split(":")
        lambda_runtime.invalidate_worker(function, qualifier=version)

    handlers["delete"] = delete_version


if __name__ == "__main__":
    retry_stream_records_that_failed()
    stop_versions_that_were_replaced()
    sys.exit(app.main())

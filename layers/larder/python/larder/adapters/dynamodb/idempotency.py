"""Answers that are given once and then repeated, by Powertools' idempotency utility.

https://docs.aws.amazon.com/powertools/python/latest/utilities/idempotency/. It is imported with
the first request that asks for it: most never do.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any, cast

from botocore.exceptions import ClientError

from larder.adapters.dynamodb.keys import replays_partition
from larder.domain.errors import IdempotencyConflictError, ThrottledError
from larder.domain.files import DAY

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_lambda_powertools.utilities.typing import LambdaContext
    from mypy_boto3_dynamodb import DynamoDBClient

    from larder.domain.ids import TenantId
    from larder.services.idempotency import RemainingTime


class _NotKeptError(Exception):
    """Carries an answer past Powertools, which forgets a request that raises."""

    def __init__(self, answer: dict[str, Any]) -> None:
        super().__init__()
        self.answer = answer


class _KnowsItsOwn:
    """A client that puts an item once, though botocore repeats a PutItem whose answer is lost.

    Powertools would take the item that the lost call left for another request's.
    """

    def __init__(self, client: DynamoDBClient) -> None:
        self._client = client

    def put_item(self, **request: Any) -> object:  # noqa: ANN401 - as botocore's
        """Put the item marked, and take the refusal of one with the same mark for success."""
        mark = {"S": secrets.token_hex(8)}
        request["Item"]["mark"] = mark
        try:
            return self._client.put_item(**request)
        except ClientError as error:
            if error.response.get("Item", {}).get("mark") != mark:  # type: ignore[attr-defined]
                raise
            return {}

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - any other call
        return getattr(self._client, name)


class DynamoIdempotencyStore:
    """`IdempotencyStore` in the Store table, a partition a project, kept for a day."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def run_once(
        self,
        tenant: TenantId,
        key: str,
        fingerprint: str,
        context: RemainingTime,
        respond: Callable[[], dict[str, Any]],
        keep: Callable[[dict[str, Any]], bool],
    ) -> tuple[dict[str, Any], bool]:
        """Answer by `respond`, or by what it answered before under the same key.

        Returns the answer, and whether it is a repeated one. An answer that `keep` rejects is
        forgotten, and the next request with the key is a first one again. So is one whose
        function died, once the time that it had is over.

        Raises:
            IdempotencyConflictError: the key was used for another request, or the first request
                with it has not been answered yet.
        """
        from aws_lambda_powertools.utilities.idempotency import (
            DynamoDBPersistenceLayer,
            IdempotencyConfig,
            idempotent_function,
        )
        from aws_lambda_powertools.utilities.idempotency.exceptions import (
            IdempotencyAlreadyInProgressError,
            IdempotencyPersistenceLayerError,
            IdempotencyValidationError,
        )

        replayed = False

        def repeated(response: dict[str, Any], idempotent_data: object) -> dict[str, Any]:  # noqa: ARG001
            nonlocal replayed
            replayed = True
            return response

        @idempotent_function(  # type: ignore[untyped-decorator]
            data_keyword_argument="request",
            persistence_store=DynamoDBPersistenceLayer(
                self._table,
                key_attr="pk",
                static_pk_value=replays_partition(tenant),
                sort_key_attr="sk",
                expiry_attr="ttl",
                boto3_client=cast("DynamoDBClient", _KnowsItsOwn(self._client)),
            ),
            config=IdempotencyConfig(
                event_key_jmespath="key",
                payload_validation_jmespath="fingerprint",
                hash_function="sha256",
                expires_after_seconds=DAY,
                lambda_context=cast("LambdaContext", context),
                response_hook=repeated,
            ),
            key_prefix="request",
        )
        def answer_once(*, request: dict[str, str]) -> dict[str, Any]:  # noqa: ARG001
            answer = respond()
            if not keep(answer):
                raise _NotKeptError(answer)
            return answer

        try:
            answer = answer_once(request={"key": key, "fingerprint": fingerprint})
        except _NotKeptError as passed:
            return passed.answer, False
        except IdempotencyPersistenceLayerError as failed:
            if isinstance(failed.__cause__, ThrottledError):
                raise failed.__cause__ from failed
            raise
        except IdempotencyValidationError as mismatch:
            raise IdempotencyConflictError(
                "This idempotency key was used for another request. "
                "Use a new key for every request, and the same key only to repeat one.",
                permanent=True,
            ) from mismatch
        except IdempotencyAlreadyInProgressError as running:
            raise IdempotencyConflictError(
                "The first request with this idempotency key is still being answered. "
                "Try again in a moment.",
                permanent=False,
            ) from running
        return answer, replayed

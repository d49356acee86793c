"""Keys that were stored before there were scopes stay what they were."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from larder.domain.api_keys import KeyKind
from tests.samples import TENANT

if TYPE_CHECKING:
    from tests.backends.aws import AwsBackend

DIGEST = "5f" * 32
KEY: dict[str, Any] = {
    "pk": {"S": DIGEST},
    "project": {"S": TENANT},
    "key_id": {"S": "key_9f2c4e61a07b3d58"},
    "hint": {"S": "4567"},
    "created_at": {"N": "1750000000"},
}
SESSION = KEY | {"key_id": {"S": "session_9f2c4e61a07b3d58"}, "ttl": {"N": "1750028800"}}


def put(aws: AwsBackend, item: dict[str, Any]) -> None:
    aws.dynamodb.put_item(TableName=aws.stack.settings.keys_table, Item=item)


def test_a_key_without_scopes_can_do_everything_that_there_was(aws: AwsBackend) -> None:
    put(aws, KEY)

    key = aws.keys.find(DIGEST)

    assert key is not None
    assert key.scopes == {"read", "write", "batches", "console"}
    assert (key.name, key.expires_at, key.last_used_on) == (None, None, None)


def test_a_session_without_scopes_ends_as_it_was_to(aws: AwsBackend) -> None:
    put(aws, SESSION)

    session = aws.keys.find(DIGEST)

    assert session is not None
    assert session.kind is KeyKind.SESSION
    assert session.expires_at == 1_750_028_800
    assert "admin" not in session.scopes


def test_a_scope_of_a_later_version_allows_nothing(aws: AwsBackend) -> None:
    put(aws, KEY | {"scopes": {"L": [{"S": "read"}, {"S": "telepathy"}]}})

    key = aws.keys.find(DIGEST)

    assert key is not None
    assert key.scopes == {"read"}


def test_a_key_is_listed_for_a_while_after_its_end(aws: AwsBackend) -> None:
    put(aws, KEY)

    aws.keys.revoke(DIGEST, 1_750_000_500)

    item = aws.dynamodb.get_item(TableName=aws.stack.settings.keys_table, Key={"pk": KEY["pk"]})
    assert int(item["Item"]["ttl"]["N"]) == 1_750_000_500 + 90 * 86_400
    key = aws.keys.find(DIGEST)
    assert key is not None
    assert (key.revoked_at, key.expires_at) == (1_750_000_500, None)

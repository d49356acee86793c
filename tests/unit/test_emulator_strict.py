"""The layer in front of the emulator: it refuses what AWS refuses, and passes on the rest."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from local.emulator_fixes.strict import SMALLEST_PART, Strict

if TYPE_CHECKING:
    from collections.abc import MutableMapping

CREDENTIAL = "X-Amz-Credential=test%2F20260101%2Fus-east-1%2Fs3%2Faws4_request"
PRESIGNED = f"{CREDENTIAL}&X-Amz-Signature=00&X-Amz-SignedHeaders=host%3Bx-amz-checksum-sha256"
OWN = {"authorization": "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/s3/aws4_request"}


@dataclass
class Emulator:
    """Answers what is prepared, and keeps the requests."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: list[bytes] = field(default_factory=lambda: [b"done"])
    seen: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    async def __call__(self, scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        body = b""
        while True:
            message = await receive()
            body += message["body"]
            if not message["more_body"]:
                break
        self.seen.append(({n.decode(): v.decode() for n, v in scope["headers"]}, body))
        headers = [(name.encode(), value.encode()) for name, value in self.headers.items()]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        for number, block in enumerate(self.body, 1):
            more = number < len(self.body)
            await send({"type": "http.response.body", "body": block, "more_body": more})


@dataclass
class Client:
    emulator: Emulator = field(default_factory=Emulator)

    def __post_init__(self) -> None:
        self.strict = Strict(self.emulator)

    def send(
        self, method: str, path: str, headers: dict[str, str] | None = None, body: bytes = b""
    ) -> tuple[int, dict[str, str], bytes]:
        where, _, query = path.partition("?")
        scope = {
            "type": "http",
            "method": method,
            "path": where,
            "query_string": query.encode(),
            "headers": [(n.encode(), v.encode()) for n, v in (headers or {}).items()],
        }
        blocks = [body[:1], body[1:]]
        sent: list[Any] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": blocks.pop(0), "more_body": bool(blocks)}

        async def send(message: Any) -> None:
            sent.append(message)

        # Nothing waits here, and an event loop would need a socket.
        with pytest.raises(StopIteration):
            self.strict(scope, receive, send).send(None)
        found = {n.decode(): v.decode() for n, v in sent[0]["headers"]}
        return sent[0]["status"], found, b"".join(each["body"] for each in sent[1:])


@pytest.fixture
def client() -> Client:
    return Client()


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_a_presigned_request_with_another_way_to_sign_in_is_refused(
    client: Client, method: str
) -> None:
    headers = {"authorization": "Bearer <key>"}

    status, _, body = client.send(method, f"/bucket/key?{PRESIGNED}", headers, b"bytes")

    assert status == 400
    assert b"<Code>InvalidArgument</Code>" in body
    assert b"<ArgumentValue>Bearer &lt;key&gt;</ArgumentValue>" in body
    assert client.emulator.seen == []


def test_amazons_headers_that_were_not_signed_are_refused(client: Client) -> None:
    headers = {"x-amz-meta-a": "1", "x-amz-acl": "private", "x-amz-checksum-sha256": "0"}

    status, _, body = client.send("PUT", f"/bucket/key?{PRESIGNED}", headers)

    assert status == 403
    assert b"<HeadersNotSigned>x-amz-acl, x-amz-meta-a</HeadersNotSigned>" in body
    assert client.emulator.seen == []


def test_a_presigned_request_without_its_signature_is_refused(client: Client) -> None:
    status, _, body = client.send("PUT", f"/bucket/key?{CREDENTIAL}")

    assert status == 400
    assert b"<Code>AuthorizationQueryParametersError</Code>" in body


@pytest.mark.parametrize(
    ("query", "headers"),
    [
        (
            PRESIGNED,
            {"x-amz-checksum-sha256": "0", "x-amz-content-sha256": "0", "cache-control": ""},
        ),
        ("", OWN | {"x-amz-acl": "private"}),
        (
            "",
            {"authorization": "AWS4-HMAC-SHA256 Credential=t/20260101/us-east-1/sqs/aws4_request"},
        ),
    ],
    ids=["presigned", "signed in its header", "another service"],
)
def test_everything_else_is_passed_on_unchanged(
    client: Client, query: str, headers: dict[str, str]
) -> None:
    status, _, body = client.send("PUT", f"/bucket/key?{query}", headers, b"bytes")

    assert (status, body) == (200, b"done")
    assert client.emulator.seen == [(headers, b"bytes")]


def test_only_one_range_is_passed_on(client: Client) -> None:
    client.send("GET", f"/bucket/key?{PRESIGNED}", {"range": "bytes=0-1"})
    client.send("GET", f"/bucket/key?{PRESIGNED}", {"range": "bytes=0-1,4-5"})

    assert [headers for headers, _ in client.emulator.seen] == [{"range": "bytes=0-1"}, {}]


def complete(client: Client, upload: str, numbers: list[int]) -> tuple[int, bytes]:
    parts = "".join(f"<Part><PartNumber>{number}</PartNumber></Part>" for number in numbers)
    body = f"<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>".encode()
    status, _, answer = client.send("POST", f"/bucket/key?uploadId={upload}", OWN, body)
    return status, answer


def put_part(client: Client, upload: str, number: int, size: int) -> None:
    headers = {"content-length": str(size)}
    query = f"{PRESIGNED}&uploadId={upload}&partNumber={number}"
    client.send("PUT", f"/bucket/key?{query}", headers)


def test_a_part_other_than_the_last_has_5_mib(client: Client) -> None:
    put_part(client, "a", 1, SMALLEST_PART)
    put_part(client, "a", 2, SMALLEST_PART - 1)
    put_part(client, "a", 3, 1)

    status, body = complete(client, "a", [1, 2, 3])

    assert status == 400
    assert b"<Code>EntityTooSmall</Code>" in body
    assert b"<PartNumber>2</PartNumber>" in body
    assert complete(client, "a", [1, 3])[0] == 200


def test_a_part_that_was_refused_does_not_count(client: Client) -> None:
    put_part(client, "a", 1, SMALLEST_PART)
    client.emulator.status = 403
    put_part(client, "a", 1, 7)
    client.emulator.status = 200

    assert complete(client, "a", [1, 2])[0] == 200


def test_an_upload_is_completed_once(client: Client) -> None:
    client.emulator.status = 412
    assert complete(client, "a", [1])[0] == 412
    client.emulator.status = 200
    assert complete(client, "a", [1])[0] == 200

    status, body = complete(client, "a", [1])

    assert status == 404
    assert b"<Code>NoSuchUpload</Code>" in body
    assert complete(client, "b", [1])[0] == 200


def test_the_gateway_renames_the_length_in_an_answer_to_head(client: Client) -> None:
    client.emulator.headers = {"Content-Length": "1234", "Larder-Content-Length": "1234"}
    client.emulator.body = [b""]

    _, headers, _ = client.send("HEAD", "/_aws/execute-api/id/prod/v1/files", {"accept": "*/*"})

    assert headers == {
        "x-amzn-remapped-content-length": "1234",
        "Larder-Content-Length": "1234",
        "content-length": "0",
    }


def test_without_accept_the_gateway_sends_all_of_the_base64(client: Client) -> None:
    client.emulator.headers = {"Content-Length": "3"}
    client.emulator.body = [b"AP", b"+A"]

    status, headers, body = client.send("GET", "/_aws/execute-api/id/prod/v1/files")

    assert (status, headers, body) == (200, {"content-length": "4"}, b"AP+A")


def test_with_accept_an_answer_stays_as_it_is(client: Client) -> None:
    client.emulator.headers = {"Content-Length": "4"}

    _, headers, body = client.send("GET", "/_aws/execute-api/id/prod/v1/files", {"accept": "*/*"})

    assert (headers, body) == ({"Content-Length": "4"}, b"done")

"""A stub of AWS for the benchmarks: DynamoDB, S3 and Secrets Manager that answer from memory.

    uv run python -m bench.stub_aws [certificate key]

It listens on a free port of 127.0.0.1, with TLS if it gets a certificate, and prints the port. It
stores nothing: every GetItem returns the same file, every Query the same hundred, every GetObject
the same bytes. So the benchmarks measure the caller. `GET /counts` returns the number of calls of
each operation and resets it.
"""

import asyncio
import contextlib
import json
import ssl
import subprocess
import sys
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import botocore

from larder.adapters.dynamodb.attributes import number, text
from larder.adapters.dynamodb.items import file_item
from larder.domain.files import File, FileStatus, Purpose
from larder.domain.ids import TenantId, new_file_id

TENANT = TenantId("wks-019b76daa8005e1f0c9a7b3d")
BORN = 1_768_469_400
PAGE = 100
CONTENT = bytes(range(256)) * 256
PEPPER = "a pepper"


def stored_file(number: int) -> File:
    """Return the file with that number."""
    return File(
        id=new_file_id(BORN + number),
        filename=f"questions-{number}.jsonl",
        bytes=len(CONTENT),
        purpose=Purpose.USER_DATA,
        mime_type="application/jsonl",
        expires_at=None,
        status=FileStatus.PROCESSED,
        sha256="5" * 64,
    )


class Answers:
    """The answer to each operation."""

    def __init__(self) -> None:
        items = [file_item(TENANT, stored_file(number), BORN) for number in range(PAGE + 1)]
        key = {
            "pk": text("0" * 64),
            "project": text(TENANT),
            "key_id": text("key_9f2c4e61a07b3d58"),
            "hint": text("zk_live_EXAM…"),
            "created_at": number(BORN),
        }
        self._dynamodb = {
            name: json.dumps(answer).encode()
            for name, answer in {
                "GetItem": {"Item": items[0]},
                "Query": {
                    "Items": items,
                    "Count": len(items),
                    "ScannedCount": len(items),
                    "LastEvaluatedKey": {"pk": items[-1]["pk"], "sk": items[-1]["sk"]},
                },
                "TransactWriteItems": {},
                "UpdateItem": {},
                "PutItem": {},
                "GetItem of a key": {"Item": key},
            }.items()
        }
        self._secret = json.dumps({"Name": "pepper", "SecretString": PEPPER}).encode()
        self.counts: Counter[str] = Counter()

    def to(self, method: bytes, path: bytes, target: str, body: bytes) -> bytes:
        """Return the answer to one request, as sent over the wire."""
        if path == b"/counts":
            counts, self.counts = self.counts, Counter()
            return _http(json.dumps(counts).encode())
        operation = target.partition(".")[2]
        self.counts[operation or {b"PUT": "PutObject", b"GET": "GetObject"}[method]] += 1
        if target.startswith("DynamoDB"):
            if operation == "GetItem" and b'"Keys"' in body:
                operation = "GetItem of a key"
            answer = self._dynamodb[operation]
            checksum = f"x-amz-crc32: {zlib.crc32(answer)}\r\n"
            return _http(answer, "application/x-amz-json-1.0", checksum)
        if target.startswith("secretsmanager"):
            return _http(self._secret, "application/x-amz-json-1.1")
        if method == b"PUT":
            return _http(b"", headers='ETag: "0cc175b9c0f1b6a831c399e269772661"\r\n')
        headers = 'ETag: "0cc175b9c0f1b6a831c399e269772661"\r\nAccept-Ranges: bytes\r\n'
        return _http(CONTENT, "binary/octet-stream", headers)


def _http(body: bytes, kind: str = "application/json", headers: str = "") -> bytes:
    head = (
        "HTTP/1.1 200 OK\r\n"
        "Server: Server\r\nDate: Thu, 15 Jan 2026 09:30:00 GMT\r\n"
        "x-amzn-RequestId: 0RRE6EXAMPLEHQ3NFBC9SJ4RO7VV4KQNSO5AEMVJF66Q9ASUAAJG\r\n"
        f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n{headers}\r\n"
    )
    return head.encode() + body


class Connection(asyncio.Protocol):
    """One client's connection, kept open for one request after another."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self._chunks: list[bytes] = []
        self._missing = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport for the answers."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Collect a request's bytes and answer it when it is complete."""
        self._chunks.append(data)
        self._missing -= len(data)
        if self._missing > 0:
            return
        whole = b"".join(self._chunks)
        head, end, body = whole.partition(b"\r\n\r\n")
        if not end:
            self._chunks, self._missing = [whole], 0
            return
        first, *lines = head.split(b"\r\n")
        headers = {
            name.lower(): value.strip()
            for name, _, value in (line.partition(b":") for line in lines)
        }
        if headers.get(b"expect") == b"100-continue" and not body:
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        self._missing = int(headers.get(b"content-length", b"0")) - len(body)
        if self._missing > 0:
            self._chunks = [whole]
            return
        self._chunks, self._missing = [], 0
        method, path, _ = first.split(b" ")
        target = headers.get(b"x-amz-target", b"").decode()
        self._transport.write(self._answers.to(method, path, target, body))


async def _serve(*certificate: str) -> None:
    answers = Answers()
    tls = None
    if certificate:
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(*certificate)
    server = await asyncio.get_running_loop().create_server(
        lambda: Connection(answers), "127.0.0.1", 0, ssl=tls
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


@contextlib.contextmanager
def serving(folder: Path | None = None) -> Iterator[dict[str, str]]:
    """Run the stub in its own process; yield the environment that points AWS clients to it.

    With a folder it uses TLS; the certificate and the list of trusted ones are written there.
    """
    certificate: list[str] = []
    environment = {
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "the-key-of-a-stub",
        "AWS_SECRET_ACCESS_KEY": "test",
        # As long as a token of Lambda: every request signs it.
        "AWS_SESSION_TOKEN": "e" * 900,
    }
    if folder is not None:
        certificate = [str(folder / "certificate.pem"), str(folder / "key.pem")]
        make_certificate(folder)
        environment["AWS_CA_BUNDLE"] = str(folder / "trusted.pem")
    command = [sys.executable, "-m", "bench.stub_aws", *certificate]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as stub:
        try:
            port = int((stub.stdout or sys.stdin).readline())
            scheme = "http" if folder is None else "https"
            yield {**environment, "AWS_ENDPOINT_URL": f"{scheme}://127.0.0.1:{port}"}
        finally:
            stub.terminate()


def make_certificate(folder: Path) -> None:
    """Write a certificate for 127.0.0.1, its key, and botocore's trusted ones with it appended."""
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
            *("-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"),
            *("-addext", "subjectAltName=IP:127.0.0.1"),
            *("-keyout", folder / "key.pem", "-out", folder / "certificate.pem"),
        ],
        check=True,
        capture_output=True,
    )
    all_trusted = Path(botocore.__file__).parent / "cacert.pem"
    trusted = all_trusted.read_text() + (folder / "certificate.pem").read_text()
    (folder / "trusted.pem").write_text(trusted)


if __name__ == "__main__":
    asyncio.run(_serve(*sys.argv[1:]))

"""Bedrock's Converse and ConverseStream on loopback: answers in the shapes that AWS documents."""

from __future__ import annotations

import json
import threading
import time
import zlib
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def said(*blocks: dict[str, Any]) -> dict[str, Any]:
    """Return an answer as in the documentation of Converse."""
    return {
        "output": {"message": {"role": "assistant", "content": list(blocks)}},
        "stopReason": "tool_use" if any("toolUse" in block for block in blocks) else "end_turn",
        "usage": {"inputTokens": 30, "outputTokens": 7, "totalTokens": 37},
        "metrics": {"latencyMs": 1175},
    }


def uses(tool: str, **arguments: Any) -> dict[str, Any]:
    """Return a block that calls a tool."""
    return {"toolUse": {"toolUseId": f"tooluse_{tool}", "name": tool, "input": arguments}}


def encoded(kind: str, payload: dict[str, Any], message_type: str = "event") -> bytes:
    """Return a message of an event stream.

    https://docs.aws.amazon.com/AmazonS3/latest/API/RESTSelectObjectAppendix.html has the encoding.
    """
    headers = b""
    for name, value in (
        (f":{message_type}-type", kind),
        (":content-type", "application/json"),
        (":message-type", message_type),
    ):
        text = value.encode()
        headers += bytes([len(name)]) + name.encode() + b"\x07" + len(text).to_bytes(2) + text
    data = json.dumps(payload).encode()
    prelude = (16 + len(headers) + len(data)).to_bytes(4) + len(headers).to_bytes(4)
    whole = prelude + zlib.crc32(prelude).to_bytes(4) + headers + data
    return whole + zlib.crc32(whole).to_bytes(4)


def events_of(answer: dict[str, Any]) -> Iterator[bytes]:
    """Yield an answer as ConverseStream sends it: text has no start, and comes in fragments."""
    yield encoded("messageStart", {"role": "assistant"})
    for index, block in enumerate(answer.get("output", {}).get("message", {}).get("content", ())):
        of_block = {"contentBlockIndex": index}
        if "toolUse" in block:
            use = {name: block["toolUse"][name] for name in ("toolUseId", "name")}
            yield encoded("contentBlockStart", {**of_block, "start": {"toolUse": use}})
            text = json.dumps(block["toolUse"]["input"]) if block["toolUse"]["input"] else ""
            parts = [{"toolUse": {"input": text[at : at + 5]}} for at in range(0, len(text), 5)]
        else:
            parts = [{"text": block["text"][at : at + 3]} for at in range(0, len(block["text"]), 3)]
        for part in parts:
            yield encoded("contentBlockDelta", {**of_block, "delta": part})
        yield encoded("contentBlockStop", of_block)
    if "stopReason" in answer:
        yield encoded("messageStop", {"stopReason": answer["stopReason"]})
        yield encoded("metadata", {"usage": answer["usage"], "metrics": answer["metrics"]})


class Bedrock:
    """A server that gives these answers, the last one again and again.

    `streaming` makes the stream of an answer.
    """

    def __init__(self) -> None:
        self.answers: list[Any] = [said({"text": "Hello."})]
        self.status, self.error, self.seconds = 200, "", 0.0
        self.streaming: Callable[[dict[str, Any]], Iterator[bytes]] = events_of
        self.requests: list[tuple[str, Any]] = []

    def answer(self, path: str, body: Any) -> tuple[str, Iterator[bytes]]:
        """Return the type of an answer, and its pieces."""
        self.requests.append((unquote(path), body))
        time.sleep(self.seconds)
        answer = self.answers[min(len(self.requests), len(self.answers)) - 1]
        if path.endswith("/converse-stream") and self.status == 200:
            return "application/vnd.amazon.eventstream", self.streaming(answer)
        return "application/json", iter([json.dumps(answer).encode()])


@contextmanager
def serving_bedrock(bedrock: Bedrock) -> Iterator[str]:
    """Run the server, and yield its address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            kind, pieces = bedrock.answer(self.path, body)
            self.send_response(bedrock.status)
            self.send_header("x-amzn-ErrorType", bedrock.error)
            self.send_header("Content-Type", kind)
            # As AWS does. botocore would wait for 64 KiB of a body without chunks.
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for piece in filter(None, pieces):
                self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
            self.wfile.write(b"0\r\n\r\n")

        def log_message(self, *_: Any) -> None:
            pass

        def handle(self) -> None:
            try:
                super().handle()
            except OSError:
                # Whoever asked has given up.
                self.close_connection = True

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

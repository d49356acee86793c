"""What a scripted server of models is told, and what it makes of that."""

from __future__ import annotations

import gzip
from typing import Any

import msgspec


class Rule(msgspec.Struct, forbid_unknown_fields=True):
    """Which calls it is about, and what they are answered with. Times are in seconds.

    A call matches by its `path` (`/v1/embeddings`), its `model`, and a text that its body
    `contains`; between `after` and `until`, counted from the first call of a script; and `times`
    times.

    `latency` passes first, one number or a range. Then a `status`, `headers`, and a `body`, JSON or
    a text as it is; without one, a good answer for the path, whose text is `size` bytes long.
    `retry_after` is that header. `gzip` and `chunked` are how it is sent, `drip` is the pause
    between pieces of a tenth. `cut` is the part of it after which the connection is closed, 0.0
    before its first byte. `hang` waits, without an answer, for the client to hang up.
    """

    path: str | None = None
    model: str | None = None
    contains: str | None = None
    after: float = 0.0
    until: float | None = None
    times: int | None = None
    latency: float | tuple[float, float] = 0.0
    status: int = 200
    headers: dict[str, str] = {}
    body: Any = None
    size: int | None = None
    retry_after: str | int | float | None = None
    gzip: bool = False
    chunked: bool = False
    drip: float | None = None
    cut: float | None = None
    hang: bool = False

    def matches(self, call: Call, body: bytes, elapsed: float) -> bool:
        """Tell whether the rule is about a call that comes that long after the start."""
        return (
            self.path in {None, call.path}
            and self.model in {None, call.model}
            and (self.contains is None or self.contains.encode() in body)
            and self.after <= elapsed
            and (self.until is None or elapsed < self.until)
            and self.times != 0
        )


class Call(msgspec.Struct):
    """A call that came: `text` is the begin of what it asks, times are unix seconds.

    `outcome` is the status of the answer, or "cut" or "hang", and None while there is no answer;
    `connection` counts the connections.
    """

    path: str
    model: str | None
    text: str
    bytes: int
    headers: dict[str, str]
    connection: int
    began: float
    ended: float | None = None
    outcome: int | str | None = None


class Asked(msgspec.Struct):
    """What is read of a request's body."""

    model: str | None = None
    input: Any = None
    messages: list[Any] = []
    prompt: Any = None


_ASKED = msgspec.json.Decoder(Asked)


def parse(body: bytes) -> Asked:
    try:
        return _ASKED.decode(body)
    except msgspec.DecodeError:
        return Asked()


def encoded(rule: Rule, call: Call, body: Asked) -> bytes:
    """Return the whole answer, head and body."""
    match rule.body:
        case _ if rule.status == 204:
            data = b""
        case None if rule.status == 200:
            data = msgspec.json.encode(_good(call, body, rule.size))
        case None:
            message = {"message": f"Scripted status {rule.status}.", "type": "scripted"}
            data = msgspec.json.encode({"error": message})
        case str():
            data = rule.body.encode()
        case _:
            data = msgspec.json.encode(rule.body)
    headers = {"x-request-id": f"req-{call.connection}-{call.began:.6f}", **rule.headers}
    if rule.retry_after is not None:
        headers["Retry-After"] = str(rule.retry_after)
    if rule.gzip:
        headers["Content-Encoding"] = "gzip"
        data = gzip.compress(data)
    return http_message(rule.status, data, headers, chunked=rule.chunked)


def http_message(
    status: int, body: bytes, headers: dict[str, str] | None = None, *, chunked: bool = False
) -> bytes:
    given = {"Content-Type": "application/json", **(headers or {})}
    if chunked:
        given = {**given, "Transfer-Encoding": "chunked"}
        pieces = [body[at : at + 1_000] for at in range(0, len(body), 1_000)]
        body = b"".join(b"%x\r\n%b\r\n" % (len(each), each) for each in [*pieces, b""])
    else:
        given = {**given, "Content-Length": str(len(body))}
    lines = "".join(f"{name}: {value}\r\n" for name, value in given.items())
    head = f"HTTP/1.1 {status} Scripted\r\n{lines}\r\n"
    return head.encode("latin-1") + body


def _good(call: Call, body: Asked, size: int | None) -> dict[str, Any]:
    """Return what OpenAI would answer: an echo, or as many letters as asked for."""
    text = last_text(body) if size is None else "x" * size
    answer: dict[str, Any] = {"id": "scripted", "model": body.model, "created": int(call.began)}
    usage: dict[str, Any] = {"prompt_tokens": 7, "completion_tokens": 5, "total_tokens": 12}
    match call.path.removeprefix("/v1"):
        case "/embeddings":
            inputs = body.input if isinstance(body.input, list) else [body.input]
            data = [
                {"object": "embedding", "index": at, "embedding": [0.5, -0.5, len(str(each))]}
                for at, each in enumerate(inputs)
            ]
            usage = {"prompt_tokens": 7, "total_tokens": 7}
            return answer | {"object": "list", "data": data, "usage": usage}
        case "/moderations":
            return answer | {"results": [{"flagged": False, "text": text}]}
        case "/responses":
            content = [{"type": "output_text", "text": text, "annotations": []}]
            output = [{"type": "message", "role": "assistant", "content": content}]
            usage = {"input_tokens": 7, "output_tokens": 5, "total_tokens": 12}
            return answer | {"object": "response", "output": output, "usage": usage}
        case "/completions":
            choices = [{"index": 0, "text": text, "finish_reason": "stop"}]
            return answer | {"object": "text_completion", "choices": choices, "usage": usage}
    message = {"role": "assistant", "content": text}
    choices = [{"index": 0, "message": message, "finish_reason": "stop"}]
    return answer | {"object": "chat.completion", "choices": choices, "usage": usage}


def last_text(body: Asked) -> str:
    if body.messages and isinstance(body.messages[-1], dict):
        return str(body.messages[-1].get("content"))
    return str(body.prompt if body.input is None else body.input)

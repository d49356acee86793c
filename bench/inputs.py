"""Batch files for the benchmarks: the same on every machine, stored in bench/.data."""
# ruff: noqa: RUF001

import json
import random
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

DATA = Path(__file__).parent / ".data"
REQUESTS = 50_000
URL = "/v1/chat/completions"
MODEL = "gpt-4o-mini"

_ENGLISH = """\
The customer wrote on Tuesday that the parcel had arrived, but the box was open and the charger \
was missing. She asks for a refund or a replacement "as soon as possible".
@
Classify the ticket below. Answer with one word: billing, delivery, product or other. If you \
aren’t sure, say other — don’t guess.

@
def total(items):
    return sum(item['price'] * item['count'] for item in items)

@
| month | orders | returned |
|---|---|---|
| May | 1,204 | 37 |
| June | 998 | 41 |
@
Example: {"sentiment": "negative", "topics": ["delivery", "missing part"]}
"""
_EUROPEAN = """\
Die Lieferung kam spät, die Verpackung war geöffnet und das Ladegerät fehlte. Könnten Sie mir \
bitte möglichst schnell Ersatz schicken? Schöne Grüße, Jürgen
@
Résumez l’échange ci-dessous en trois phrases, puis proposez une réponse polie à la cliente, qui \
a déjà écrit deux fois à ce sujet.
@
El paquete llegó abierto y faltaba el cargador; ¿podrían enviarme otro mañana?
"""
_ASIAN = """\
包裹在星期二送达，但盒子已经打开，充电器不见了。请尽快退款或补发。
@
荷物は火曜日に届きましたが、箱が開いていて充電器が入っていませんでした。😞📦
@
소포가 화요일에 도착했지만 상자가 열려 있었고 충전기가 없었습니다.
"""
_PARAGRAPHS = [text.split("@\n") for text in (_ENGLISH, _EUROPEAN, _ASIAN)]
_SHARES = (70, 15, 15)


def long_requests() -> Path:
    """Return a file of 50,000 requests of about 5.3 KB: mixed scripts, code, quotes, newlines."""
    return _written("long.jsonl", lambda: _requests(mean=5000))


def short_requests() -> Path:
    """Return a file of 50,000 requests of about 450 bytes."""
    return _written("short.jsonl", lambda: _requests(mean=160))


def bad_requests() -> Path:
    """Return the short requests with every fifth made invalid, by each spoiler in turn."""
    return _written("bad.jsonl", lambda: _spoilt(_requests(mean=160)))


def bad_long_requests() -> Path:
    """Return the long requests with every fifth made invalid, by each spoiler in turn."""
    return _written("bad-long.jsonl", lambda: _spoilt(_requests(mean=5000)))


def tool_requests() -> Path:
    """Return a file of 50,000 requests of about 2 KB: tools, tool calls, content in parts."""
    return _written("tools.jsonl", lambda: _requests(mean=160, tools=True))


def _written(name: str, lines: Callable[[], Iterator[bytes]]) -> Path:
    path = DATA / name
    if not path.exists():
        DATA.mkdir(exist_ok=True)
        partial = path.with_suffix(".partial")
        with partial.open("wb") as file:
            file.writelines(line + b"\n" for line in lines())
        partial.rename(path)
    return path


def _requests(*, mean: int, tools: bool = False) -> Iterator[bytes]:
    rng = random.Random(7)
    for number in range(REQUESTS):
        paragraphs = rng.choices(_PARAGRAPHS, weights=_SHARES)[0]
        messages: list[dict[str, Any]] = [
            {"role": "system", "content": "You are a helpful assistant. Be brief."},
            {"role": "user", "content": _prompt(rng, paragraphs, rng.uniform(0.5, 1.5) * mean)},
        ]
        body = {"model": MODEL, "messages": messages, "max_tokens": 256, "temperature": 0.2}
        if tools:
            messages += _tool_calls(number)
            body["tools"] = [_TOOL] * 3
        request = {"custom_id": f"request-{number:08d}", "method": "POST", "url": URL, "body": body}
        yield json.dumps(request, ensure_ascii=False).encode()


def _prompt(rng: random.Random, paragraphs: list[str], size: float) -> str:
    """Return paragraphs of about that many bytes; a short prompt is cut to the exact size."""
    chosen: list[str] = []
    left = size
    while left > 0:
        chosen.append(rng.choice(paragraphs))
        left -= len(chosen[-1].encode())
    text = "".join(chosen)
    return text if size > 1000 else text.encode()[: int(size)].decode(errors="ignore")


_TOOL = {
    "type": "function",
    "function": {
        "name": "find_order",
        "description": "Look up an order by its number or the customer's address.",
        "parameters": {
            "type": "object",
            "properties": {
                "number": {"type": "string", "description": "such as 2024-001234"},
                "email": {"type": "string", "format": "email"},
                "status": {"type": "array", "items": {"enum": ["open", "sent", "returned"]}},
            },
            "required": ["number"],
        },
    },
}


def _tool_calls(number: int) -> list[dict[str, Any]]:
    call = {"name": "find_order", "arguments": f'{{"number": "2024-{number:06d}"}}'}
    return [
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"id": "call_1", "type": "function", "function": call}],
        },
        {"role": "tool", "tool_call_id": "call_1", "content": '{"status": "sent"}'},
        {"role": "user", "content": [{"type": "text", "text": "And what does that mean?"}]},
    ]


def _replace(old: str, new: str) -> Callable[[bytes], bytes]:
    return lambda line: line.replace(old.encode(), new.encode("utf-8", "surrogatepass"), 1)


_MISTAKES: tuple[Callable[[bytes], bytes], ...] = (
    lambda line: line[:-1],
    lambda line: line + b"}",
    lambda line: line.replace(b"helpful", b"helpful\xff"),
    lambda line: b"[" + line + b"]",
    lambda _: b"{}",
    lambda _: b"null",
    _replace('"temperature": 0.2', '"temperature": NaN'),
    _replace('"temperature": 0.2', '"x": ' + "[" * 200 + "]" * 200),
    _replace("helpful", r"\ud83d"),
    _replace('"method"', '"body": {}, "method"'),
    lambda line: re.sub(rb"request-\d+", b"request-00000001", line, count=1),
    _replace('"custom_id"', '"id"'),
    _replace('"request-', '17, "x": "'),
    _replace('"custom_id": "', '"custom_id": "' + "x" * 512),
    _replace('"method": "POST", ', ""),
    _replace("POST", "GET"),
    _replace(URL, "/v1/images/generations"),
    _replace(URL, "/v1/embeddings"),
    _replace('"body": ', '"body": "", "x": '),
    _replace(f'"model": "{MODEL}"', '"x": 0'),
)
_ODDITIES: tuple[Callable[[bytes], bytes], ...] = (
    _replace(MODEL, "gpt-4o"),
    _replace('"messages"', '"x"'),
    _replace('"role": "system"', '"role": "robot"'),
    _replace('"content": "You', '"content": 1, "x": "You'),
    _replace('"max_tokens"', '"stream": true, "x"'),
)


SPOILERS = (*_MISTAKES, *_ODDITIES)
"""What makes a line invalid, and what is only warned of, or a model of its own."""

INVALID = REQUESTS // 5 * len(_MISTAKES) // len(SPOILERS)
"""The invalid lines of a file in which every fifth line is spoilt, by each spoiler in turn."""


def _spoilt(lines: Iterator[bytes]) -> Iterator[bytes]:
    for number, line in enumerate(lines):
        if number % 5 == 4:
            yield SPOILERS[number // 5 % len(SPOILERS)](line)
        else:
            yield line

"""Hostile inputs: 256 MiB each, made to cost the validator as much as possible.

Each generator yields blocks of at least 64 KiB.
"""

from collections.abc import Callable, Iterator
from itertools import chain, count, islice

SIZE = 256 * 1024 * 1024
BLOCK = 64 * 1024
LINE = 1024 * 1024 - 500  # A line may have 32 MiB; what costs time costs it in one MiB.

_MESSAGE = b'{"role":"user","content":""}'
_EMOJI = "\U0001f600".encode() * 500
_TEXT = b"hello world " * 430


def request(number: int, body: bytes, more: bytes = b"") -> bytes:
    """Return a request line with that body, followed by more members."""
    frame = b'{"custom_id":"r%d","method":"POST","url":"/v1/chat/completions","body":%s%s}'
    return frame % (number, body, more)


def chat(content: bytes) -> bytes:
    """Return a body with one message of that content."""
    return b'{"model":"m","messages":[{"role":"user","content":"%s"}]}' % content


def chat_with(member: bytes) -> bytes:
    """Return a body with one message and one more member."""
    return b'{"model":"m","messages":[%s],%s}' % (_MESSAGE, member)


def messages(elements: bytes) -> bytes:
    """Return a body with these messages."""
    return b'{"model":"m","messages":[%s]}' % elements


def embedding(custom_id: bytes, text: bytes) -> bytes:
    """Return an embeddings request."""
    frame = b'{"custom_id":"%s","method":"POST","url":"/v1/embeddings","body":%s}'
    return frame % (custom_id, b'{"model":"m","input":%s}' % text)


def fill(pattern: bytes, size: int = LINE) -> bytes:
    """Return as many repetitions of the pattern as fit into that size."""
    return pattern * (size // len(pattern))


def _repeat(pattern: bytes) -> Iterator[bytes]:
    block = fill(pattern, BLOCK)
    return islice((block for _ in count()), SIZE // len(block))


def _lines(make: Callable[[int], bytes]) -> Iterator[bytes]:
    done = 0
    block = b""
    for number in count():
        block += make(number) + b"\n"
        if len(block) >= BLOCK:
            yield block
            done += len(block)
            block = b""
        if done >= SIZE:
            return


def _bodies(make: Callable[[], bytes]) -> Iterator[bytes]:
    """Yield requests with that body; each has a different user, so that no two are alike."""
    members = make().removeprefix(b"{")
    return _lines(lambda number: request(number, b'{"user":"%d",%s' % (number, members)))


def _same(make: Callable[[], bytes]) -> Iterator[bytes]:
    line = make()
    return _lines(lambda _: line)


HOSTILE: dict[str, Callable[[], Iterator[bytes]]] = {
    "one endless line": lambda: _repeat(b"x"),
    "only spaces": lambda: _repeat(b" "),
    "only newlines": lambda: _repeat(b"\n"),
    "lines of spaces": lambda: _repeat(b" " * 1000 + b"\n"),
    "a request every 5,300 blank lines": lambda: _lines(
        lambda number: b"\n" * 5300 + request(number, chat(b""))
    ),
    "lines of one character": lambda: _repeat(b"x\n"),
    "one endless `[[[[`": lambda: _repeat(b"["),
    "1 MiB lines of `[[[[`": lambda: _same(lambda: fill(b"[")),
    '1 MiB lines of `{"a":{"a":`': lambda: _same(lambda: fill(b'{"a":')),
    "1 MiB lines of empty lists": lambda: _same(lambda: b"[%s0]" % fill(b"[],")),
    "empty lists in the body": lambda: _bodies(lambda: chat_with(b'"x":[%s0]' % fill(b"[],"))),
    "empty lists in objects": lambda: _bodies(
        lambda: chat_with(b'"x":{%s"":0}' % fill(b'"a":[],'))
    ),
    "lists 120 deep": lambda: _bodies(
        lambda: chat_with(b'"x":[%s0]' % fill(b"[" * 120 + b"]" * 120 + b","))
    ),
    "brackets in strings": lambda: _bodies(lambda: chat_with(b'"x":[%s0]' % fill(b'["["],'))),
    "1 MiB of `\\u0000`": lambda: _bodies(lambda: chat(fill(rb"\u0000"))),
    "NUL bytes": lambda: _repeat(b"\0"),
    "a member twice in each line": lambda: _lines(
        lambda number: request(number, chat(_TEXT), b',"method":"POST"')
    ),
    "a member 300 times in each line": lambda: _lines(
        lambda number: request(number, b"{}", b',"method":"POST"' * 300)
    ),
    "1 MiB of one member": lambda: _lines(lambda number: request(number, b"{}", fill(b',"":0'))),
    "90,000 members": lambda: _same(
        lambda: b"{%s}" % b",".join(b'"%d":0' % number for number in range(90_000))
    ),
    "36,000 messages": lambda: _bodies(lambda: messages(fill(_MESSAGE + b",") + _MESSAGE)),
    "36,000 messages, the last one bad": lambda: _bodies(
        lambda: messages(fill(_MESSAGE + b",") + b'{"role":"x"}')
    ),
    "10 bad messages in each line": lambda: _bodies(
        lambda: messages(b",".join([b'{"role":"x","content":0}'] * 10)) + b" " * 4900
    ),
    "1 MiB of numbers as messages": lambda: _bodies(lambda: messages(fill(b"0,") + b"0")),
    "1 MiB of token ids": lambda: _lines(
        lambda number: embedding(b"%d" % number, b"[%s0]" % fill(b"0,"))
    ),
    "1 MiB integers": lambda: _bodies(lambda: chat_with(b'"seed":' + fill(b"7"))),
    "numbers that are hard to convert": lambda: _bodies(
        lambda: chat_with(fill(b'"top_p":1.7976931348623157e308,') + b'"n":1')
    ),
    "invalid at the end of 1 MiB": lambda: _same(lambda: request(0, chat(fill(b"x")))[:-1]),
    "not UTF-8 at the end": lambda: _bodies(lambda: chat("北京".encode() * 860 + b"\xff")),
    "custom_ids of 512 emoji": lambda: _lines(
        lambda number: embedding(_EMOJI + b"%d" % number, b'"%s"' % (b"x" * 3200))
    ),
    "1 MiB models": lambda: _lines(
        lambda number: request(number, b'{"model":"%s%d"}' % (fill(b"x"), number))
    ),
    "custom_ids with colliding hashes": lambda: chain(_colliding(), _repeat(b"\n")),
}


def _colliding() -> Iterator[bytes]:
    """Yield requests whose ids share the lowest bits of their hash in this process.

    Python keys its hashes at random per process, so no client can find even these.
    """
    mask = (1 << 8) - 1
    ids = (b"r%d" % number for number in count())
    clashing = islice((one for one in ids if hash(one) & mask == 0), 50_000)
    yield b"".join(embedding(one, b'"x"') + b"\n" for one in clashing)

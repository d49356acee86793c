"""What an operation asks for, so that one description of it serves sync and async clients.

An operation is a generator, a `Flow`: it yields steps, is sent each step's result, or has its
failure thrown in, and returns the operation's result. It does no network I/O and never waits.
`SyncRunner` and `AsyncRunner` run flows.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import httpx


class Body(Protocol):
    """Bytes to send that are not in memory; driven once."""

    @property
    def size(self) -> int:
        """Exactly how many `blocks` yields."""

    def blocks(self) -> Iterator[bytes]:
        """Read the bytes."""


class Sink(Protocol):
    """Where an answer's bytes go, block by block."""

    def takes(self, status: int, headers: httpx.Headers) -> bool:
        """Tell whether the answer's body is for here; else it is kept in the reply."""

    def write(self, block: bytes) -> bool:
        """Take a block; False when no further ones are wanted."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, whatever its status; `body` is empty when a sink took it."""

    status: int
    headers: httpx.Headers
    body: bytes


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its reply. Raises httpx.RequestError.

    A `url` that begins with a slash is a path of the API and goes with the key; any other is
    absolute and goes without. Redirects are not followed.
    """

    method: str
    url: str
    params: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | Body = b""
    sink: Sink | None = None


@dataclass(frozen=True, slots=True)
class Sleep:
    """A pause."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Work:
    """Something that blocks or computes: file I/O, hashing. Raises what it raises."""

    call: Callable[[], Any]


@dataclass(frozen=True, slots=True)
class Together:
    """Flows at the same time, at most `limit`; their results in order.

    When one raises, those that have not begun never do, the others stop, and the error is raised.
    """

    flows: Sequence[Flow[Any]]
    limit: int


type Step = Exchange | Sleep | Work | Together
type Flow[T] = Generator[Step, Any, T]


def work[T](call: Callable[[], T]) -> Flow[T]:
    """Do something that blocks, outside of any event loop."""
    result: T = yield Work(call)
    return result


def together[T](flows: Sequence[Flow[T]], limit: int) -> Flow[list[T]]:
    """Run flows at the same time."""
    results: list[T] = yield Together(flows, limit)
    return results

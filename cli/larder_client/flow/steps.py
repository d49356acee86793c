"""The steps of an operation: one description of it serves the sync and the async client.

An operation is a generator, a `Flow`. It yields steps, is sent the result of each (or has its
error thrown in), and returns the operation's result. It does no network I/O and never waits
itself: `SyncRunner` and `AsyncRunner` do that for it.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, TypeVar

if TYPE_CHECKING:
    import httpx


class Body(Protocol):
    """Bytes to send that are not in memory."""

    @property
    def size(self) -> int:
        """The exact number of bytes that `blocks` yields."""

    def blocks(self) -> Iterator[bytes]:
        """Read the bytes; called once per request."""


class Sink(Protocol):
    """Where the bytes of a reply go, block by block."""

    def accepts(self, status: int, headers: httpx.Headers) -> bool:
        """Return whether the body goes here; otherwise it is kept in `Reply.body`."""

    def write(self, block: bytes) -> bool:
        """Store a block; return False to stop receiving."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply of any status; `body` is empty when a sink took it."""

    status: int
    headers: httpx.Headers
    body: bytes


@dataclass(frozen=True, slots=True)
class Request:
    """One request and its reply. Raises httpx.RequestError.

    A `url` that begins with a slash is a path of the API and is sent with the key. Any other is
    absolute and is sent without it. Redirects are not followed.
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
class Blocking:
    """A call that blocks or computes, such as file I/O or hashing. Raises what the call raises."""

    call: Callable[[], Any]


@dataclass(frozen=True, slots=True)
class Gather:
    """Flows that run concurrently, at most `limit` at a time; their results in order.

    When one raises, the others stop, those that have not started never do, and the error is raised.
    """

    flows: Sequence[Flow[Any]]
    limit: int


T = TypeVar("T")

Step: TypeAlias = Request | Sleep | Blocking | Gather
Flow: TypeAlias = Generator[Step, Any, T]


def blocking(call: Callable[[], T]) -> Flow[T]:
    """Run a blocking call outside the event loop and return its result."""
    result: T = yield Blocking(call)
    return result


def gather(flows: Sequence[Flow[T]], limit: int) -> Flow[list[T]]:
    """Run flows concurrently and return their results in order."""
    results: list[T] = yield Gather(flows, limit)
    return results

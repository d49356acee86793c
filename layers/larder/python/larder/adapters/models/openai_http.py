"""Calls of OpenAI-compatible servers: urllib3's connection pools, and a thread for each call.

Requests go to the host that the operator has named and nowhere else: a pool of connections is of
one host, and redirects are not followed.
"""

from __future__ import annotations

import re
import socket
import ssl
import time
from concurrent.futures import ThreadPoolExecutor
from email.utils import parsedate_to_datetime
from io import BytesIO
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, Timeout
from urllib3.connection import HTTPConnection
from urllib3.exceptions import HTTPError, ReadTimeoutError

from larder.adapters.models.credentials import SecretUnreadableError
from larder.domain.batch_answers import MAX_ANSWER_BYTES, Answer, NoAnswer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from urllib3 import BaseHTTPResponse

    from larder.adapters.models.credentials import UpstreamCredentials
    from larder.services.batches.model_ports import Call
    from larder.services.clock import Clock

CONNECT_SECONDS = 10
MAX_THREADS = 800
"""Calls in flight of one worker; Lambda allows a function 1,024 threads and as many sockets."""

# A model may think for minutes, in which no byte is sent. NAT gateways forget such a connection
# after 350 seconds: https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-troubleshooting.html
_KEEPALIVE_SECONDS = 60
_SOCKET_OPTIONS = [
    *HTTPConnection.default_socket_options,
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, _KEEPALIVE_SECONDS),
    (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, _KEEPALIVE_SECONDS),
]

_BLOCK = 64 * 2**10
_MAX_REQUEST_ID = 128
_HEADERS = {
    "Content-Type": "application/json",
    "Accept": "application/json",
    "Accept-Encoding": "gzip",
    "User-Agent": "Larder",
}
_REFUSALS = frozenset({401, 403})
_NO_BODY = frozenset({204, 304})
_MAX_RETRY_AFTER = 3_600.0
_SECONDS = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_UNREADABLE = (
    b'{"error":{"message":"The upstream\'s secret is missing, or may not be read.",'
    b'"type":"invalid_request_error","param":null,"code":"invalid_api_key"}}'
)

type _Result = tuple[Call, Answer | NoAnswer | Exception]
type _Read = Callable[[BaseHTTPResponse, float], bytes | NoAnswer]


class HttpModelCalls:
    """`ModelCalls` over HTTP."""

    def __init__(self, credentials: UpstreamCredentials, clock: Clock) -> None:
        self._credentials = credentials
        self._clock = clock
        self._threads = ThreadPoolExecutor(MAX_THREADS)
        self._pools: dict[tuple[str, str, int | None], HTTPConnectionPool] = {}
        self._results: SimpleQueue[_Result] = SimpleQueue()
        self._in_flight = 0

    def abandon(self) -> None:
        """Forget the calls in flight, whose threads end by themselves."""
        self._results = SimpleQueue()
        self._in_flight = 0

    def begin(self, call: Call) -> None:
        """Hand the call to a thread."""
        self._in_flight += 1
        self._threads.submit(self._run, call, self._pool_of(call), self._results)

    def wait(self, seconds: float) -> Sequence[tuple[Call, Answer | NoAnswer]]:
        """Return what threads have put into the queue."""
        found: list[tuple[Call, Answer | NoAnswer]] = []
        try:
            result = self._results.get(timeout=seconds)
            while True:
                call, answer = result
                if isinstance(answer, Exception):
                    if found:
                        # What has come before it is not lost with it: it is raised next time.
                        self._results.put(result)
                        return found
                    self._in_flight -= 1
                    raise answer
                self._in_flight -= 1
                found.append((call, answer))
                result = self._results.get_nowait()
        except Empty:
            return found

    @property
    def in_flight(self) -> int:
        """The calls that have no answer yet."""
        return self._in_flight

    def ask(self, call: Call, read: _Read, headers: Mapping[str, str]) -> Answer | NoAnswer:
        """Return the answer to a call, whose body is what `read` makes of the response.

        `read` gets the time of `time.monotonic` at which to give up. `headers` are sent beside, or
        in place of, the usual ones.
        """
        return self._answer(call, self._pool_of(call), read, {**_HEADERS, **headers})

    def _pool_of(self, call: Call) -> HTTPConnectionPool:
        base = urlsplit(call.upstream.base_url)
        place = (base.scheme, base.hostname or "", base.port)
        if place not in self._pools:
            scheme, host, port = place
            options: Any = {"maxsize": MAX_THREADS, "socket_options": _SOCKET_OPTIONS}
            if scheme == "https":
                tls = ssl.create_default_context()
                self._pools[place] = HTTPSConnectionPool(host, port, ssl_context=tls, **options)
            else:
                self._pools[place] = HTTPConnectionPool(host, port, **options)
        return self._pools[place]

    def _run(self, call: Call, pool: HTTPConnectionPool, results: SimpleQueue[_Result]) -> None:
        try:
            results.put((call, self._answer(call, pool, read_whole, _HEADERS)))
        except Exception as error:  # noqa: BLE001 - `wait` raises it
            results.put((call, error))

    def _answer(
        self, call: Call, pool: HTTPConnectionPool, read: _Read, plain: Mapping[str, str]
    ) -> Answer | NoAnswer:
        upstream = call.upstream
        deadline = time.monotonic() + upstream.timeout
        url = upstream.url_for(call.endpoint)
        if urlsplit(url).netloc != urlsplit(upstream.base_url).netloc:
            message = f"{url} is not an address of the upstream {upstream.name}"
            raise ValueError(message)
        try:
            headers = self._credentials.headers(upstream, url, call.body, plain)
            answer = self._ask(call, pool, headers, read, deadline)
            if _refused(answer) and self._credentials.renewed(upstream, headers):
                headers = self._credentials.headers(upstream, url, call.body, plain)
                answer = self._ask(call, pool, headers, read, deadline)
        except SecretUnreadableError as error:
            return NoAnswer.CONNECTION if error.passing else Answer(401, _UNREADABLE)
        return answer

    def _ask(
        self,
        call: Call,
        pool: HTTPConnectionPool,
        headers: dict[str, str],
        read: _Read,
        deadline: float,
    ) -> Answer | NoAnswer:
        timeout = call.upstream.timeout
        try:
            response = pool.urlopen(
                "POST",
                urlsplit(call.upstream.url_for(call.endpoint)).path,
                body=call.body,
                headers=headers,
                retries=False,
                redirect=False,
                timeout=Timeout(connect=min(CONNECT_SECONDS, timeout), read=timeout),
                preload_content=False,
            )
            body = read(response, deadline)
        except ReadTimeoutError:
            return NoAnswer.TIMEOUT
        except HTTPError:
            # Refused, cut, or no HTTP: whatever it was, no answer has come.
            return NoAnswer.CONNECTION
        if isinstance(body, NoAnswer):
            return body
        request_id = response.headers.get("x-request-id")
        return Answer(
            status=response.status,
            body=body,
            request_id=None if request_id is None else request_id[:_MAX_REQUEST_ID],
            retry_after=self._retry_after(response.headers.get("retry-after")),
        )

    def _retry_after(self, header: str | None) -> float | None:
        """Return the seconds that a Retry-After header asks for, as a number or as a date.

        An hour at the most: who is asked again then can say so again.
        """
        if header is None:
            return None
        if _SECONDS.fullmatch(header):
            return min(float(header), _MAX_RETRY_AFTER)
        try:
            at = parsedate_to_datetime(header)
        except ValueError:
            return None
        return max(0.0, min(at.timestamp() - self._clock(), _MAX_RETRY_AFTER))


def _refused(answer: Answer | NoAnswer) -> bool:
    return isinstance(answer, Answer) and answer.status in _REFUSALS


def read_whole(response: BaseHTTPResponse, deadline: float) -> bytes | NoAnswer:
    """Return the body, decoded, if it is not too long and comes in time."""
    # Its value is its buffer: pieces that are joined are there twice, and 12 answers come at once.
    body = BytesIO()
    while piece := response.read1(_BLOCK):
        body.write(piece)
        late = time.monotonic() > deadline
        if late or body.tell() > MAX_ANSWER_BYTES:
            response.close()
            return NoAnswer.TIMEOUT if late else NoAnswer.TOO_LARGE
    if body.tell() == 0 and not _has_end(response):
        return NoAnswer.CONNECTION
    return body.getvalue()


def _has_end(response: BaseHTTPResponse) -> bool:
    """Tell whether an answer without a body says that it has none.

    One that does not was cut in its head: http.client takes what has come of it for all.
    """
    return response.chunked or "content-length" in response.headers or response.status in _NO_BODY

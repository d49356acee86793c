"""How long each stage of an upload takes: a transport that times the client's requests."""

import time
from dataclasses import dataclass

import httpx


@dataclass(frozen=True)
class Request:
    """One request, from its first byte to the start of its response."""

    method: str
    path: str
    started: float
    ended: float


class StageTimes(httpx.HTTPTransport):
    """A transport that records when each request started and ended."""

    def __init__(self) -> None:
        super().__init__()
        self._requests: list[Request] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request and record its times."""
        started = time.perf_counter()
        response = super().handle_request(request)
        ended = time.perf_counter()
        self._requests.append(Request(request.method, request.url.path, started, ended))
        return response

    def seconds(self, method: str, path_ends: str = "") -> float:
        """Return the seconds from the start of the first matching request to the last one's end."""
        found = [r for r in self._requests if r.method == method and r.path.endswith(path_ends)]
        return max(request.ended for request in found) - min(request.started for request in found)

    def total(self) -> float:
        """Return the seconds from the start of the first request to the end of the last."""
        ended = max(request.ended for request in self._requests)
        return ended - min(request.started for request in self._requests)

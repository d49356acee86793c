"""What each request of a client takes."""

import time
from dataclasses import dataclass

import httpx


@dataclass(frozen=True)
class Span:
    """One request, from its first byte to the beginning of its answer."""

    method: str
    path: str
    began: float
    ended: float


class Spans(httpx.HTTPTransport):
    """A line on which the requests are timed."""

    def __init__(self) -> None:
        super().__init__()
        self._spans: list[Span] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request, and note when it began and ended."""
        began = time.perf_counter()
        response = super().handle_request(request)
        self._spans.append(Span(request.method, request.url.path, began, time.perf_counter()))
        return response

    def lasted(self, method: str, path_ends: str = "") -> float:
        """Return the seconds from the beginning of the first such request to the last one's end."""
        found = [s for s in self._spans if s.method == method and s.path.endswith(path_ends)]
        return max(span.ended for span in found) - min(span.began for span in found)

    def total(self) -> float:
        """Return the seconds from the first request to the end of the last."""
        return max(s.ended for s in self._spans) - min(s.began for s in self._spans)

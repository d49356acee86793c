"""Calls of models over HTTP, against a server that answers as each test says."""

from __future__ import annotations

import gzip
import socket
import ssl
import threading
import time
import tracemalloc
from contextlib import contextmanager, suppress
from email.utils import formatdate
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from larder.adapters.models.openai_http import HttpModelCalls
from larder.domain.batch_answers import MAX_ANSWER_BYTES, Answer, NoAnswer
from larder.services.batches.model_ports import Call
from tests.fakes.clock import START, ManualClock
from tests.fakes.model_script import Rule
from tests.fakes.model_server import ModelServer, serving
from tests.samples import an_upstream
from tests.support.certificates import self_signed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from larder.domain.upstreams import Upstream

CHAT = "/v1/chat/completions"
BODY = b'{"model":"m","messages":[{"role":"user","content":"hello"}]}'


class NoCredentials:
    """`UpstreamCredentials` that add nothing."""

    def headers(
        self, _: Upstream, __: str, ___: bytes, headers: Mapping[str, str]
    ) -> dict[str, str]:
        return dict(headers)


def new_calls() -> HttpModelCalls:
    return HttpModelCalls(NoCredentials(), ManualClock())  # type: ignore[arg-type]


def upstream_of(server: ModelServer, **changes: Any) -> Upstream:
    return an_upstream(base_url=server.base_url, **changes)


def ask(
    server: ModelServer,
    *,
    endpoint: str = CHAT,
    body: bytes = BODY,
    calls: HttpModelCalls | None = None,
    **changes: Any,
) -> Answer | NoAnswer:
    """Make one call, and return what comes of it."""
    calls = calls or new_calls()
    call = Call(7, upstream_of(server, **changes), endpoint, body)
    calls.begin(call)
    [(found, answer)] = calls.wait(10)
    assert found is call
    return answer


def answered(server: ModelServer, **changes: Any) -> Answer:
    answer = ask(server, **changes)
    assert isinstance(answer, Answer), answer
    return answer


def answer_to(rule: Rule, **changes: Any) -> Answer | NoAnswer:
    with serving([rule]) as server:
        return ask(server, **changes)


def text_of(answer: Answer) -> str:
    text: str = msgspec.json.decode(answer.body)["choices"][0]["message"]["content"]
    return text


def test_a_request_goes_out_as_it_is_and_its_answer_comes_back() -> None:
    with serving() as server:
        answer = answered(server)

    assert (answer.status, text_of(answer), answer.retry_after) == (200, "hello", None)
    [call] = server.calls
    assert answer.request_id == f"req-1-{call.began:.6f}"
    assert (call.path, call.model, call.bytes) == (CHAT, "m", len(BODY))
    assert call.headers == {
        "host": f"127.0.0.1:{server.port}",
        "content-length": str(len(BODY)),
        "content-type": "application/json",
        "accept": "application/json",
        "accept-encoding": "gzip",
        "user-agent": "Larder",
    }


@pytest.mark.parametrize(
    ("base", "path"),
    [
        ("/v1", "/v1/embeddings"),
        ("/v1/", "/v1/embeddings"),
        ("/openai/v1", "/openai/v1/embeddings"),
        ("", "/embeddings"),
    ],
)
def test_the_path_is_the_base_url_s_and_the_endpoint_s(base: str, path: str) -> None:
    with serving() as server:
        url = server.base_url.removesuffix("/v1") + base
        calls = new_calls()
        calls.begin(Call(0, an_upstream(base_url=url), "/v1/embeddings", BODY))
        calls.wait(10)

    assert [call.path for call in server.calls] == [path]


@pytest.mark.parametrize(
    "how", [{}, {"gzip": True}, {"chunked": True}, {"gzip": True, "chunked": True}]
)
@pytest.mark.parametrize("size", [0, 100_000])
def test_answers_come_in_every_form(how: dict[str, Any], size: int) -> None:
    answer = answer_to(Rule(size=size, **how))

    assert isinstance(answer, Answer)
    assert text_of(answer) == "x" * size


@pytest.mark.parametrize("status", [200, 204, 400, 404, 413, 422, 429, 500, 503, 529])
def test_every_status_is_an_answer_with_its_body(status: int) -> None:
    answer = answer_to(Rule(status=status, body={"error": {"code": "c"}}))

    assert answer == Answer(
        status,
        # RFC 9110: there is no body with a 204.
        b"" if status == 204 else b'{"error":{"code":"c"}}',
        request_id=answer.request_id if isinstance(answer, Answer) else None,
    )


def test_a_page_of_html_is_an_answer_as_it_is() -> None:
    page = "<html><body>502 Bad Gateway</body></html>"

    answer = answer_to(Rule(status=502, body=page, headers={"Content-Type": "text/html"}))

    assert isinstance(answer, Answer)
    assert (answer.status, answer.body) == (502, page.encode())


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (3, 3.0),
        ("0", 0.0),
        ("2.5", 2.5),
        (formatdate(START + 90, usegmt=True), 90.0),
        (formatdate(START - 90, usegmt=True), 0.0),
        (9_999_999, 3_600.0),
        ("9" * 400, 3_600.0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 3_600.0),
        ("soon", None),
        ("", None),
        ("inf", None),
        ("-5", None),
        ("1e9", None),
        ("Mon, 99 Foo 2026 25:00:00 GMT", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(header: str | float, seconds: float | None) -> None:
    answer = answer_to(Rule(status=429, retry_after=header))

    assert isinstance(answer, Answer)
    assert answer.retry_after == seconds


def test_a_request_id_may_be_missing_or_long() -> None:
    long = answer_to(Rule(headers={"x-request-id": "x" * 10_000}))
    missing = answer_to(Rule(headers={"x-request-id": ""}))

    assert isinstance(long, Answer)
    assert isinstance(missing, Answer)
    assert long.request_id == "x" * 128
    assert not missing.request_id


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_an_answer_and_is_not_followed(status: int) -> None:
    with serving() as elsewhere:
        location = {"Location": f"{elsewhere.base_url}/stolen"}
        with serving([Rule(status=status, headers=location)]) as server:
            answer = answered(server)
            back = {"Location": f"{server.base_url}/again"}
            server.script([Rule(status=status, headers=back)])
            assert answered(server).status == status

    assert answer.status == status
    assert elsewhere.calls == []
    assert len(server.calls) == 2


@pytest.mark.parametrize("endpoint", ["@127.0.0.1:{port}/x", ".evil.example/x", ":{port}/x"])
def test_no_endpoint_leads_away_from_the_upstream(endpoint: str) -> None:
    """Lines have one of a few urls, as validation sees to; this is for when it did not."""
    with serving() as elsewhere, serving() as server:
        base = server.base_url.removesuffix("/v1")
        calls = new_calls()
        endpoint = endpoint.format(port=elsewhere.port)
        calls.begin(Call(0, an_upstream(base_url=base), endpoint, BODY))

        with pytest.raises(ValueError, match="not an address of the upstream"):
            calls.wait(10)

    assert elsewhere.calls == server.calls == []
    assert calls.in_flight == 0


@pytest.mark.parametrize("how", [{}, {"gzip": True}, {"chunked": True}, {"status": 500}])
@pytest.mark.parametrize(
    ("size", "too_large"), [(MAX_ANSWER_BYTES, False), (MAX_ANSWER_BYTES + 1, True)]
)
def test_an_answer_of_up_to_8_mib_is_read(
    how: dict[str, Any], size: int, *, too_large: bool
) -> None:
    answer = answer_to(Rule(body="x" * size, **how))

    if too_large:
        assert answer is NoAnswer.TOO_LARGE
    else:
        assert isinstance(answer, Answer)
        assert len(answer.body) == size


@pytest.mark.parametrize("how", [{}, {"gzip": True}, {"chunked": True}])
@pytest.mark.parametrize("cut", [0.0, 0.001, 0.5, 0.999])
def test_a_connection_cut_anywhere_is_a_lost_one(cut: float, how: dict[str, Any]) -> None:
    assert answer_to(Rule(cut=cut, size=100_000, **how)) is NoAnswer.CONNECTION


def test_an_upstream_that_hangs_is_out_of_time() -> None:
    began = time.monotonic()

    answer = answer_to(Rule(hang=True), timeout=1)

    assert answer is NoAnswer.TIMEOUT
    assert 0.9 < time.monotonic() - began < 3


@pytest.mark.parametrize("how", [{}, {"gzip": True}, {"chunked": True}])
def test_an_answer_that_drips_is_out_of_time(how: dict[str, Any]) -> None:
    began = time.monotonic()

    answer = answer_to(Rule(drip=0.3, size=10_000, **how), timeout=1)

    assert answer is NoAnswer.TIMEOUT
    assert time.monotonic() - began < 3


def test_a_slow_answer_in_time_is_an_answer() -> None:
    answer = answer_to(Rule(latency=0.5, drip=0.03, size=10_000), timeout=5)

    assert isinstance(answer, Answer)
    assert text_of(answer) == "x" * 10_000


def unused_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
    return port


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_an_upstream_that_is_not_there_is_a_lost_connection(scheme: str) -> None:
    calls = new_calls()
    upstream = an_upstream(base_url=f"{scheme}://127.0.0.1:{unused_port()}/v1")

    calls.begin(Call(0, upstream, CHAT, BODY))

    assert [answer for _, answer in calls.wait(10)] == [NoAnswer.CONNECTION]


@contextmanager
def talking(words: bytes) -> Iterator[int]:
    """Yield the port of a server that says something to whoever connects, and hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def talk() -> None:
            line, _ = listening.accept()
            with line:
                line.recv(65_536)
                line.sendall(words)
                line.shutdown(socket.SHUT_WR)
                # Closed with something unread, a socket would take back what it has sent.
                line.settimeout(0.3)
                with suppress(OSError):
                    while line.recv(65_536):
                        pass

        thread = threading.Thread(target=talk)
        thread.start()
        yield listening.getsockname()[1]
        thread.join()


@pytest.mark.parametrize(
    "words",
    [
        b"",
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 400 Bad Request\r\nContent-Ty",
        b"HTTP/1.1 400 Bad Request\r\nContent-Length: 20\r\nX: ",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\n" + b"".join(b"x-%d: y\r\n" % n for n in range(200)) + b"\r\n",
        b"HTTP/1.1 200 OK\r\nx: " + b"y" * 70_000 + b"\r\n\r\n",
    ],
    ids=lambda words: repr(words[:60]),
)
def test_what_is_no_http_is_a_lost_connection(words: bytes) -> None:
    calls = new_calls()
    with talking(words) as port:
        calls.begin(Call(0, an_upstream(base_url=f"http://127.0.0.1:{port}/v1"), CHAT, BODY))
        [(_, answer)] = calls.wait(10)

    assert answer is NoAnswer.CONNECTION


def test_an_answer_may_end_with_its_connection() -> None:
    calls = new_calls()
    with talking(b"HTTP/1.0 200 OK\r\n\r\n{}") as port:
        calls.begin(Call(0, an_upstream(base_url=f"http://127.0.0.1:{port}/v1"), CHAT, BODY))
        [(_, answer)] = calls.wait(10)

    assert answer == Answer(200, b"{}")


def test_what_is_too_large_is_not_unpacked_to_its_end() -> None:
    """200 MiB of zeros, which are 200 KiB on their way."""
    packed = gzip.compress(b"0" * 200 * 2**20)
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed)
    calls = new_calls()
    with talking(head + packed) as port:
        tracemalloc.start()
        calls.begin(Call(0, an_upstream(base_url=f"http://127.0.0.1:{port}/v1"), CHAT, BODY))
        [(_, answer)] = calls.wait(10)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()

    assert answer is NoAnswer.TOO_LARGE
    assert peak < 3 * MAX_ANSWER_BYTES


def test_connections_are_kept_for_the_next_call() -> None:
    with serving() as server:
        calls = new_calls()
        for _ in range(20):
            answered(server, calls=calls)

    assert server.connections == 1


@pytest.mark.parametrize(
    "rule", [Rule(status=500, times=1), Rule(body="x" * (MAX_ANSWER_BYTES + 1), times=1)]
)
def test_after_any_answer_the_next_call_is_a_good_one(rule: Rule) -> None:
    with serving([rule]) as server:
        calls = new_calls()
        ask(server, calls=calls)

        assert answered(server, calls=calls).status == 200


def test_a_connection_that_the_upstream_has_closed_meanwhile_is_opened_again() -> None:
    with serving() as server:
        calls = new_calls()
        answered(server, calls=calls)
        server.hang_up()
        time.sleep(0.1)

        assert answered(server, calls=calls).status == 200

    assert server.connections == 2


def test_many_calls_are_in_flight_at_once() -> None:
    with serving([Rule(latency=0.5)]) as server:
        calls = new_calls()
        began = time.monotonic()
        for line in range(50):
            calls.begin(Call(line, upstream_of(server), CHAT, BODY))
        assert calls.in_flight == 50

        answers: list[tuple[Call, Answer | NoAnswer]] = []
        while calls.in_flight:
            answers += calls.wait(5)
        took = time.monotonic() - began

    assert sorted(call.line for call, _ in answers) == list(range(50))
    assert all(isinstance(answer, Answer) for _, answer in answers)
    assert took < 3
    assert server.connections == 50


def test_answers_are_those_of_their_calls() -> None:
    with serving([Rule(latency=(0.0, 0.2))]) as server:
        calls = new_calls()
        for line in range(100):
            body = b'{"messages":[{"role":"user","content":"line %d"}]}' % line
            calls.begin(Call(line, upstream_of(server), CHAT, body))
        found: dict[int, Answer | NoAnswer] = {}
        while calls.in_flight:
            found |= {call.line: answer for call, answer in calls.wait(5)}

    texts = {line: text_of(answer) for line, answer in found.items() if isinstance(answer, Answer)}
    assert texts == {line: f"line {line}" for line in range(100)}


def test_waiting_for_nothing_lasts_as_long_as_it_should() -> None:
    calls = new_calls()
    began = time.monotonic()

    assert list(calls.wait(0.2)) == []

    assert 0.2 <= time.monotonic() - began < 1
    assert calls.in_flight == 0


def test_an_answer_ends_the_wait() -> None:
    with serving([Rule(hang=True, contains="hang")]) as server:
        calls = new_calls()
        calls.begin(Call(0, upstream_of(server, timeout=2), CHAT, b'{"model":"hang"}'))
        calls.begin(Call(1, upstream_of(server), CHAT, BODY))
        began = time.monotonic()

        [(call, _)] = calls.wait(10)

        assert call.line == 1
        assert time.monotonic() - began < 1.5
        assert calls.in_flight == 1


def test_abandoned_calls_never_come_back() -> None:
    with serving([Rule(latency=0.3, contains="old")]) as server:
        calls = new_calls()
        for _ in range(5):
            calls.begin(Call(0, upstream_of(server), CHAT, b'{"model":"old"}'))
        calls.abandon()
        assert calls.in_flight == 0
        calls.begin(Call(0, upstream_of(server), CHAT, BODY))

        [(call, _)] = calls.wait(5)

        assert call.body == BODY
        assert list(calls.wait(0.6)) == []
        assert calls.in_flight == 0
        assert len(server.calls) == 6


def test_a_large_request_arrives_whole() -> None:
    body = b'{"model":"m","input":"' + b"x" * 4 * 2**20 + b'"}'
    with serving() as server:
        assert answered(server, body=body, endpoint="/v1/embeddings").status == 200

    assert [call.bytes for call in server.calls] == [len(body)]


def test_a_refusal_before_the_request_was_read_is_an_answer_or_a_lost_connection() -> None:
    calls = new_calls()
    refusal = b"HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"
    with talking(refusal) as port:
        upstream = an_upstream(base_url=f"http://127.0.0.1:{port}/v1")
        calls.begin(Call(0, upstream, CHAT, b"x" * 20 * 2**20))
        [(_, answer)] = calls.wait(10)

    assert answer in {Answer(413, b"{}"), NoAnswer.CONNECTION}


def test_an_unforeseen_failure_is_not_lost_in_a_thread() -> None:
    class Broken(NoCredentials):
        def headers(self, *_: object) -> dict[str, str]:
            raise RuntimeError("a bug")

    calls = HttpModelCalls(Broken(), ManualClock())  # type: ignore[arg-type]
    with serving() as server:
        calls.begin(Call(0, upstream_of(server), CHAT, BODY))

        with pytest.raises(RuntimeError, match="a bug"):
            calls.wait(5)


def test_answers_that_came_before_a_failure_are_not_lost() -> None:
    class BrokenOnce(NoCredentials):
        def headers(
            self, upstream: Upstream, url: str, body: bytes, headers: Mapping[str, str]
        ) -> dict[str, str]:
            if body != BODY:
                raise RuntimeError("a bug")
            return super().headers(upstream, url, body, headers)

    calls = HttpModelCalls(BrokenOnce(), ManualClock())  # type: ignore[arg-type]
    with serving() as server:
        for body in (BODY, BODY, b"{}"):
            calls.begin(Call(0, upstream_of(server), CHAT, body))
            time.sleep(0.2)

        before = calls.wait(5)
        with pytest.raises(RuntimeError, match="a bug"):
            calls.wait(5)

    assert [isinstance(answer, Answer) for _, answer in before] == [True, True]
    assert calls.in_flight == 0


def test_connections_stay_open_while_a_model_thinks() -> None:
    with serving() as server:
        calls = new_calls()
        answered(server, calls=calls)
        [pool] = calls._pools.values()
        connection: Any = pool._get_conn()
        options = [
            connection.sock.getsockopt(level, name)
            for level, name in (
                (socket.SOL_SOCKET, socket.SO_KEEPALIVE),
                (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE),
                (socket.IPPROTO_TCP, socket.TCP_NODELAY),
            )
        ]
        connection.close()

    assert options == [1, 60, 1]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return self_signed(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def secured(certificate: Path) -> Iterator[ModelServer]:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    with serving(tls=tls) as server:
        yield server


def test_a_server_whose_certificate_is_believed_is_called_over_tls(
    secured: ModelServer, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))

    assert answered(secured).status == 200


def test_a_server_whose_certificate_is_not_believed_gets_nothing(secured: ModelServer) -> None:
    assert ask(secured) is NoAnswer.CONNECTION
    assert secured.calls == []

"""Batches against models that fail in every way.

All of them run at once, each with an upstream of its own, so that their waits overlap.
"""

from __future__ import annotations

import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from local.ports import HOST, free_port
from tests.e2e.api import batch_lines, eventually
from tests.e2e.batches import an_upstream, batch_file, completed, create, named, number_of
from tests.fakes.model_script import Rule
from tests.fakes.model_server import serving

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.e2e.api import Api, Json
    from tests.e2e.projects import NewProject, Operator
    from tests.e2e.stack import Stack
    from tests.fakes.model_server import ModelServer

WITHIN = 180
OUTAGE = 20
STORM = 6
RETRY_AFTER = 2
HTML = "<html><body>Bad gateway</body></html>"
REFUSAL = {"error": {"message": "No.", "type": "invalid_request_error"}}


def about(number: int, **rule: object) -> Rule:
    """Return a rule about one request."""
    return Rule(contains=f'"Hello {number}"', **rule)  # type: ignore[arg-type]


PASSING = [
    about(1, times=2, hang=True),
    about(2, times=3, cut=0.0),
    about(3, times=3, cut=0.5),
    about(4, times=3, cut=0.9, chunked=True),
    about(5, times=3, body=HTML),
    about(6, times=3, body=[1, 2]),
    about(7, times=3, status=500),
    about(8, times=6, status=503),
    about(9, times=6, status=502, body=HTML),
    about(10, times=6, status=408),
    about(11, times=6, status=409),
    about(12, times=3, status=429, retry_after=1),
    about(13, times=3, status=503, retry_after=1),
    about(14, times=2, drip=0.5),
    about(15, drip=0.05, chunked=True, gzip=True),
    Rule(latency=(0.2, 0.5)),
]
"""What goes away: no request may fail by it, however often it comes."""

LASTING = [
    about(1, hang=True),
    about(2, body=HTML),
    about(3, status=500, body=REFUSAL),
    about(4, status=400, body=REFUSAL),
    about(5, status=404, body=HTML),
    Rule(latency=0.5),
]
"""What never goes away: this request fails, and no other, which are answered all the time."""


@dataclass(frozen=True)
class Running:
    """A batch that has been created, and the server that it asks."""

    api: Api
    id: str
    server: ModelServer

    def completed(self) -> tuple[list[Json], list[Json]]:
        return completed(self.api, self.id, WITHIN)

    def asked(self) -> Counter[str]:
        """Return how often each request was sent, by its text."""
        return Counter(call.text for call in self.server.calls)


@pytest.fixture(scope="module")
def running(new_project: NewProject, operator: Operator) -> Iterator[dict[str, Running]]:
    with ExitStack() as opened, new_project().api() as api:

        def run(model: str, lines: int, rules: Sequence[Rule], **upstream: Any) -> Running:
            server = opened.enter_context(an_upstream(operator, model, **upstream))
            file_id = batch_file(api, batch_lines(lines, model=model))
            server.script(rules)
            return Running(api, create(api, file_id)["id"], server)

        storm = [Rule(until=STORM, status=429, retry_after=RETRY_AFTER), Rule(latency=0.1)]
        yield {
            "storm": run("storm", 150, storm),
            "passing": run("passing", 60, PASSING, concurrency=8, timeout=2),
            "lasting": run("lasting", 400, LASTING, concurrency=4, timeout=1),
        }


@pytest.mark.usefixtures("running")
def test_an_upstream_that_is_away_for_a_while_costs_no_line(
    new_project: NewProject, operator: Operator, stack: Stack
) -> None:
    port = free_port()
    slow = [Rule(latency=(0.2, 0.4))]
    with named(operator, "away", f"http://{HOST}:{port}/v1", concurrency=10), ExitStack() as opened:
        api = opened.enter_context(new_project().api())
        with serving(slow, port=port) as server:
            batch_id = create(api, batch_file(api, batch_lines(200, model="away")))["id"]
            eventually(lambda: len(server.calls), lambda calls: calls >= 50, WITHIN)
        # It went in the middle of some answers.
        before = [call.text for call in server.calls if call.outcome == 200]
        time.sleep(OUTAGE)
        with serving(slow, port=port) as server:
            good, bad = completed(api, batch_id, WITHIN)
            after = [call.text for call in server.calls]

    assert (len(good), bad) == (200, [])
    # An answer may have been on its way when the server went.
    assert len(set(before) & set(after)) <= 10
    shards = stack.logged("batch_run_shard", "batch_run_shard", batch_id)
    assert any(each["more"] and each["unreachable"] == ["away"] for each in shards), (
        "meanwhile no worker waits, and is paid for"
    )


def test_a_storm_of_429_is_waited_for_as_long_as_it_asks(running: dict[str, Running]) -> None:
    batch = running["storm"]

    good, bad = batch.completed()

    assert (len(good), bad) == (150, [])
    refused = [call.began for call in batch.server.calls if call.outcome == 429]
    first = min(refused)
    assert [at for at in refused if first + 0.9 < at < first + RETRY_AFTER] == []
    # Each wave has half as many: 50, 25, 12, and 6 at most.
    assert len(refused) <= 93
    assert len(batch.server.calls) == 150 + len(refused)


def test_no_request_fails_by_what_goes_away(running: dict[str, Running]) -> None:
    batch = running["passing"]

    good, bad = batch.completed()

    assert (len(good), bad) == (60, [])
    assert [line["response"]["body"]["choices"][0]["message"]["content"] for line in good] == [
        f"Hello {number}" for number in range(1, 61)
    ]
    times = {about: rule.times for rule in PASSING if (about := rule.contains)}
    asked = batch.asked()
    assert [asked[f"Hello {number}"] for number in range(1, 61)] == [
        3, 4, 4, 4, 4, 4, 4, 7, 7, 7, 7, 4, 4, 3, *[1] * 46,
    ], times  # fmt: skip


def test_what_never_goes_away_fails_only_its_own_request(running: dict[str, Running]) -> None:
    batch = running["lasting"]

    good, bad = batch.completed()

    assert [number_of(line) for line in good] == list(range(6, 401))
    error = {"code": "request_timeout", "message": bad[0]["error"]["message"]}
    assert (bad[0]["response"], bad[0]["error"]) == (None, error)
    answers = [(line["response"]["status_code"], line["response"]["body"]) for line in bad[1:]]
    html = {"error": {"message": HTML}}
    assert answers == [(200, html), (500, REFUSAL), (400, REFUSAL), (404, html)]
    asked = batch.asked()
    # The first failure does not count if no other was answered before it.
    assert all(asked[f"Hello {number}"] in {5, 6} for number in (1, 2, 3))
    assert [asked[f"Hello {number}"] for number in range(4, 401)] == [1] * 397

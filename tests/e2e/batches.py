"""Batches as a client sees them, and what holds for each that has ended."""

from __future__ import annotations

import json
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from larder.domain.upstreams import Upstream
from tests.e2e.api import eventually
from tests.fakes.model_server import serving

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.e2e.api import Api, Json
    from tests.e2e.projects import Operator
    from tests.fakes.model_script import Rule
    from tests.fakes.model_server import ModelServer

ENDPOINT = "/v1/chat/completions"
ENDED = {"completed", "failed", "expired", "cancelled"}
WITHIN = 90


@contextmanager
def an_upstream(
    operator: Operator, model: str, rules: Sequence[Rule] = (), **changes: Any
) -> Iterator[ModelServer]:
    """Serve a model, or a pattern of them, by a server that answers as the rules say."""
    with serving(rules) as server, named(operator, model, server.base_url, **changes):
        yield server


@contextmanager
def named(operator: Operator, model: str, base_url: str, **changes: Any) -> Iterator[None]:
    """Name a server of a model as an upstream."""
    name = model.replace("*", "all")
    upstream = Upstream(name, base_url, (model,), created_at=int(time.time()), **changes)
    operator.upstreams.put(upstream)
    yield
    operator.upstreams.remove(name)


def batch_file(api: Api, data: bytes) -> str:
    """Upload the requests."""
    file_id: str = api.create_file(data, "questions.jsonl", "batch")["id"]
    return file_id


def create(api: Api, file_id: str, **fields: object) -> Json:
    sent = {"input_file_id": file_id, "endpoint": ENDPOINT, "completion_window": "24h"}
    return api.json("POST", "/batches", json=sent | fields)


def batch_of(api: Api, batch_id: str) -> Json:
    return api.json("GET", f"/batches/{batch_id}")


def reached(api: Api, batch_id: str, *statuses: str, within: float = WITHIN) -> Json:
    """Return the batch once it has one of the statuses."""
    return eventually(
        lambda: batch_of(api, batch_id), lambda batch: batch["status"] in statuses, within
    )


def ended(api: Api, batch_id: str, within: float = WITHIN) -> Json:
    return reached(api, batch_id, *ENDED, within=within)


def lines_of(api: Api, file_id: str | None) -> list[Json]:
    """Return the lines of a result file; none of no file."""
    if file_id is None:
        return []
    return [json.loads(line) for line in api.content(file_id).content.splitlines()]


def results(api: Api, batch: Json) -> tuple[list[Json], list[Json]]:
    """Return the lines of both files: every request is in one of them, once, in input order."""
    good, bad = (lines_of(api, batch[f"{kind}_file_id"]) for kind in ("output", "error"))
    found = [[number_of(line) for line in lines] for lines in (good, bad)]
    counts = batch["request_counts"]
    assert sorted(found[0] + found[1]) == list(range(1, counts["total"] + 1))
    assert found == [sorted(numbers) for numbers in found]
    assert counts == {"total": counts["total"], "completed": len(good), "failed": len(bad)}
    assert all(line["response"]["status_code"] == 200 for line in good)
    return good, bad


def completed(api: Api, batch_id: str, within: float = WITHIN) -> tuple[list[Json], list[Json]]:
    """Return the lines of both files once the batch is completed."""
    batch = ended(api, batch_id, within)
    assert batch["status"] == "completed", batch
    return results(api, batch)


def number_of(line: Json) -> int:
    """Return which request of the input the line answers, counted from 1."""
    return int(line["custom_id"].removeprefix("request-"))

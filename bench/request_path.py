"""What a warm request costs: processor time and memory, with a stub of AWS, compared with a peer.

    uv run python -m bench.request_path [--quick]

Each function's handler is called with its recorded event in a process of its own, as on Lambda.
AWS is a stub in another process that answers from memory. Every answer is checked before it is
measured. The contenders run in turn, and the shortest of many short batches counts: it was
disturbed least.
"""

import argparse
import json
import os
import statistics
import tempfile
import time
import urllib.request
from collections.abc import Callable
from functools import partial
from pathlib import Path

import psutil

from bench import peer_server
from bench.handlers import apart_from_logs, check, event, in_a_process
from bench.interleave import interleave
from bench.minimal_client import DynamoDB
from bench.results import table, write_section
from bench.stub_aws import serving
from tests.support.handlers import FakeContext, load

OPERATIONS = {
    "files_get": "get",
    "files_list": "list of 100",
    "files_create": "upload of 2 MiB",
    "files_content": "content of 64 KiB",
    "files_delete": "delete",
    "files_url": "download link",
    "authorize": "authorize, not cached",
}
GOALS = {"files_get": 0.7, "files_list": 3.5, "files_create": 6.0}
CALLS = {
    "files_get": {"GetItem": 1},
    "files_list": {"Query": 1},
    "files_create": {"TransactWriteItems": 1, "PutObject": 1},
    "files_content": {"GetItem": 1, "GetObject": 1},
    "files_delete": {"GetItem": 1, "TransactWriteItems": 1},
    "files_url": {"GetItem": 1},
    "authorize": {"GetItem": 1},
}
PLAIN = "a GetItem of boto3's client, unchanged"
OURS = "a GetItem of Larder's client"
MINIMAL = "a GetItem of the minimal client"
MANY = 10_000
MIB = 2**20
TURNS = 3
KEY = {"pk": {"S": "P#wks-019b76daa8005e1f0c9a7b3d"}, "sk": {"S": "file-019bbbd72d62a1b2c3d4e5f6"}}


def main() -> None:
    """Measure, print and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rounds; write no results")
    parser.add_argument("--time", nargs=2, metavar=("NAME", "ROUNDS"), help=argparse.SUPPRESS)
    parser.add_argument("--memory", metavar="NAME", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.time:
        name, rounds = options.time
        apart_from_logs(lambda: _time(name, int(rounds)))
        return
    if options.memory:
        apart_from_logs(lambda: _memory(options.memory))
        return
    text = _report(rounds=15 if options.quick else 150, quick=options.quick)
    print(text)
    if not options.quick:
        write_section("Request path", text)


def _report(rounds: int, *, quick: bool) -> str:
    with serving() as stub:
        plain = _times(rounds, stub)
        memory = {} if quick else {
            name: _child("--memory", name, environment=stub) for name in OPERATIONS
        }  # fmt: skip
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as stub:
        tls = _times(rounds, stub)
    peer, remark = peer_server.measure(quick=quick)
    rows = []
    for name, label in OPERATIONS.items():
        goal = GOALS.get(name)
        rows.append(
            (
                label,
                f"{plain[name]:.2f}",
                "" if goal is None else f"{goal:.1f}",
                f"{plain[name] / plain[PLAIN]:.2f}",
                f"{tls[name]:.2f}",
                f"{peer[name]:.2f}" if name in peer else "",
                f"{peer[name] / plain[name]:.1f}" if name in peer else "",
                "{early:.0f} → {late:.0f}".format(**memory[name]) if name in memory else "",
            )
        )
    rows += [
        (label, f"{plain[label]:.2f}", "", f"{plain[label] / plain[PLAIN]:.2f}",
         f"{tls[label]:.2f}", "", "", "")
        for label in (PLAIN, OURS, MINIMAL)
    ]  # fmt: skip
    columns = (
        "ms of processor time for a", "Larder", "goal", "/ plain GetItem", "over TLS",
        peer_server.NAME, "peer / Larder", f"MiB after 100 and {MANY:,}",
    )  # fmt: skip
    share = plain[OURS] / plain["files_get"]
    notes = (
        f"The shortest of {rounds} short batches. AWS is a stub on the same machine. botocore's "
        f"share of a get is {share:.0%}."
    )
    return "\n\n".join([notes, table(columns, rows), remark])


_child = partial(in_a_process, "bench.request_path")


def _times(rounds: int, stub: dict[str, str]) -> dict[str, float]:
    """Return the shortest time of each contender, in ms."""

    def time_of(name: str) -> Callable[[], float]:
        return lambda: _child("--time", name, str(rounds // TURNS), environment=stub)["ms"]

    names = [*OPERATIONS, PLAIN, OURS, MINIMAL]
    return interleave({name: time_of(name) for name in names}, TURNS, float)


def _time(name: str, rounds: int) -> dict[str, float]:
    """Return ms per call of the shortest of `rounds` batches of calls."""
    call = _ready(name) if name in OPERATIONS else _get_item(name)
    calls = 4 if name in {"files_create", "files_list"} else 16
    taken = []
    for _ in range(rounds):
        started = time.process_time()
        for _ in range(calls):
            call()
        taken.append((time.process_time() - started) / calls * 1000)
    return {"ms": min(taken)}


def _get_item(name: str) -> Callable[[], object]:
    """Return a call of that client, after checking its answer."""
    get_item: Callable[..., object] = DynamoDB().get_item
    if name == PLAIN:
        import boto3  # noqa: PLC0415 - each contender has its own process and its own imports

        get_item = boto3.client("dynamodb").get_item
    elif name == OURS:
        from larder.adapters import aws  # noqa: PLC0415

        get_item = aws.dynamodb_client(aws.new_session()).get_item
    call = partial(get_item, TableName="Store", Key=KEY, ConsistentRead=True)
    _expect_the_file(call())
    return call


def _expect_the_file(answer: object) -> None:
    match answer:
        case {"Item": {"sk": {"S": str()}, "filename": {"S": str()}}}:
            return
    message = f"wrong answer of GetItem: nothing was measured. {answer}"
    raise SystemExit(message)


def _memory(name: str) -> dict[str, float]:
    """Return the resident memory after 100 requests and after all of them, in MiB."""
    call = _ready(name)
    for _ in range(100):
        call()
    resident = psutil.Process().memory_info
    early = statistics.median(resident().rss / MIB for _ in range(5) if call())
    for _ in range(MANY):
        call()
    late = statistics.median(resident().rss / MIB for _ in range(5) if call())
    return {"early": early, "late": late}


def _ready(name: str) -> Callable[[], object]:
    """Return a call of the function, after checking its answer and its calls to AWS."""
    handler, request, context = load(name).lambda_handler, event(name), FakeContext()
    handler(request, context)  # The authorizer reads its secret in its first call.
    _counts()
    answer = handler(request, context)
    check(name, answer)
    counts = _counts()
    if counts != CALLS[name]:
        message = f"{name} made the wrong calls: nothing was measured. {counts}"
        raise SystemExit(message)
    return lambda: handler(request, context)


def _counts() -> dict[str, int]:
    url = os.environ["AWS_ENDPOINT_URL"] + "/counts"
    tls = None
    if url.startswith("https"):
        import ssl  # noqa: PLC0415

        tls = ssl.create_default_context(cafile=os.environ["AWS_CA_BUNDLE"])
    with urllib.request.urlopen(url, context=tls) as answer:  # noqa: S310 - our own stub
        counts: dict[str, int] = json.load(answer)
    return counts


if __name__ == "__main__":
    main()

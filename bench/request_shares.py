"""Which library takes the time of a warm request, according to the profiler.

    uv run python -m bench.request_shares

The profiler adds time to every call, so Python code gets too high a share compared with C code.
Compare the figures of `bench.request_path` instead. Built-in functions count for the library that
calls them.
"""

import cProfile
import pstats
import sys
from collections import Counter
from pathlib import Path

from bench.handlers import apart_from_logs, check, event, in_a_process
from bench.results import table, write_section
from bench.stub_aws import serving
from tests.support.handlers import FakeContext, load

NAMES = {"files_get": "get", "files_create": "upload of 2 MiB"}
LIBRARIES = ("botocore", "urllib3", "aws_lambda_powertools", "pydantic", "multipart", "larder")
REST = "http.client, json, logging and others"
BYTES = ("sha256", "HASH", "sendall", "b64decode")
"""Built-in functions whose work grows with the number of bytes; they get columns of their own."""
TIMES = 200


def main() -> None:
    """Measure, print and write the results."""
    if len(sys.argv) > 1:
        name = sys.argv[1]
        apart_from_logs(lambda: _shares(name))
        return
    with serving() as stub:
        found = {
            name: in_a_process("bench.request_shares", name, environment=stub) for name in NAMES
        }
    columns = [*BYTES, *LIBRARIES, REST]
    rows = [
        (label, *(f"{found[name].get(column, 0):.0%}" for column in columns))
        for name, label in NAMES.items()
    ]
    remark = (
        "By the profiler, which makes Python look slower than C. urllib3 and http.client work for "
        "botocore. sendall writes the request to the socket."
    )
    text = f"{remark}\n\n{table(('of the time of a', *columns), rows)}"
    print(text)
    write_section("Request path: where the time goes", text)


def _shares(name: str) -> dict[str, float]:
    handler, request, context = load(name).lambda_handler, event(name), FakeContext()
    check(name, handler(request, context))
    profile = cProfile.Profile()
    profile.enable()
    for _ in range(TIMES):
        handler(request, context)
    profile.disable()
    spent: Counter[str] = Counter()
    stats = pstats.Stats(profile).stats  # type: ignore[attr-defined]
    for (file, _, function), (_, _, own, _, callers) in stats.items():
        if file != "~":
            spent[_library(file)] += own
        elif heavy := next((each for each in BYTES if each in function), None):
            spent[heavy] += own
        else:
            for caller, (_, _, own_there, _) in callers.items():
                spent[_library(caller[0])] += own_there
    total = spent.total()
    return {name: seconds / total for name, seconds in spent.items()}


def _library(file: str) -> str:
    parts = Path(file).parts
    if "functions" in parts:
        return "larder"
    return next((name for name in LIBRARIES if name in parts or f"{name}.py" in parts), REST)


if __name__ == "__main__":
    main()

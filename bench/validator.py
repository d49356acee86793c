"""How fast batch files are validated, compared with hashing, JSON parsers and peers.

    uv run python -m bench.validator [--quick]

The answer of each contender is checked before it is timed. The contenders run in turn, in one
process. The shortest round counts, in CPU time, which for one thread is the time on an idle
machine: so a busy machine disturbs little, and all contenders alike. Hostile input is measured as
well.
"""

import argparse
import importlib.metadata
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

from bench import baselines, hostile, inputs, native, profiles
from bench.interleave import interleave, timed
from bench.results import table, write_section
from larder_jsonl import BatchValidator

MIB = 1024 * 1024
_OTHERS: tuple[tuple[str, Callable[[Path], object]], ...] = (
    ("SHA-256 alone", baselines.sha256),
    ("counting newlines", baselines.newlines),
    ("LiteLLM's loop (json)", baselines.litellm),
    ("AIBrix's loop (json)", baselines.aibrix),
    ("OGX's loop (json, pydantic)", baselines.ogx),
    ("pydantic models", baselines.pydantic),
)


def main() -> None:
    """Measure, print and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rounds; write no results")
    parser.add_argument("--hostile", metavar="NAME", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.hostile:
        _measure_hostile(options.hostile)
        return
    text = _report(rounds=2 if options.quick else 7)
    print(text)
    if not options.quick:
        write_section("Validator", text)


def _report(rounds: int) -> str:
    good = {
        "long": inputs.long_requests(),
        "short": inputs.short_requests(),
        "with tools and content in parts": inputs.tool_requests(),
    }
    parts = [_versions()]
    times: dict[str, float] = {}
    for name, path in good.items():
        text, times[name] = _against_others(path, rounds, name)
        parts.append(text)
    parts.append(_against_good(good, rounds))
    measured = {name: _hostile_in_its_own_process(name) for name in hostile.HOSTILE}
    parts.append(_against_long(measured, times["long"]))
    parts.append(
        _where_time_goes(name for name in measured if measured[name][0] > 4 * times["long"])
    )
    return "\n\n".join(parts)


def _versions() -> str:
    installed = {each.name: each.version for each in importlib.metadata.distributions()}
    names = [name for name in ("msgspec", "pydantic", "litellm") if name in installed]
    versions = ", ".join(f"{name} {installed[name]}" for name in names)
    return f"All rules of the contract and the SHA-256, in blocks of 64 KiB, with {versions}."


def _against_others(path: Path, rounds: int, name: str) -> tuple[str, float]:
    report = baselines.larder(path)
    _expect(report.valid and report.request_count == inputs.REQUESTS, f"Larder on {path.name}")
    _expect(report.sha256 == baselines.sha256(path), "SHA-256")
    contenders = {"Larder": timed(partial(baselines.larder, path), time.process_time)}
    others = dict(_OTHERS)
    if (litellm := baselines.installed_litellm()) is not None:
        others["LiteLLM itself"] = litellm
    for label, other in others.items():
        answer = other(path)
        _expect(isinstance(answer, str) or answer == inputs.REQUESTS, f"{label} on {path.name}")
        contenders[label] = timed(partial(other, path), time.process_time)
    remark = ""
    try:
        native.build()
    except native.NotBuiltError as reason:
        remark = f"\n\nWithout the compiled validator: {reason}."
    else:
        _expect(native.validate(path)[0] == inputs.REQUESTS, "compiled validator")
        contenders["C++ with simdjson, fewer checks"] = lambda: native.validate(path)[1]
    best = interleave(contenders, rounds, float)
    ours = best["Larder"]
    size = path.stat().st_size
    rows = [
        (label, f"{took:.3f}", f"{size / took / MIB:,.0f}", f"{took / ours:.2f}")
        for label, took in best.items()
    ]
    title = f"{name}: {inputs.REQUESTS:,} requests, {size / MIB:,.0f} MiB"
    columns = (title, "seconds", "MiB/s", "time / Larder's")
    return table(columns, rows) + remark, ours


def _against_good(good: dict[str, Path], rounds: int) -> str:
    rows = []
    others = (
        ("short, a fifth invalid", inputs.bad_requests(), "short"),
        ("long, a fifth invalid", inputs.bad_long_requests(), "long"),
    )
    for label, path, like in others:
        report = baselines.larder(path)
        _expect(report.invalid_lines == inputs.INVALID, f"Larder on {path.name}")
        files = {label: path, like: good[like]}
        best = interleave(
            {
                name: timed(partial(baselines.larder, each), time.process_time)
                for name, each in files.items()
            },
            rounds,
            float,
        )
        took = best[label]
        size = path.stat().st_size / MIB
        rows.append((label, f"{took:.3f}", f"{size / took:,.0f}", f"{took / best[like]:.2f}"))
    return table(("invalid input", "seconds", "MiB/s", "time / all valid"), rows)


def _against_long(measured: dict[str, tuple[float, float]], long: float) -> str:
    rows = [
        (name, f"{seconds:.2f}", f"{seconds / long:.1f}", f"{memory:.0f}")
        for name, (seconds, memory) in measured.items()
    ]
    columns = ("256 MiB of", "seconds", "time / long", "MiB above start")
    return table(columns, rows)


def _where_time_goes(costly: Iterable[str]) -> str:
    files = {
        "short": inputs.short_requests(),
        "short, a fifth invalid": inputs.bad_requests(),
        "long": inputs.long_requests(),
        "long, a fifth invalid": inputs.bad_long_requests(),
        "with tools and content in parts": inputs.tool_requests(),
    }
    rows = [(label, profiles.shares(profiles.blocks_of(path))) for label, path in files.items()]
    rows += [(name, profiles.shares(hostile.HOSTILE[name](), 128)) for name in costly]
    return table(("what takes the time", "by the profiler"), rows)


def _hostile_in_its_own_process(name: str) -> tuple[float, float]:
    command = [sys.executable, "-m", "bench.validator", "--hostile", name]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    seconds, memory = map(float, done.stdout.split())
    return seconds, memory


def _measure_hostile(name: str) -> None:
    validator = BatchValidator()
    blocks = hostile.HOSTILE[name]()
    first = next(blocks)
    start = _peak_memory()
    seconds = 0.0
    size = 0
    block: bytes | None = first
    while block is not None:
        begun = time.process_time()
        for offset in range(0, len(block), baselines.BLOCK):
            validator.feed(block[offset : offset + baselines.BLOCK])
        seconds += time.process_time() - begun
        size += len(block)
        block = next(blocks, None)
    begun = time.process_time()
    report = validator.finish()
    seconds += time.process_time() - begun
    _expect(report.bytes == size, name)
    print(seconds, (_peak_memory() - start) / 1024)


def _peak_memory() -> int:
    """Return the peak resident memory of this process, in KiB, without its parent's."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1])
    return 0


def _expect(right: object, what: str) -> None:
    if not right:
        message = f"wrong answer of {what}: nothing was measured"
        raise SystemExit(message)


if __name__ == "__main__":
    main()

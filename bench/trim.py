"""How much processor time each cut of `layers/larder/trim.py` saves when a function starts.

    uv run python -m bench.trim [--quick]

Each cut is measured by itself: one layer has all cuts, the other all but this one. A function
starts in fresh processes, from the two layers in turn. The median of the pairs counts, in processor
time, which is the time on an idle machine.
"""

import argparse
import shutil
import statistics
from collections.abc import Callable, Iterable
from pathlib import Path

from bench.cold_start import (
    ROOT,
    START_FUNCTION,
    WHOLE,
    build_whole_layer,
    compile_packages,
    run,
)
from bench.results import table, write_section
from layers.larder.trim import CUTS

LAYERS = ROOT / ".local" / "trim"
FUNCTIONS = ("files_get", "files_create", "on_object_created")
"""An API function, one that parses a form, and a worker."""


def main() -> None:
    """Measure, print and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer pairs; write no results")
    options = parser.parse_args()
    pairs = 6 if options.quick else 60
    build_whole_layer()
    shutil.rmtree(LAYERS, ignore_errors=True)
    trimmed = _build("trimmed", CUTS.values())
    rows = []
    for number, (name, cut) in enumerate(CUTS.items()):
        others = [other for other in CUTS.values() if other is not cut]
        untrimmed = _build(f"without-{number}", others)
        saved = [_saved(function, untrimmed, trimmed, pairs) for function in FUNCTIONS]
        rows.append((name, *saved))
    remark = (
        "ms of processor time that a cut saves when a function starts, and the time with the cut / "
        f"the time without it. Medians of {pairs} pairs of fresh processes."
    )
    text = f"{remark}\n\n{table(('cut', *FUNCTIONS), rows)}"
    print(text)
    if not options.quick:
        write_section("Cold start: what each cut saves", text)


def _build(name: str, cuts: Iterable[Callable[[Path], None]]) -> Path:
    """Build a layer of Larder and its packages, with these cuts, and return its folder."""
    layer = LAYERS / name
    shutil.copytree(WHOLE, layer)
    shutil.copytree(ROOT / "layers" / "larder" / "python" / "larder", layer / "larder")
    for cut in cuts:
        cut(layer)
    compile_packages(layer)
    return layer


def _saved(function: str, untrimmed: Path, trimmed: Path, pairs: int) -> str:
    """Return the ms that the trimmed layer saves when the function starts, and the ratio."""
    folder = ROOT / "functions" / function

    def start(layer: Path) -> float:
        seconds, _ = run(START_FUNCTION, [folder, layer], {})
        return seconds

    start(untrimmed), start(trimmed)  # Loads the files into the page cache.
    times = []
    for _ in range(pairs // 2):  # In both orders, so that neither layer is always the first.
        times.append((start(untrimmed), start(trimmed)))
        after, before = start(trimmed), start(untrimmed)
        times.append((before, after))
    saved = statistics.median(before - after for before, after in times) * 1000
    ratio = statistics.median(after / before for before, after in times)
    return f"{saved:.1f} ({ratio:.2f})"


if __name__ == "__main__":
    main()

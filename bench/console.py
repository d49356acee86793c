"""What the console costs a browser, held to its budgets.

    uv run python -m bench.console [--quick]

Needs a running stack ('make run', or LARDER_ENV_FILE) and Chromium. Paints and uploads are compared
in turns, each with its own counterpart, so only their ratios count. The list of 10,000 files comes
from this program instead of the API: what is measured is the page. A missed budget is named, and
fails the run.
"""

import argparse
import contextlib
import gzip
import re
import shutil
import statistics
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import expect, sync_playwright

from bench.console_visits import FILES, Console
from bench.contenders import MIB, Transfers
from bench.results import table, write_section
from console import build as console_build

LINE = 50_000_000
"""Bytes a second of a fast line to S3, 400 Mbit/s, that uploads are compared on."""

_WARM = 5
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


def main() -> None:
    """Measure, print and write the results, and name the budgets that were missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few rounds; write no results")
    options = parser.parse_args()
    if CHROMIUM is None:
        sys.exit("bench: there is no Chromium: apt install chromium")
    folder = Path(tempfile.mkdtemp(prefix="larder-bench-"))
    expect.set_options(timeout=30_000)
    try:
        with (
            contextlib.closing(Transfers(folder, 256 * MIB)) as transfers,
            sync_playwright() as playwright,
        ):
            browser = playwright.chromium.launch(
                executable_path=CHROMIUM, args=["--no-sandbox", "--enable-precise-memory-info"]
            )
            text, missed = _report(
                Console(browser, transfers), transfers, rounds=3 if options.quick else 9
            )
            browser.close()
    finally:
        shutil.rmtree(folder)
    print(text)
    if not options.quick:
        write_section("Console", text)
    if missed:
        sys.exit(f"bench: over budget: {', '.join(missed)}")


def _report(console: Console, transfers: Transfers, rounds: int) -> tuple[str, list[str]]:
    script, lazy = _sizes()
    asked, second = console.visits()
    waited = [each for each in asked if each not in _BESIDE]
    rows, heap = console.many_files()
    # The first visits also wait for memory and caches of the machine.
    paints = [
        console.first_paint(console.address) / console.first_paint(f"{console.address}/bare")
        for _ in range(_WARM + 3 * rounds)
    ][_WARM:]
    uploads, unlimited = (
        [console.upload(rate) / transfers.curl_parts(rate).seconds for _ in range(pairs)]
        for rate, pairs in ((LINE, max(2, rounds // 2)), (-1, max(2, rounds // 2)))
    )
    measured = [
        ("JavaScript of the first view, kB gzipped", script, 40.0),
        ("largest lazy module, kB gzipped", lazy, 15.0),
        ("requests that the first view waits for", len(waited), 3),
        ("bytes of the page at the second visit", second, 0),
        ("first contentful paint / a bare page's", statistics.median(paints), 1.5),
        (f"rows in the page at {FILES:,} files", rows, 60),
        (f"heap at {FILES:,} files, MiB", heap, 50.0),
        ("256 MiB on 400 Mbit/s: the console / curl", statistics.median(uploads), 1.25),
    ]
    about = (
        "Chromium against the embedded stack. The console's page brings its script and styles with "
        "it. The bare page is an answer of a few words from the same function. Paints: the median "
        f"of {len(paints)} pairs; uploads: of {len(uploads)} pairs with curl sending the same "
        "parts, each from the first part to the answer that completes the file."
    )
    figures = table(
        ("", "measured", "budget"),
        [(name, f"{value:.4g}", f"{budget:.4g}") for name, value, budget in measured],
    )
    beside = [each for each in asked if each in _BESIDE]
    requests = (
        f"The first view waits for {', '.join(waited)}. It is drawn before it has "
        f"{', '.join(beside)}."
    )
    loopback = (
        "On the loopback, where no line is slower than the processor, the upload takes "
        f"{statistics.median(unlimited):.3g} times as long as curl's: the browser and the emulator "
        "share the machine's cores."
    )
    text = f"{about}\n\n{figures}\n\n{requests}\n\n{loopback}"
    return text, [name for name, value, budget in measured if value > budget]


_BESIDE = {"console/…/inter.woff2", "v1/usage"}
"""What the first view does not wait for: it is drawn with another font, and without the meter."""


def _sizes() -> tuple[float, float]:
    """Return the kB of the page's script and of its largest lazy module, gzipped."""
    with tempfile.TemporaryDirectory() as folder:
        console_build.build(Path(folder))
        package = Path(folder) / "larder_console"
        found = re.search(
            r"<script[^>]*>(.*?)</script>", (package / "page.html").read_text(), re.DOTALL
        )
        assert found is not None, "the page has no script"  # noqa: S101
        lazy = max(path.stat().st_size for path in package.glob("*.js.gz"))
        return len(gzip.compress(found[1].encode(), 9)) / 1000, lazy / 1000


if __name__ == "__main__":
    main()

"""The build of the console: modules that are joined, and what it refuses."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from typing import TYPE_CHECKING

import pytest

from console import build as console_build
from console.build import ROOT, BuildError, build, collect, read_module

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

VENDORED = {
    "vendor/hooks.js": "86c7aecddbc493912b55a803b8f7709042e5d6aaa27f1ad85bcbb5cf34d18084",
    "vendor/htm.js": "ab33dd3f38059b9be4d5f5350128eefb2356639c4e0bbe9d9e8b3ba75847e9e4",
    "vendor/pdf.mjs": "522ad2c83bc8a0010e7f0cc60d0892b77c8d2bf2c9702dc12288311d94270f42",
    "vendor/pdf.worker.mjs": "b4c8353ded0d88d2e2009574a29eb4e0c3ff7e942ecdf51ef5f71566a9667f31",
    "vendor/preact.js": "225d7a773766e6fb2cfcc45274fe41d2059f5782f3f2c4569aa5132a2d3a2902",
    "fonts/inter.woff2": "3100e775e8616cd2611beecfa23a4263d7037586789b43f035236a2e6fbd4c62",
}
"""preact 11.2.0 and its hooks, htm 3.1.1, Inter 4 (@fontsource-variable/inter 5.3.0), and the
legacy build of pdfjs-dist 6.5.438, minified, from npm."""


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], Path]:
    monkeypatch.setattr(console_build, "ROOT", tmp_path)

    def write(name: str, code: str) -> Path:
        path = tmp_path / name
        path.write_text(code)
        return path

    return write


@pytest.mark.parametrize("name", VENDORED)
def test_what_others_wrote_is_as_they_published_it(name: str) -> None:
    assert hashlib.sha256((ROOT / name).read_bytes()).hexdigest() == VENDORED[name]


def test_two_builds_are_the_same(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        build(tmp_path / folder)

    for path in (tmp_path / "one/larder_console").iterdir():
        assert path.read_bytes() == (tmp_path / "two/larder_console" / path.name).read_bytes()


def test_a_lazy_module_uses_the_modules_of_the_page(tmp_path: Path) -> None:
    build(tmp_path)
    package = tmp_path / "larder_console"

    page = (package / "page.html").read_text()
    [shared] = re.findall(r"globalThis\.\$larder = \{(.*?)\};", page)
    for name in json.loads((package / "manifest.json").read_text())["files"]:
        if name.endswith(".js"):
            [used] = re.findall(
                r"const \{(.*?)\} = globalThis\.\$larder;", (package / name).read_text()
            )
            assert set(used.split(", ")) <= set(shared.split(", ")), name


def test_a_lazy_module_loads_others_from_beside_it(tmp_path: Path) -> None:
    build(tmp_path)
    package = tmp_path / "larder_console"

    loaded = {
        (file.name, found)
        for file in package.glob("*.js")
        for found in re.findall(r'import\("(.*?)"\)', file.read_text())
    }

    assert ("drawer.js", "./share.js") in loaded
    assert all((package / found).is_file() for _, found in loaded)


def test_the_first_view_and_each_lazy_module_are_small(tmp_path: Path) -> None:
    build(tmp_path)
    package = tmp_path / "larder_console"

    found = re.search(
        r"<script[^>]*>(.*?)</script>", (package / "page.html").read_text(), re.DOTALL
    )
    assert found is not None
    assert len(gzip.compress(found[1].encode(), 9)) <= 40_000
    assert {path.name for path in package.glob("*.js.gz") if path.stat().st_size > 15_000} == set()


def test_a_published_module_lies_beside_the_lazy_ones_as_it_is(tmp_path: Path) -> None:
    build(tmp_path)
    package = tmp_path / "larder_console"

    assert 'import("./pdf.mjs")' in (package / "pdfpages.js").read_text()
    for name in ("pdf.mjs", "pdf.worker.mjs"):
        assert name in json.loads((package / "manifest.json").read_text())["files"]
        assert (package / name).read_bytes() == (ROOT / "vendor" / name).read_bytes()


def test_a_module_comes_after_those_that_it_needs(source: Callable[[str, str], Path]) -> None:
    source("b.js", "export const b = 1;\n")
    source("c.js", 'import { b } from "./b.js";\nexport const c = b;\n')
    entry = source("a.js", 'import { c } from "./c.js";\nimport { b as other } from "./b.js";\n')

    modules = collect(entry, "./", {})

    assert [module.path.stem for module in modules] == ["b", "c", "a"]
    assert "const {b: other} = $b;" in modules[-1].code


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ('import * as all from "./b.js";\n', "cannot join"),
        ('export * from "./b.js";\n', "cannot join"),
        ('import { x } from "./missing.js";\n', "not there"),
        ('import { a } from "./a.js";\n', "needs itself"),
    ],
)
def test_what_it_cannot_join_is_refused(
    source: Callable[[str, str], Path], code: str, problem: str
) -> None:
    source("b.js", "export const b = 1;\n")
    entry = source("a.js", code)

    with pytest.raises(BuildError, match=problem):
        collect(entry, "./", {})


def test_every_export_is_returned(source: Callable[[str, str], Path]) -> None:
    path = source(
        "a.js",
        "export const one = 1;\nexport function two() {}\nexport async function three() {}\n"
        "export class Four {}\nconst five = 5;\nexport { five as fifth };\n",
    )

    module = read_module(path, "./")

    assert "return {one, two, three, Four, fifth: five};" in module.code


@pytest.mark.parametrize("path", sorted((ROOT / "src").rglob("*.js")), ids=lambda path: path.name)
def test_what_a_person_reads_is_in_the_table_of_strings(path: Path) -> None:
    if path.name == "strings.js":
        return

    written = re.findall(
        r'(?:label|title|placeholder|alt|of)="[^"$]*[a-z][^"$]*"|>\s*[A-Z][a-z]+(?: [a-z]+)+',
        path.read_text(),
    )

    assert written == []

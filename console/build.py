"""Builds the console: `python build.py TARGET` writes the package `larder_console` below TARGET.

It needs nothing but Python. The modules that the page needs at first are joined into one script,
which stands in the page with its styles: one request. It waits in a template until the browser has
drawn the page's frame, which would be drawn late if it were compiled before. A module that is
loaded by `import()` becomes a file of its own, which uses the modules of the page, unless it is a
published one that stays as it is. The sources keep to what this joins: named imports, and exports
that are declared with `export` or listed at the end.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parent
ENTRY = ROOT / "src" / "main.js"
_SOURCES = {".js", ".mjs", ".css", ".html", ".woff2"}
BARE = {"preact": ROOT / "vendor" / "preact.js"}
"""What vendored modules import by name."""

AS_IT_IS = ".mjs"
"""A vendored module that is not joined, but lies beside the lazy ones as it was published."""

_IMPORT = re.compile(
    r"""(?m)^import\s*(?:\{(?P<names>[^}]*)\}|(?P<default>\w+))\s*from\s*["'](?P<path>[^"']+)["'];?"""
)
_DECLARED = re.compile(r"(?m)^export (?=(?:async )?(?:function\*?|const|class) (?P<name>\w+))")
_LISTED = re.compile(r"export\s*\{(?P<names>[^}]*)\};?\s*$")
_DEFAULT = re.compile(r"(?m)(?:^|;)export default ?")
_LAZY = re.compile(r"""import\(["'](?P<path>[^"']+)["']\)""")
_COMMENTS = re.compile(r"/\*\*(?s:.*?)\*/|(?m:^\s*//.*\n)")
_INDENT = re.compile(r"(?m)^[ \t]+")


class BuildError(Exception):
    """A source does something that this build does not join."""


@dataclass
class Module:
    """A module as a function call whose result is its exports."""

    path: Path
    needs: list[Path] = field(default_factory=list)
    lazy: list[Path] = field(default_factory=list)
    exports: list[str] = field(default_factory=list)
    code: str = ""

    @property
    def variable(self) -> str:
        """The constant that holds its exports."""
        return "$" + re.sub(r"\W", "_", str(self.path.relative_to(ROOT).with_suffix("")))


def read_module(path: Path, lazy_url: str) -> Module:
    """Read a source and turn its imports and exports into constants."""
    module = Module(path)
    code = path.read_text()

    def imported(found: re.Match[str]) -> str:
        needed = _resolve(path, found["path"])
        module.needs.append(needed)
        names = "default: " + found["default"] if found["default"] else found["names"]
        bound = re.sub(r"([\w$]+)\s+as\s+([\w$]+)", r"\1: \2", names.strip())
        return f"const {{{bound}}} = {Module(needed).variable};"

    def loaded(found: re.Match[str]) -> str:
        needed = _resolve(path, found["path"])
        if needed.suffix != AS_IT_IS:
            module.lazy.append(needed)
        return f'import("{lazy_url}{needed.name}")'

    code = _COMMENTS.sub("", code)
    code = _IMPORT.sub(imported, code)
    code = _LAZY.sub(loaded, code)
    module.exports += [found["name"] for found in _DECLARED.finditer(code)]
    code = _DECLARED.sub("", code)
    if listed := _LISTED.search(code):
        names = filter(None, (each.strip() for each in listed["names"].split(",")))
        renamed = (re.sub(r"([\w$]+) as ([\w$]+)", r"\2: \1", each) for each in names)
        module.exports += renamed
        code = code[: listed.start()]
    if _DEFAULT.search(code):
        code = _DEFAULT.sub(";const $default = ", code, count=1)
        module.exports.append("default: $default")
    if left := re.search(r"(?m)^(?:import|export)\b(?!\().*", code):
        message = f"{path}: cannot join: {left[0][:80]}"
        raise BuildError(message)
    returned = ", ".join(module.exports)
    module.code = f"const {module.variable} = (() => {{\n{code}\nreturn {{{returned}}};\n}})();"
    return module


def _resolve(importer: Path, name: str) -> Path:
    path = BARE.get(name) or (importer.parent / name).resolve()
    if not path.is_file():
        message = f"{importer} imports {name}, which is not there"
        raise BuildError(message)
    return path


def collect(entry: Path, lazy_url: str, known: dict[Path, Module]) -> list[Module]:
    """Return the modules that `entry` needs and `known` has not, each after those that it needs."""
    found: dict[Path, Module] = {}
    open_ones: list[Path] = []

    def visit(path: Path) -> None:
        if path in known or path in found:
            return
        if path in open_ones:
            message = f"{path} needs itself"
            raise BuildError(message)
        open_ones.append(path)
        module = read_module(path, lazy_url)
        for needed in module.needs:
            visit(needed)
        open_ones.remove(path)
        found[path] = module

    visit(entry)
    return list(found.values())


def build(target: Path) -> None:
    """Write the package: the page, its lazy modules, fonts, and what the function says of them."""
    sources = sorted(path for path in ROOT.rglob("*") if path.suffix in _SOURCES)
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in sources))
    version = digest.hexdigest()[:12]
    lazy_url = f"./console/{version}/"
    modules = collect(ENTRY, lazy_url, {})
    known = {module.path: module for module in modules}
    shared = ", ".join(module.variable for module in modules)
    script = "\n".join(
        [*(module.code for module in modules), f"globalThis.$larder = {{{shared}}};", ""]
    )
    files: dict[str, bytes] = {"inter.woff2": (ROOT / "fonts" / "inter.woff2").read_bytes()}
    for path in (ROOT / "vendor").glob(f"*{AS_IT_IS}"):
        files[path.name] = path.read_bytes()
    waiting = [path for module in modules for path in module.lazy]
    while waiting:
        path = waiting.pop()
        if f"{path.stem}.js" in files:
            continue
        # What such a file loads lies beside it; what the page loads lies below the page.
        own = collect(path, "./", known)
        files[f"{path.stem}.js"] = _lazy_file(own, known).encode()
        waiting += [each for module in own for each in module.lazy]
    styles = _squeezed("".join(path.read_text() for path in sorted((ROOT / "src").rglob("*.css"))))
    styles = styles.replace("url(inter.woff2)", f"url({lazy_url}inter.woff2)")
    page = (ROOT / "src" / "page.html").read_text()
    script = _INDENT.sub("", script)
    page = page.replace("/*styles*/", styles).replace(
        "/*script*/", script.replace("</script", "<\\/script")
    )
    page = page.replace("{assets}", lazy_url)
    package = target / "larder_console"
    package.mkdir(parents=True, exist_ok=True)
    (package / "__init__.py").write_text('"""The console\'s page and what it loads."""\n')
    for name, data in {"page.html": page.encode(), **files}.items():
        (package / name).write_bytes(data)
        if not name.endswith(".woff2"):
            (package / f"{name}.gz").write_bytes(gzip.compress(data, 9, mtime=0))
    manifest = {
        "version": version,
        "files": sorted(files),
        "scripts": _source_hashes(page, "script"),
        "styles": _source_hashes(page, "style"),
    }
    (package / "manifest.json").write_text(json.dumps(manifest, indent=1))


def _lazy_file(own: list[Module], known: dict[Path, Module]) -> str:
    """Return the last of the modules as a file, after those that it needs and the page lacks."""
    used = sorted({needed for module in own for needed in module.needs if needed in known})
    shared = ", ".join(known[needed].variable for needed in used)
    entry = own[-1]
    lines = [f"const {{{shared}}} = globalThis.$larder;", *(module.code for module in own)]
    lines += [f"export const {{{', '.join(entry.exports)}}} = {entry.variable};", ""]
    return _INDENT.sub("", "\n".join(lines))


def _squeezed(css: str) -> str:
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    return re.sub(r"\s*\n\s*", "", css)


def _source_hashes(page: str, tag: str) -> list[str]:
    """Return what a Content-Security-Policy allows the page's elements of that tag by."""
    found = re.findall(rf"<{tag}[^>]*>(.*?)</{tag}>", page, re.DOTALL)
    if not found:
        message = f"the page has no {tag}"
        raise BuildError(message)
    digests = (hashlib.sha256(source.encode()).digest() for source in found)
    return ["sha256-" + base64.b64encode(digest).decode() for digest in digests]


if __name__ == "__main__":
    build(Path(sys.argv[1]))

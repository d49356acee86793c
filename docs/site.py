"""`make site`: the pages of the repository as a site, with every link checked.

Runs in an environment of its own (.tools/site), which has mkdocs and nothing of Larder. The pages
are copied as they lie in the repository, with the files that they link to.
"""

from __future__ import annotations

import logging
import re
import shutil
import subprocess
import sys
from pathlib import Path

from mkdocs.commands.build import build
from mkdocs.config import load_config
from mkdocs.exceptions import Abort

ROOT = Path(__file__).resolve().parent.parent
PAGES = ("*.md", "docs", "tests/README.md", "bench/RESULTS.md")
"""What is copied, as `git ls-files` takes it, beside what a page links to."""

DECISIONS = "docs/adr"
LINK = re.compile(r"\]\((?!\w+:)([^)#]+)")


def main() -> int:
    """Build the site, and return the exit status: 1 if a link leads nowhere."""
    logging.basicConfig(format="%(levelname)s: %(message)s", level=logging.WARNING)
    config = load_config(str(ROOT / "mkdocs.yml"), docs_dir=_prepared(), strict=True)
    config.mdx_configs["toc"]["slugify"] = anchor
    decisions = sorted(Path(config.docs_dir, DECISIONS).glob("*.md"), key=_position)
    names = [str(path.relative_to(config.docs_dir)) for path in decisions]
    config.nav[-1]["How it works"].append({"Decisions": names})
    try:
        build(config)
    except Abort as error:
        print(f"larder: {error}", file=sys.stderr)
        return 1
    print(f"The site is in {Path(config.site_dir).relative_to(ROOT)}/index.html")
    return 0


def anchor(heading: str, _separator: str) -> str:
    """Return the id of a heading as GitHub makes it, since the pages are read there too."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def _prepared() -> str:
    """Copy the pages, and what they link to, and return the folder."""
    folder = ROOT / ".local/site/pages"
    shutil.rmtree(folder, ignore_errors=True)
    listed = subprocess.run(
        ["git", "ls-files", *PAGES], cwd=ROOT, check=True, capture_output=True, text=True
    )
    for name in listed.stdout.split():
        page = ROOT / name
        if page.suffix != ".py":
            _copy(page, folder)
        if page.suffix == ".md":
            for link in LINK.findall(page.read_text()):
                target = (page.parent / link).resolve()
                if target.is_file() and target.is_relative_to(ROOT):
                    _copy(target, folder)
    pages = sorted((folder / DECISIONS).glob("*.md"))
    titles = (path.read_text().partition("\n")[0].removeprefix("# ") for path in pages)
    rows = [f"* [{title}]({path.name})\n" for title, path in zip(titles, pages, strict=True)]
    (folder / DECISIONS / "index.md").write_text("# Decisions\n\n" + "".join(rows))
    return str(folder)


def _position(page: Path) -> tuple[bool, str]:
    return page.name != "index.md", page.name


def _copy(path: Path, folder: Path) -> None:
    copy = folder / path.relative_to(ROOT)
    copy.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(path, copy)
    if path.suffix == ".md":
        # A site shows no folders, as GitHub does.
        copy.write_text(re.sub(r"\]\(((docs/)?adr)\)", r"](\1/index.md)", copy.read_text()))


if __name__ == "__main__":
    sys.exit(main())

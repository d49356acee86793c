"""`make release VERSION=0.2.0`: one version, everywhere, and its notes.

It writes the version into each of PLACES, and gives the changelog's "Unreleased" that number and
today's date. Then look at it, commit it and tag it: the last line says how.
"""

import re
import sys
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

PLACES = {
    "pyproject.toml": r'^name = "larder"\nversion = "(.+)"$',
    "cli/pyproject.toml": r'"larder-jsonl==(.+)"',
    "layers/larder/python/pyproject.toml": r'^version = "(.+)"$',
    "cli/larder_cli/__init__.py": r'^__version__ = "(.+)"$',
    "template.yaml": r"^  TemplateVersion:\n.+\n    Value: (.+)$",
    "docs/batches.md": r"/larder@v(\S+)",
    "docs/operations.md": r"YOUR-ARTIFACTS(?:\.s3\.amazonaws\.com)?/larder/(.+?)\.yaml",
}
"""Files that state the version, and where: a group of the pattern."""

UNRELEASED = "## Unreleased\n"
_NUMBER = re.compile(r"\d+\.\d+\.\d+")


def versions(root: Path = ROOT) -> dict[str, set[str]]:
    """Return which versions each file states."""
    return {
        name: {
            found
            for match in re.finditer(pattern, (root / name).read_text(), re.MULTILINE)
            for found in match.groups()
            if found
        }
        for name, pattern in PLACES.items()
    }


def release(version: str, day: str, root: Path = ROOT) -> None:
    """Write the version and the notes.

    Raises:
        SystemExit: it is no version, or there is nothing to release.
    """
    if not _NUMBER.fullmatch(version):
        sys.exit(f"larder: '{version}' is not a version: make release VERSION=0.2.0")
    changelog = root / "CHANGELOG.md"
    notes = changelog.read_text()
    before, heading, after = notes.partition(UNRELEASED)
    if not heading or not after.lstrip().startswith("-"):
        sys.exit("larder: CHANGELOG.md has nothing under '## Unreleased'")
    for name, pattern in PLACES.items():
        path, placed = root / name, re.compile(pattern, re.MULTILINE)
        path.write_text(placed.sub(lambda it: _with(it, version), path.read_text()))
    changelog.write_text(f"{before}{UNRELEASED}\n## {version} · {day}\n{after}")


def _with(match: re.Match[str], version: str) -> str:
    """Return what was matched, with the version in place of the group."""
    [number] = [each for each, text in enumerate(match.groups(), start=1) if text]
    start, end = (match.start(number) - match.start(), match.end(number) - match.start())
    return match[0][:start] + version + match[0][end:]


def main() -> int:
    """Release the version of the command line."""
    version = sys.argv[1] if len(sys.argv) > 1 else ""
    release(version, f"{datetime.now(UTC):%Y-%m-%d}")
    print(f"Version {version}, with its notes in CHANGELOG.md. Look at it, then:")
    print(f"  uv lock && git commit -am 'Version {version}' && git tag -a v{version} -m {version}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

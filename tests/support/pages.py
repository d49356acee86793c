"""The examples of the written pages: which are run, and why the others are not.

An example in `sh` or `python` is run as pasted, unless the line before it is
`<!-- not run: the reason -->`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

PAGES = (
    "README.md",
    "docs/api.md",
    "docs/artifacts.md",
    "docs/batches.md",
    "docs/client.md",
    "docs/console.md",
    "docs/costs.md",
    "docs/keys.md",
    "docs/space.md",
    "docs/uploads.md",
)
"""Pages whose examples tests/e2e/test_documentation.py runs."""

OPERATIONS = "docs/operations.md"
"""The page that tests/e2e/test_operations.py runs, section by section."""

OPERATED = (
    *("Operations", "Upgrade", "Audit", "Rotate the secrets", "Restore"),
    "Delete a deployment with its data",
)
"""Its sections with examples."""

# As pasted, but for curl: an HTTP error fails the test.
START = 'set -eu -o pipefail\ncurl() { command curl --fail --silent --show-error "$@"; }\n'

_EXAMPLE = re.compile(
    r"(?:^<!-- not run: (?P<reason>.+?) -->\n)?^```(?P<language>sh|python)\n(?P<code>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Example:
    """A block of a page. `reason`: why it is not run."""

    language: str
    code: str
    reason: str | None


def examples(text: str) -> list[Example]:
    """Return the examples of a page or of a section."""
    found = _EXAMPLE.finditer(text)
    return [Example(each["language"], each["code"], each["reason"]) for each in found]


def sections(page: Path) -> dict[str, str]:
    """Return the sections of a page by their headings."""
    _, *parts = re.split(r"^##? (.+)\n", page.read_text(), flags=re.MULTILINE)
    return dict(zip(parts[::2], parts[1::2], strict=True))


def script(page: Path) -> str:
    """Return the page's examples as one script of bash."""
    return START + "".join(
        each.code if each.language == "sh" else f"python - <<'END'\n{each.code}END\n"
        for each in examples(page.read_text())
        if each.reason is None
    )

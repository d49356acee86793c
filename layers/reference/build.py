"""Builds the API reference: `python build.py TARGET` writes `larder_reference` below TARGET.

It needs nothing but Python. The page loads its files from a path with their version, and names the
digest of each, so that a browser takes no others.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import sys
from pathlib import Path

ROOT = Path(__file__).parent
LOADED = ("vendor/swagger-ui.css", "styles.css", "vendor/swagger-ui-bundle.js", "page.js")
"""What the page loads, in its order."""


def build(target: Path) -> None:
    """Write the package: the page, what it loads, packed, and the document without its servers."""
    loaded = [(Path(name).name, (ROOT / name).read_bytes()) for name in LOADED]
    page = (ROOT / "page.html").read_text()
    digest = hashlib.sha256(page.encode())
    for _, data in loaded:
        digest.update(data)
    version = digest.hexdigest()[:12]
    elements = "\n".join(_element(f"./docs/{version}/{name}", data) for name, data in loaded)
    document = json.loads((ROOT / "openapi.json").read_text())
    # Its servers are the deployment's, which the function knows.
    del document["servers"]

    package = target / "larder_reference"
    package.mkdir(parents=True, exist_ok=True)
    (package / "__init__.py").write_text('"""The API reference, and what its page loads."""\n')
    (package / "page.html").write_text(page.replace("<!-- loaded -->", elements))
    (package / "openapi.json").write_text(json.dumps(document, separators=(",", ":")))
    for name, data in loaded:
        (package / f"{name}.gz").write_bytes(gzip.compress(data, 9, mtime=0))
    manifest = {"version": version, "files": sorted(name for name, _ in loaded)}
    (package / "manifest.json").write_text(json.dumps(manifest, indent=1))


def _element(url: str, data: bytes) -> str:
    integrity = "sha384-" + base64.b64encode(hashlib.sha384(data).digest()).decode()
    if url.endswith(".css"):
        return f'<link rel="stylesheet" href="{url}" integrity="{integrity}">'
    return f'<script defer src="{url}" integrity="{integrity}"></script>'


if __name__ == "__main__":
    build(Path(sys.argv[1]))

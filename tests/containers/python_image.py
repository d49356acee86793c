"""What the Dockerfile begins with: Docker's image of Python, or Debian's Python in its place.

It has Python, Debian's packages and nothing else, as Docker's slim image does, and the way by which
this machine gets to PyPI.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import tempfile
from pathlib import Path

from local.containers.debian import SUITE, write_root
from local.containers.engine import docker, has_image
from local.state import ROOT

PACKAGES = "ca-certificates,python3-venv"
CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"
INDEX = re.compile(r"^(PIP_(EXTRA_)?INDEX_URL|UV_.*INDEX.*)$|_proxy$", re.IGNORECASE)


def python_image() -> str:
    """Return the name of a local image to build the Dockerfile on; pull or build it first.

    Raises:
        LocalError: the image can neither be pulled nor built.
    """
    [stock] = re.findall(r"^ARG BASE=(.+)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    if not has_image(stock):
        try:
            docker("pull", "--quiet", stock)
        except subprocess.CalledProcessError as error:
            return _stand_in(f"{stock} cannot be pulled ({error.stderr.decode().strip()})")
    return str(stock)


def _stand_in(why: str) -> str:
    given = {name: value for name, value in os.environ.items() if INDEX.search(name)}
    bundle = Path(os.environ.get("SSL_CERT_FILE", CERTIFICATES))
    trusted = bundle.read_bytes() if bundle.exists() else b""
    given["SSL_CERT_FILE"] = CERTIFICATES
    recipe = f"FROM scratch\nADD root.tar /\nCOPY certificates {CERTIFICATES}\n"
    for name, value in sorted(given.items()):
        recipe += f"ENV {name}={json.dumps(value).replace('$', '\\$')}\n"
    made_of = hashlib.sha256(f"{SUITE} {PACKAGES} {recipe}".encode() + trusted)
    name = f"larder/python:3.13-{made_of.hexdigest()[:12]}"
    if not has_image(name):
        with tempfile.TemporaryDirectory() as folder:
            context = Path(folder)
            (context / "Dockerfile").write_text(recipe)
            (context / "certificates").write_bytes(trusted)
            write_root(context / "root.tar", PACKAGES, variant="apt", instead_of=why)
            docker("build", "--quiet", "--tag", name, folder)
    return name

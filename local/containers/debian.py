"""Debian's root file systems, for images that stand in for those that cannot be pulled."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

from local.errors import LocalError

if TYPE_CHECKING:
    from pathlib import Path

SUITE = "trixie"
"""The Debian release whose Python is 3.13."""

MIRROR = "http://deb.debian.org/debian"


def write_root(tar: Path, packages: str, *, variant: str, instead_of: str) -> None:
    """Write a root file system with `packages` and what else mmdebstrap's `variant` has.

    Raises:
        LocalError: mmdebstrap is missing, or it failed; the message begins with `instead_of`.
    """
    if shutil.which("mmdebstrap") is None:
        message = (
            f"{instead_of}, and building an equivalent image needs mmdebstrap. On Debian and "
            "Ubuntu: apt-get install mmdebstrap debian-archive-keyring"
        )
        raise LocalError(message)
    made = subprocess.run(
        [
            *("mmdebstrap", "--quiet", f"--variant={variant}", f"--include={packages}"),
            *(SUITE, str(tar), MIRROR),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode:
        message = f"{instead_of}, and mmdebstrap failed: {made.stderr.strip()}"
        raise LocalError(message)

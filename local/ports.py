"""The emulator's port: free when the run starts, and the one that its saved state speaks of."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from local.errors import LocalError

if TYPE_CHECKING:
    from pathlib import Path

HOST = "127.0.0.1"


def free_port() -> int:
    """Return a port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def refuse_taken(port: int) -> None:
    """Raise LocalError if something listens on `port`."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            message = (
                f"Port {port} is in use. Stop what uses it, or choose another: make run PORT=4600"
            )
            raise LocalError(message) from error


def rename(metadata: Path, before: int, after: int) -> None:
    """Make the saved state speak of another port.

    MiniStack finds queues by their URLs, which name the port of the run that made them: with
    another one, queues would be left without consumers.
    """
    for file in metadata.glob("*.json"):
        text = file.read_text()
        renamed = text.replace(f"http://{HOST}:{before}/", f"http://{HOST}:{after}/")
        if renamed != text:
            file.write_text(renamed)

"""Finds a free port of this machine, and checks whether a port is free."""

from __future__ import annotations

import socket

from local.errors import LocalError

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
                f"Port {port} is in use. Stop the program that uses it, or choose another port: "
                "make run PORT=4600"
            )
            raise LocalError(message) from error

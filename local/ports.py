"""Finds a free port of this machine, and checks whether a port is free."""

from __future__ import annotations

import errno
import socket

from local.errors import LocalError

HOST = "127.0.0.1"
BIND = "LARDER_BIND"
"""The variable with another address to listen on: a container is reached from outside of it."""

LAST = 65_535


def parse_port(text: str) -> int:
    """Return the port that a user wrote; 0 means any free one.

    Raises:
        LocalError: it is not the number of a port.
    """
    # isdecimal alone takes digits of every alphabet.
    if not (text.isascii() and text.isdecimal() and int(text) <= LAST):
        message = f"'{text}' is not a port. Choose one from 1024 to {LAST}: make run PORT=4600"
        raise LocalError(message)
    return int(text)


def free_port() -> int:
    """Return a port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def refuse_taken(port: int) -> None:
    """Raise LocalError if `port` cannot be listened on."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            if error.errno == errno.EACCES:
                message = f"Port {port} is for root. Choose another port: make run PORT=4600"
            else:
                message = (
                    f"Port {port} is in use. Stop the program that uses it, or choose another "
                    "port: make run PORT=4600"
                )
            raise LocalError(message) from error

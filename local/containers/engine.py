"""The Docker engine, and how its containers reach this machine."""

from __future__ import annotations

import shutil
import socketserver
import subprocess
import threading
from contextlib import contextmanager
from socket import (
    AF_INET,
    SHUT_WR,
    SO_REUSEADDR,
    SOCK_STREAM,
    SOL_SOCKET,
    create_connection,
    socket,
)
from typing import TYPE_CHECKING, override

from local.errors import LocalError

if TYPE_CHECKING:
    from collections.abc import Iterator

_INSTALL = "https://docs.docker.com/engine/install/"
_RELAY_PORT = 45660
"""The preferred port: an image that names it is built only once."""


def docker(*arguments: str, stdin: bytes | None = None) -> str:
    """Run a docker command and return its output.

    Raises:
        subprocess.CalledProcessError: the command failed; `stderr` (bytes) says why.
    """
    done = subprocess.run(["docker", *arguments], input=stdin, capture_output=True, check=True)
    return done.stdout.decode().strip()


def has_image(name: str) -> bool:
    """Return whether the engine has an image of that name."""
    return docker("images", "--quiet", name) != ""


def require_engine() -> str:
    """Return the address of the Docker engine, as for DOCKER_HOST.

    Raises:
        LocalError: the docker command is missing, no engine answers, or the engine does not run
            Linux containers.
    """
    if shutil.which("docker") is None:
        message = f"found no docker command: {_INSTALL}"
        raise LocalError(message)
    try:
        kind = docker("version", "--format", "{{.Server.Os}}")
        address = docker("context", "inspect", "--format", "{{.Endpoints.docker.Host}}")
    except subprocess.CalledProcessError as error:
        kind, address = error.stderr.decode().strip(), ""
    if kind != "linux":
        message = (
            "no Docker engine for Linux containers answers (start Docker Desktop, or run "
            f"`sudo systemctl start docker`): {kind or 'no answer'}"
        )
        raise LocalError(message)
    return address


@contextmanager
def loopback_for_containers(port: int, image: str) -> Iterator[str]:
    """Yield a URL at which containers reach the server on 127.0.0.1:`port` of this machine.

    A container of `image` reports the host's address. On Docker Desktop that address reaches the
    host's loopback. On Linux it is the bridge's address, where a relay listens inside the context.
    """
    hosts = docker(
        *("run", "--rm", "--add-host", "host.docker.internal:host-gateway"),
        *("--entrypoint", "cat", image, "/etc/hosts"),
    )
    gateway = next(
        line.split()[0] for line in hosts.splitlines() if line.endswith("host.docker.internal")
    )
    if not _can_bind(gateway, 0):
        yield f"http://{gateway}:{port}"
        return
    usual = _can_bind(gateway, _RELAY_PORT)
    with _Relay((gateway, _RELAY_PORT if usual else 0), port) as relay:
        threading.Thread(target=relay.serve_forever, daemon=True).start()
        yield f"http://{gateway}:{relay.server_address[1]}"
        relay.shutdown()


def _can_bind(host: str, port: int) -> bool:
    with socket(AF_INET, SOCK_STREAM) as probe:
        probe.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


class _Relay(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, address: tuple[str, int], port: int) -> None:
        super().__init__(address, _RelayedConnection)
        self.port = port


class _RelayedConnection(socketserver.BaseRequestHandler):
    server: _Relay

    @override
    def handle(self) -> None:
        with create_connection(("127.0.0.1", self.server.port)) as upstream:
            back = threading.Thread(target=_pump, args=(upstream, self.request), daemon=True)
            back.start()
            _pump(self.request, upstream)
            back.join()


def _pump(source: socket, sink: socket) -> None:
    try:
        while block := source.recv(65536):
            sink.sendall(block)
        sink.shutdown(SHUT_WR)
    except OSError:
        # One side has closed the connection, which also ends the other direction.
        return

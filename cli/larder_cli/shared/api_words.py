"""Larder's messages in the words of the command line.

A message of the API names requests: `DELETE /v1/storage/trash`. Someone at a terminal has commands.
"""

from __future__ import annotations

import re

_COMMANDS = (
    (r"Delete it with \?recursive=true to move it", "Give -r to move it"),
    (r"DELETE /v1/storage/trash", "'larder space purge --all'"),
    (
        r"GET /v1/uploads lists them, POST /v1/uploads/\{upload_id\}/cancel",
        "'larder uploads list' shows them, 'larder uploads cancel' ends them",
    ),
    (r"DELETE /v1/files/\{file_id\}", "'larder rm'"),
    (r"GET /v1/usage", "'larder usage'"),
    (r"GET /v1/batches", "'larder batch list'"),
)


def in_commands(message: str) -> str:
    """Return the message with commands in place of requests."""
    for request, command in _COMMANDS:
        message = re.sub(request, command, message)
    return message

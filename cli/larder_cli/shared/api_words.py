"""Larder's messages in the words of the command line.

A message of the API names requests, `DELETE /v1/storage/trash`, and their parameters. Someone at a
terminal has commands and options.
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
    # Of a key that is refused: which header carries it is not the user's business.
    (r" /v1/chat and routes below /v1/storage read it from '.*?'\.$", ""),
    (
        r"(?:output_)?expires_after[\[.]seconds\]? must be between 3600 and 2592000, not \d+",
        "--expires-after must be between 1h and 30d",
    ),
    (r"^artifact_type must be", "--type must be"),
    (r"^retention_class must be", "--retention must be"),
    (r"^content_media_type must be", "--media-type must be"),
    (r"^metadata must", "--metadata must"),
    (r"^artifacts\.\d+\.artifact_id must be", "ARTIFACT must be"),
    (r"^artifacts\.\d+\.role must be", "ROLE must be"),
)


def in_commands(message: str) -> str:
    """Return the message with commands in place of requests."""
    for request, command in _COMMANDS:
        message = re.sub(request, command, message)
    return message

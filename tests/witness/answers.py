"""The requests whose answers AWS was seen to give, by their row in aws.toml.

An answer is the status, and the code of an error or what else the row is about.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.witness import buckets, signed_urls

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.witness.world import World

S3: dict[str, Callable[[World], str]] = {
    name.replace("_", "-"): function
    for module in (signed_urls, buckets)
    for name, function in vars(module).items()
    if not name.startswith("_") and getattr(function, "__annotations__", {}).get("world") == "World"
}

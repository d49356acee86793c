"""Checks of what the API answers."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from larder_operator.doctor.findings import Finding, failed, good, skipped, warning

if TYPE_CHECKING:
    from collections.abc import Callable

    from larder_operator.doctor.client import Caller

SKEW = 60
REFUSED_SKEW = 15 * 60
"""Seconds from which on AWS refuses a signature."""

ARRIVAL_SECONDS = 60
_LOGS = "Search the functions' logs (/larder/<stack>) for the x-request-id of the answer."


def check_clock(caller: Caller) -> Finding:
    """Compare this machine's clock with the API's."""
    answer = caller.send("GET", "/usage")
    theirs = parsedate_to_datetime(answer.headers["date"])
    skew = (datetime.now(UTC) - theirs).total_seconds()
    told = f"this machine's clock is {abs(skew):.0f} s {'ahead' if skew > 0 else 'behind'}"
    if abs(skew) > REFUSED_SKEW:
        return failed(f"{told}: AWS refuses its signatures", "Set the clock (NTP).")
    if abs(skew) > SKEW:
        return warning(told, "Set the clock (NTP); at 15 minutes AWS refuses its signatures.")
    return good(told)


def check_round_trip(caller: Caller) -> Finding:
    """Upload, read and delete a file of one byte."""
    began = time.monotonic()
    file_id = caller.store(b"\x00")
    read = caller.send("GET", f"/files/{file_id}/content")
    if (read.status_code, read.content) != (200, b"\x00"):
        return failed(f"the file comes back as {read.status_code} {read.content[:40]!r}", _LOGS)
    caller.json("DELETE", f"/files/{file_id}")
    gone = caller.send("GET", f"/files/{file_id}")
    if gone.status_code != 404:  # noqa: PLR2004
        return failed(f"the deleted file answers {gone.status_code}", _LOGS)
    return good(f"a file of 1 byte came, was read and deleted in {time.monotonic() - began:.1f} s")


def check_presigned_host(caller: Caller) -> Finding:
    """Look which host a presigned URL names."""
    host = urlsplit(caller.announce(1)["transfer"]["url"]).hostname
    if caller.stack.emulated:
        return skipped(f"an emulator has one host for all buckets: {host}")
    if host != caller.stack.s3_host:
        return failed(
            f"uploads go to {host}, the bucket is at {caller.stack.s3_host}",
            "Deploy this version: 'make deploy'.",
        )
    return good(str(host))


def check_direct_upload(caller: Caller) -> Finding:
    """Send a byte to S3, and wait until its event has made it a file."""
    upload = caller.announce(1)
    put = caller.put(upload, b"\x01")
    if put.status_code != 200:  # noqa: PLR2004
        return failed(f"S3 answers {put.status_code}: {put.text[:200]}", _LOGS)
    began = time.monotonic()
    while time.monotonic() - began < ARRIVAL_SECONDS:
        seen = caller.json("GET", f"/uploads/{upload['id']}")
        if seen["status"] == "completed":
            caller.uploads.discard(upload["id"])
            caller.files.add(seen["file"]["id"])
            seconds = time.monotonic() - began
            return good(f"S3's event made it a file in {seconds:.1f} s")
        time.sleep(0.5)
    return failed(
        f"S3's event made no file of it in {ARRIVAL_SECONDS} s",
        "Look at 'notifications' and 'dead letters', and at the logs of on_object_created.",
    )


REQUESTS: list[tuple[str, Callable[[Caller], Finding]]] = [
    ("clock", check_clock),
    ("round trip", check_round_trip),
    ("presigned host", check_presigned_host),
    ("direct upload", check_direct_upload),
]
"""The checks, in the order of their output."""

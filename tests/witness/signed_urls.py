"""Requests with signed URLs: each function is a row of aws.toml, and returns the answer."""

from __future__ import annotations

import hashlib
import re
import time
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING
from unittest import mock

from botocore.compat import get_current_datetime

from tests.samples import TENANT
from tests.witness.world import DATA, told

if TYPE_CHECKING:
    from larder.services.object_store import SignedRequest
    from tests.witness.world import World


# ---- A signed PUT --------------------------------------------------------------------------------


def put(world: World) -> str:
    return world.put(world.signed(world.upload()))


def put_again(world: World) -> str:
    signed = world.signed(world.upload())
    world.put(signed)
    return world.put(signed)


def put_after_deletion(world: World) -> str:
    upload = world.upload()
    signed = world.signed(upload)
    world.put(signed)
    world.objects.delete(TENANT, upload.file_id)
    return world.put(signed)


def put_without_if_none_match(world: World) -> str:
    signed = world.signed(world.upload())
    return world.put(replace(signed, headers={}))


def put_of_another_size(world: World) -> str:
    return world.put(world.signed(world.upload()), DATA + b"!")


def put_in_chunks(world: World) -> str:
    signed = world.signed(world.upload())
    return told(world.http.put(signed.url, content=iter([DATA]), headers={"If-None-Match": "*"}))


def put_of_other_bytes(world: World) -> str:
    promised = hashlib.sha256(DATA).hexdigest()
    return world.put(world.signed(world.upload(sha256=promised)), DATA[::-1])


def put_too_late(world: World) -> str:
    return world.put(_signed_long_ago(world))


def _signed_long_ago(world: World) -> SignedRequest:
    before = get_current_datetime() - timedelta(hours=2)
    with mock.patch("botocore.auth.get_current_datetime", return_value=before):
        return world.signed(world.upload())


def put_without_a_signature(world: World) -> str:
    signed = world.signed(world.upload())
    return world.put(replace(signed, url=re.sub(r"&X-Amz-Signature=\w+", "", signed.url)))


def put_with_another_signature(world: World) -> str:
    signed = world.signed(world.upload())
    url = re.sub(r"(X-Amz-Signature=)\w{8}", r"\g<1>00000000", signed.url)
    return world.put(replace(signed, url=url))


def put_with_unsigned_amazon_headers(world: World) -> str:
    """One after the other; all are refused in the same way, or the answers are listed."""
    headers = {
        "x-amz-acl": "public-read",
        "x-amz-storage-class": "GLACIER",
        "x-amz-tagging": "a=b",
        "x-amz-meta-a": "b",
        "x-amz-website-redirect-location": "/",
        "x-amz-server-side-encryption": "AES256",
        "x-amz-date": "20260101T000000Z",
    }
    answers = {world.put(world.signed(world.upload()), unsigned={n: v}) for n, v in headers.items()}
    return ", ".join(sorted(answers))


def put_with_an_unsigned_payload_hash(world: World) -> str:
    return world.put(
        world.signed(world.upload()), unsigned={"x-amz-content-sha256": "UNSIGNED-PAYLOAD"}
    )


def put_with_unsigned_plain_headers(world: World) -> str:
    unsigned = {
        "Content-Type": "text/html",
        "Content-Encoding": "gzip",
        "Cache-Control": "public",
        "Content-Disposition": "inline",
        "Expires": "Fri, 01 Jan 2100 00:00:00 GMT",
    }
    return world.put(world.signed(world.upload()), unsigned=unsigned)


# ---- A signed GET --------------------------------------------------------------------------------


def get_overrides_what_was_stored(world: World) -> str:
    upload = world.upload()
    world.put(
        world.signed(upload), unsigned={"Content-Encoding": "gzip", "Cache-Control": "public"}
    )
    signed = world.objects.sign_get(TENANT, upload.to_file(), now=time.time(), lifetime=60)
    with world.http.stream("GET", signed.url) as answer:
        headers = answer.headers
        names = ("content-type", "content-encoding", "cache-control")
        return ", ".join([str(answer.status_code), *(headers.get(each, "-") for each in names)])


def get_with_another_way_to_sign_in(world: World) -> str:
    return told(world.http.get(world.link(), headers={"Authorization": "Bearer zk_live_x"}))


def get_of_two_ranges(world: World) -> str:
    answer = world.http.get(world.link(), headers={"Range": "bytes=0-1,4-5"})
    return f"{answer.status_code}, {len(answer.content)} of {len(DATA)} bytes"


def get_beyond_the_end(world: World) -> str:
    return told(world.http.get(world.link(), headers={"Range": f"bytes={len(DATA)}-"}))


def get_of_nothing(world: World) -> str:
    file = world.upload().to_file()
    url = world.objects.sign_get(TENANT, file, now=time.time(), lifetime=60).url
    return told(world.http.get(url, headers={"Range": "bytes=0-1"}))


def get_with_a_put_url(world: World) -> str:
    return told(world.http.get(world.signed(world.upload()).url))

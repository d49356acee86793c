"""Requests whose answers AWS was seen to give, sent to any S3 through Larder's own adapters.

Each function's name is a row of aws.toml, and what it returns is the answer: the status, and the
code of an error or what else the row is about.
"""

from __future__ import annotations

import hashlib
import json
import re
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from unittest import mock
from urllib.parse import quote

import httpx
from botocore.exceptions import ClientError

from larder.adapters.s3 import S3Objects, object_key, parse_event_key
from larder.adapters.s3_parts import S3Parts
from larder.domain.parts import MIB, ArrivedPart, Part
from larder.services.object_store import NotModified, RangeNotSatisfiable
from tests.samples import TENANT, an_upload

if TYPE_CHECKING:
    from collections.abc import Callable

    from larder.domain.uploads import Upload
    from larder.services.object_store import SignedRequest

    type Headers = dict[str, str]

DATA = b"exactly these bytes"
ORIGIN = "https://files.example"


@dataclass
class World:
    """An S3, and a bucket of it that nothing else uses. `sqs` is an SQS that it can notify."""

    s3: Any
    sqs: Any
    bucket: str

    def __post_init__(self) -> None:
        self.objects = S3Objects(self.s3, self.bucket)
        self.parts = S3Parts(self.s3, self.bucket)
        self.http = httpx.Client(timeout=30)

    def close(self) -> None:
        self.http.close()
        self.s3.close()
        self.sqs.close()

    def upload(self, size: int = len(DATA), **changes: Any) -> Upload:
        """Return an upload of a file of its own, signed for an hour."""
        changes.setdefault("expires_at", int(time.time()) + 3600)
        return replace(an_upload(size), **changes)

    def signed(self, upload: Upload) -> SignedRequest:
        return self.objects.sign_put(TENANT, upload, time.time())

    def put(
        self, signed: SignedRequest, data: bytes = DATA, unsigned: Headers | None = None
    ) -> str:
        headers = {k: v for k, v in signed.headers.items() if k != "Content-Length"}
        return told(self.http.put(signed.url, content=data, headers=headers | (unsigned or {})))

    def link(self) -> str:
        """Return a signed GET of a stored file."""
        upload = self.upload()
        self.objects.put(TENANT, upload.file_id, DATA)
        return self.objects.sign_get(TENANT, upload.to_file(), now=time.time(), lifetime=60).url

    def in_parts(self, *sizes: int) -> tuple[Upload, list[ArrivedPart]]:
        """Return a multipart upload, and its parts, which have arrived."""
        upload = self.upload(sum(sizes))
        begun = replace(upload, multipart_id=self.parts.begin(TENANT, upload.file_id))
        for number, size in enumerate(sizes, 1):
            url = self.parts.sign_part(TENANT, begun, Part(number, size), time.time())
            self.http.put(url, content=bytes(size)).raise_for_status()
        return begun, list(self.parts.arrived(TENANT, begun) or ())


def told(answer: httpx.Response) -> str:
    """Return the status and the code of an error."""
    code = re.search(r"<Code>(\w+)</Code>", answer.text) if answer.status_code >= 300 else None
    return f"{answer.status_code} {code[1]}" if code else str(answer.status_code)


def raised(call: Callable[[], object]) -> str:
    """Return what a call to AWS is refused with."""
    try:
        call()
    except ClientError as error:
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        return f"{status} {error.response['Error']['Code']}"
    return "200"


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
    from datetime import timedelta  # noqa: PLC0415

    from botocore.compat import get_current_datetime  # noqa: PLC0415

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


# ---- The adapters --------------------------------------------------------------------------------


def read_with_a_range_and_a_condition(world: World) -> str:
    upload = world.upload()
    world.objects.put(TENANT, upload.file_id, DATA)
    etag = f'"{hashlib.md5(DATA, usedforsecurity=False).hexdigest()}"'
    results = [
        world.objects.read(TENANT, upload.file_id, byte_range=asked, if_none_match=known)
        for asked, known in (("bytes=99-", None), (None, etag), (None, '"other"'))
    ]
    kinds = (RangeNotSatisfiable, NotModified)
    names = [type(it).__name__ if isinstance(it, kinds) else "bytes" for it in results]
    return ", ".join(names)


def etag_and_encryption(world: World) -> str:
    upload = world.upload()
    world.objects.put(TENANT, upload.file_id, DATA)
    head = world.s3.head_object(
        Bucket=world.bucket, Key=object_key("files", TENANT, upload.file_id)
    )
    md5 = hashlib.md5(DATA, usedforsecurity=False).hexdigest()
    same = head["ETag"].strip('"') == md5
    return f"{'MD5' if same else head['ETag']}, {head.get('ServerSideEncryption')}"


def complete(world: World) -> str:
    upload, parts = world.in_parts(5 * MIB, 1)
    done = world.parts.finish(TENANT, upload, parts)
    stat = world.objects.stat(TENANT, upload.file_id)
    assert stat is not None
    return f"{done}, {stat.size - 5 * MIB}, -{stat.md5.rpartition('-')[2]}"


def _complete(world: World, upload: Upload, parts: list[ArrivedPart], **condition: str) -> str:
    listed = [{"PartNumber": part.number, "ETag": part.md5} for part in parts]
    return raised(
        lambda: world.s3.complete_multipart_upload(
            Bucket=world.bucket,
            Key=object_key("files", TENANT, upload.file_id),
            UploadId=upload.multipart_id,
            MultipartUpload={"Parts": listed},
            **condition,
        )
    )


def complete_again(world: World) -> str:
    upload, parts = world.in_parts(5)
    world.parts.finish(TENANT, upload, parts)
    return _complete(world, upload, parts)


def complete_over_an_object(world: World) -> str:
    upload, parts = world.in_parts(5)
    world.objects.put(TENANT, upload.file_id, DATA)
    return _complete(world, upload, parts, IfNoneMatch="*")


def complete_with_a_small_part(world: World) -> str:
    upload, parts = world.in_parts(5 * MIB - 1, 5)
    return _complete(world, upload, parts)


def complete_after_abortion(world: World) -> str:
    upload, parts = world.in_parts(5)
    world.parts.clear(TENANT, upload)
    # What is over already is aborted once more without complaint.
    world.parts.clear(TENANT, upload)
    return f"{world.parts.arrived(TENANT, upload)}, {_complete(world, upload, parts)}"


def part_of_another_size(world: World) -> str:
    upload, _ = world.in_parts(5)
    url = world.parts.sign_part(TENANT, upload, Part(2, 5), time.time())
    return told(world.http.put(url, content=bytes(6)))


def part_of_another_number(world: World) -> str:
    upload, _ = world.in_parts(5)
    url = world.parts.sign_part(TENANT, upload, Part(2, 5), time.time())
    changed = url.replace("partNumber=2", "partNumber=3")
    assert changed != url
    return told(world.http.put(changed, content=bytes(5)))


# ---- The bucket ----------------------------------------------------------------------------------


def preflight_of_a_page(world: World) -> str:
    _allow_the_origin(world)
    answers = [
        world.http.options(
            world.signed(world.upload()).url,
            headers={
                "Origin": origin,
                "Access-Control-Request-Method": "PUT",
                "Access-Control-Request-Headers": "if-none-match",
            },
        )
        for origin in (ORIGIN, "https://evil.example")
    ]
    allowed = answers[0].headers.get("access-control-allow-headers")
    return f"{told(answers[0])} {allowed}, {told(answers[1])}"


def exposed_headers(world: World) -> str:
    _allow_the_origin(world)
    answer = world.http.get(world.link(), headers={"Origin": ORIGIN})
    return str(answer.headers.get("access-control-expose-headers"))


def _allow_the_origin(world: World) -> None:
    rule = {
        "AllowedOrigins": [ORIGIN],
        "AllowedMethods": ["GET", "HEAD", "PUT"],
        "AllowedHeaders": ["*"],
        "ExposeHeaders": ["ETag", "Content-Disposition", "Content-Range"],
    }
    world.s3.put_bucket_cors(Bucket=world.bucket, CORSConfiguration={"CORSRules": [rule]})


def event_of_an_object(world: World) -> str:
    name = f"{world.bucket}-events"
    queue = world.sqs.create_queue(QueueName=name)["QueueUrl"]
    wanted = {"QueueUrl": queue, "AttributeNames": ["QueueArn"]}
    arn = world.sqs.get_queue_attributes(**wanted)["Attributes"]["QueueArn"]
    _let_s3_in(world, queue, arn)
    configuration = {"QueueArn": arn, "Events": ["s3:ObjectCreated:*"]}
    world.s3.put_bucket_notification_configuration(
        Bucket=world.bucket,
        NotificationConfiguration={"QueueConfigurations": [configuration]},
    )
    upload = world.upload()
    world.put(world.signed(upload))
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        found = world.sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=1)
        for message in found.get("Messages", []):
            world.sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
            for record in json.loads(message["Body"]).get("Records", []):
                key = record["s3"]["object"]["key"]
                ours = parse_event_key(key) == (TENANT, upload.file_id)
                return f"{record['eventName']}, {'our key' if ours else quote(key)}"
    return "no event"


def _let_s3_in(world: World, queue: str, arn: str) -> None:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "s3.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    world.sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": policy})


S3 = {
    name.replace("_", "-"): function
    for name, function in list(globals().items())
    if callable(function)
    and not name.startswith("_")
    and getattr(function, "__annotations__", {}).get("world") == "World"
}
"""The requests by their row."""

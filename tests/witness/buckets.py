"""Requests of the adapters and of a bucket: each function is a row of aws.toml."""

from __future__ import annotations

import hashlib
import json
import time
from typing import TYPE_CHECKING
from urllib.parse import quote

from larder.adapters.s3 import object_key, parse_event_key
from larder.domain.parts import MIB, ArrivedPart, Part
from larder.services.object_store import NotModified, RangeNotSatisfiable
from tests.samples import TENANT
from tests.witness.world import DATA, raised, told

if TYPE_CHECKING:
    from larder.domain.uploads import Upload
    from tests.witness.world import World

ORIGIN = "https://files.example"


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

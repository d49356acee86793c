"""Uploads in parts as a client sends them, and what they leave behind in S3."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import boto3

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import httpx

    from tests.e2e.api import Api, Json
    from tests.e2e.projects import Project
    from tests.e2e.stack import Stack

MIB = 2**20
PART_SIZE = 16 * MIB
SENDERS = 4


def file_id_of(upload: Json) -> str:
    return "file-" + str(upload["id"]).removeprefix("upload_")


def part_of(data: bytes, number: int) -> bytes:
    """Return the bytes of part `number`, counted from 1."""
    return data[(number - 1) * PART_SIZE : number * PART_SIZE]


def put_parts(api: Api, transfer: Json, data: bytes, numbers: Iterable[int] | None = None) -> None:
    """Send parts of `data` in parallel to the URLs of `transfer`; by default all of them."""
    urls = {part["part_number"]: part["url"] for part in transfer["parts"]}

    def put(number: int) -> int:
        return api.client.put(urls[number], content=part_of(data, number)).status_code

    with ThreadPoolExecutor(SENDERS) as pool:
        statuses = list(pool.map(put, urls if numbers is None else numbers))
    assert set(statuses) == {200}


def post_part(api: Api, upload: Json, data: bytes, **options: Any) -> httpx.Response:
    """Send a part in the request body, as OpenAI's SDKs do."""
    return api.send("POST", f"/uploads/{upload['id']}/parts", files={"data": data}, **options)


def post_parts(api: Api, upload: Json, pieces: Sequence[bytes]) -> list[str]:
    """Send the pieces in parallel and return the ids of the parts, in the order of the pieces."""

    def post(piece: bytes) -> str:
        response = post_part(api, upload, piece)
        assert response.status_code == 200, response.text
        part_id: str = response.json()["id"]
        return part_id

    with ThreadPoolExecutor(SENDERS) as pool:
        return list(pool.map(post, pieces))


def complete(api: Api, upload: Json, **body: Any) -> httpx.Response:
    return api.send("POST", f"/uploads/{upload['id']}/complete", json={"part_ids": []} | body)


def outlive(stack: Stack, project: Project, upload: Json) -> None:
    """Make the upload's hour end two hours ago, for readers and for the sweeper."""
    stack.dynamodb.update_item(
        TableName=stack.env["LARDER_STORE_TABLE"],
        Key={"pk": {"S": f"P#{project.id}"}, "sk": {"S": upload["id"]}},
        UpdateExpression="SET expires_at = :past, deadline = :past, due_at = :past",
        ConditionExpression="attribute_exists(sk)",
        ExpressionAttributeValues={":past": {"N": str(int(time.time()) - 7_200)}},
    )


def sweep(stack: Stack) -> Json:
    """Run the sweeper as its schedule does, and return how often it had each outcome."""
    client: Any = boto3.client(
        "lambda",
        endpoint_url=stack.env["AWS_ENDPOINT_URL"],
        aws_access_key_id=stack.env["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=stack.env["AWS_SECRET_ACCESS_KEY"],
        region_name=stack.env["AWS_DEFAULT_REGION"],
    )
    answer = client.invoke(FunctionName=f"{stack.env['LARDER_STACK']}-sweep", Payload=b"{}")
    payload = answer["Payload"].read()
    assert "FunctionError" not in answer, payload
    outcomes: Json = json.loads(payload)
    return outcomes


def open_multiparts(stack: Stack, project: Project, upload: Json) -> list[Any]:
    """Return the open multipart uploads in S3 for the upload's file."""
    key = f"files/{project.id}/{file_id_of(upload)}"
    listed = stack.s3.list_multipart_uploads(Bucket=stack.env["LARDER_FILES_BUCKET"], Prefix=key)
    return list(listed.get("Uploads", []))


def small_parts(stack: Stack, project: Project, upload: Json) -> list[Any]:
    """Return the objects in S3 that hold the upload's small parts."""
    listed = stack.s3.list_objects_v2(
        Bucket=stack.env["LARDER_FILES_BUCKET"], Prefix=f"parts/{project.id}/{upload['id']}/"
    )
    return list(listed.get("Contents", []))

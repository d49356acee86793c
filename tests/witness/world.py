"""An S3 to send requests to, through Larder's own adapters."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import httpx
from botocore.exceptions import ClientError

from larder.adapters.s3 import S3Objects
from larder.adapters.s3_parts import S3Parts
from larder.domain.parts import ArrivedPart, Part
from tests.samples import TENANT, an_upload

if TYPE_CHECKING:
    from collections.abc import Callable

    from larder.domain.uploads import Upload
    from larder.services.object_store import SignedRequest

    type Headers = dict[str, str]

DATA = b"exactly these bytes"


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

"""The contenders of `bench.transfers`: curl, larder_client and the command line."""

import hashlib
import os
import secrets
import shlex
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import httpx
from botocore.config import Config

from bench.processes import Measured, measured
from bench.stage_times import StageTimes
from larder.domain.parts import USUAL_PART
from larder.domain.quota import Amount
from larder.domain.scopes import BEFORE_SCOPES
from larder.services.projects.keys import create_key
from larder.services.projects.projects import create_project
from larder_client import Client
from larder_operator.deployment import find_deployment

MIB = 2**20
CURL = ("curl", "--silent", "--fail")
LARDER = Path(sys.executable).with_name("larder")


class Transfers:
    """A project on the running stack, and a file to upload and download."""

    def __init__(self, folder: Path, size: int) -> None:
        self.size = size
        self.source, self.target = folder / "source.bin", folder / "target.bin"
        with self.source.open("wb") as file:
            for number in range(size // MIB):
                file.write(hashlib.shake_128(str(number).encode()).digest(MIB))
        self.digest = _sha256(self.source)
        ports = find_deployment().ports
        name = f"bench-{secrets.token_hex(4)}"
        limit = Amount(files=10, bytes=4 * size)
        project = create_project(name, limit, projects=ports.projects, clock=time.time)
        key, _ = ports.make(create_key)(project.id, scopes=BEFORE_SCOPES)
        self.key_secret = os.environ["LARDER_API_KEY"] = key
        os.environ["XDG_STATE_HOME"] = str(folder)
        self.client = Client()
        self.bucket = os.environ["LARDER_FILES_BUCKET"]
        self.s3: Any = boto3.client(
            "s3",
            endpoint_url=os.environ.get("AWS_ENDPOINT_URL"),
            config=Config(signature_version="s3v4", s3={"addressing_style": "path"}),
        )
        self.key = f"bench/{name}"

    def curl_put(self) -> Measured:
        """Upload with one presigned PUT, to a key that triggers no S3 event."""
        url = self._sign("put_object")
        return measured(*CURL, "--upload-file", str(self.source), url)

    def curl_parts(self, rate: int = -1) -> Measured:
        """Upload the same parts as the client with curl, four at a time, and complete.

        `rate` is what the line takes, in bytes a second; -1 is as much as the loopback does.
        """
        upload = self._api("", {"filename": "a", "purpose": "user_data", "bytes": self.size})
        transfer = upload["transfer"]
        uploads: list[str] = []
        with self.source.open("rb") as file:
            for part in transfer.get("parts", [transfer]):
                piece = self.source.with_suffix(f".{len(uploads)}")
                piece.write_bytes(file.read(transfer.get("part_size", self.size)))
                uploads += ["--upload-file", str(piece), part["url"]]
        headers = [f"{k}: {v}" for k, v in transfer.get("headers", {}).items()]
        given = [word for header in headers for word in ("--header", header)]
        started = time.perf_counter()
        given += ["--limit-rate", str(rate // 4)] if rate > 0 else []
        sent = measured(*CURL, "--parallel", "--parallel-max", "4", *given, *uploads)
        file_id = self._api(f"/{upload['id']}/complete", {"part_ids": []})["file"]["id"]
        seconds = time.perf_counter() - started
        self._check_stored(file_id)
        return replace(sent, seconds=seconds)

    def client_put(self) -> Measured:
        """Create the upload, send its parts and complete it, in this process."""
        started = time.perf_counter()
        sent = self.client.put(self.source, purpose="user_data")
        seconds = time.perf_counter() - started
        self._check_stored(sent.file.id)
        return Measured(seconds)

    def cli_put(self) -> Measured:
        """Run `larder put`, measured as a whole process."""
        whole = measured(str(LARDER), "put", str(self.source), "--purpose", "user_data")
        [file] = self.client.page().data
        self._check_stored(file.id)
        return whole

    def cli_start(self) -> Measured:
        """Run `larder put` for a missing file: what it takes before its first request."""
        return measured(str(LARDER), "put", str(self.source.with_name("none")), status=1)

    def client_put_stages(self) -> StageTimes:
        """Upload as `client_put` does, and record the time of each request."""
        times = StageTimes()
        with Client(transport=times) as client:
            sent = client.put(self.source, purpose="user_data")
        self._check_stored(sent.file.id)
        return times

    def join(self) -> float:
        """Return the seconds that S3's CompleteMultipartUpload takes for the same parts."""
        where = {"Bucket": self.bucket, "Key": f"{self.key}-joined"}
        upload = where | {"UploadId": self.s3.create_multipart_upload(**where)["UploadId"]}
        parts: list[dict[str, object]] = []
        with self.source.open("rb") as file:
            while data := file.read(USUAL_PART):
                number = len(parts) + 1
                etag = self.s3.upload_part(**upload, PartNumber=number, Body=data)["ETag"]
                parts.append({"PartNumber": number, "ETag": etag})
        started = time.perf_counter()
        self.s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
        seconds = time.perf_counter() - started
        self.s3.delete_object(**where)
        return seconds

    def curl_get(self) -> Measured:
        """Download with one presigned GET."""
        url = self._sign("get_object")
        return measured(*CURL, "--output", str(self.target), url)

    def curl_get_verified(self, file_id: str) -> Measured:
        """Do with curl and sha256sum what `larder get` does, which knows the checksum beforehand.

        Ask for the file, follow the redirect of its content, compare the SHA-256.
        """
        secret = f"Authorization: Bearer {os.environ['LARDER_API_KEY']}"
        curl = shlex.join((*CURL, "--header", secret))
        file = f"{self.client.base_url}/files/{file_id}"
        commands = (
            f"{curl} --output /dev/null {file}",
            f"{curl} --location --output {self.target} {file}/content",
            f"echo '{self.digest}  {self.target}' | sha256sum --check --status",
        )
        return measured("sh", "-c", " && ".join(commands))

    def client_get(self, file_id: str) -> Measured:
        """Download and verify the checksum, in this process."""
        started = time.perf_counter()
        self.client.get(file_id, self.target, overwrite=True)
        return Measured(time.perf_counter() - started)

    def cli_get(self, file_id: str) -> Measured:
        """Run `larder get`, measured as a whole process."""
        return measured(str(LARDER), "get", file_id, "-o", str(self.target), "--force")

    def put_once(self) -> str:
        """Upload the file for the downloads, and return its id."""
        file = self.client.put(self.source, purpose="user_data").file
        return self.client.wait(file.id).id

    def check_target(self) -> None:
        """Stop the benchmark unless the downloaded bytes are the uploaded ones."""
        _expect(_sha256(self.target) == self.digest, "downloaded bytes")

    def _check_stored(self, file_id: str) -> None:
        """Wait until the file is processed, check its bytes, and delete it."""
        self.client.wait(file_id)
        self.client.get(file_id, self.target, overwrite=True)
        self.check_target()
        self.client.delete(file_id)

    def _api(self, path: str, body: dict[str, object]) -> dict[str, Any]:
        answer = httpx.post(
            f"{self.client.base_url}/uploads{path}",
            headers={"Authorization": f"Bearer {os.environ['LARDER_API_KEY']}"},
            json=body,
            timeout=60,
        )
        found: dict[str, Any] = answer.raise_for_status().json()
        return found

    def _sign(self, operation: str) -> str:
        parameters = {"Bucket": self.bucket, "Key": self.key}
        return str(self.s3.generate_presigned_url(operation, Params=parameters))

    def close(self) -> None:
        """Delete the project's files and the objects beside them."""
        for file in self.client.files():
            self.client.delete(file.id)
        self.s3.delete_object(Bucket=self.bucket, Key=self.key)
        self.client.close()


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _expect(condition: bool, what: str) -> None:  # noqa: FBT001
    if not condition:
        sys.exit(f"bench: wrong {what}")

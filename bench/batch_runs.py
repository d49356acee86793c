"""What `bench.batches` times: Larder's steps on the running stack, and the loops of its peers."""

import json
import os
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from bench.processes import Measured, ProgramFailedError
from larder.domain.batches import Batch
from larder.domain.files import DAY
from larder.domain.ids import FileId, TenantId, new_batch_id
from larder.domain.quota import Amount
from larder.domain.upstreams import Upstream
from larder.runtime.composition import Composition
from larder.services.projects.keys import create_key
from larder.services.projects.projects import create_project
from larder_client import Client
from larder_operator.deployment import find_deployment
from local.ports import free_port
from tests.support.template import FUNCTIONS

MIB = 2**20
MODEL = "bench-model"
IN_FLIGHT = 50
ENDPOINT = "/v1/chat/completions"
PEERS = {
    "litellm": "litellm==1.110.2",
    "aibrix": "aibrix==0.8.0",
    "ogx": "openai==3.54.0",
    "vllm": "aiohttp==3.14.5",
    "httpx": "httpx==0.28.1",
}
"""What each peer's loop needs; the last one is a loop by hand."""
_ENVIRONMENTS = Path(__file__).parent / ".data" / "batch-peers"


def requests_of(lines: int, path: Path) -> Path:
    """Write a file of that many requests, of about 250 bytes each, and return it."""
    with path.open("w") as file:
        for number in range(lines):
            messages = [
                {"role": "system", "content": "Answer in one word, in lower case."},
                {"role": "user", "content": f"What is the capital of country number {number}?"},
            ]
            body = {"model": MODEL, "messages": messages, "max_tokens": 16}
            line = {"custom_id": f"q-{number}", "method": "POST", "url": ENDPOINT, "body": body}
            file.write(json.dumps(line) + "\n")
    return path


@contextmanager
def model_server() -> Iterator[str]:
    """Run the scripted server of models in its own process; yield its base URL."""
    port = free_port()
    command = [sys.executable, "-m", "tests.fakes.model_server", "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as server:
        try:
            (server.stdout or sys.stdin.buffer).readline()
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            server.terminate()


def script(base_url: str, **rule: object) -> None:
    """Have the server answer every request by this one rule from now on."""
    address = base_url.removesuffix("/v1") + "/_script"
    httpx.put(address, content=json.dumps([rule]), timeout=60).raise_for_status()


def _run(command: Sequence[str | Path], environment: dict[str, str] | None = None) -> Measured:
    done = subprocess.run(command, env=environment, capture_output=True, check=False)
    if done.returncode != 0:
        raise ProgramFailedError(done.stderr.decode(errors="replace")[-2_000:])
    return Measured(**json.loads(done.stdout.splitlines()[-1]))


class Peer:
    """Another executor's loop, in an environment of its own."""

    def __init__(self, name: str) -> None:
        self.name = name
        package = PEERS[name]
        folder = _ENVIRONMENTS / package
        self._python = folder / "bin" / "python"
        if not self._python.exists():
            shutil.rmtree(folder, ignore_errors=True)
            subprocess.run(["uv", "venv", "--quiet", "--python", "3.13", folder], check=True)
            install = ("uv", "pip", "install", "--quiet", "--python")
            subprocess.run([*install, self._python, package], check=True)

    def run(self, base_url: str, source: Path) -> Measured:
        """Work through the file, and check that each line has its answer."""
        output = source.with_suffix(f".{self.name}")
        program = Path(__file__).with_name("batch_peers.py")
        taken = _run([self._python, program, self.name, base_url, source, output])
        if len(output.read_bytes().splitlines()) != len(source.read_bytes().splitlines()):
            message = f"{self.name} did not answer every line"
            raise ProgramFailedError(message)
        return taken


@dataclass(frozen=True)
class LarderBatch:
    """A batch of the running stack that no execution works on: only the steps below do."""

    ports: Composition
    project: TenantId
    batch: Batch

    def step(self, name: str) -> Measured:
        """Run the step in a process of its own."""
        settings = self.ports.settings
        environment = {
            **os.environ,
            "STORE_TABLE": settings.store_table,
            "KEYS_TABLE": settings.keys_table,
            "FILES_BUCKET": settings.files_bucket,
            "POWERTOOLS_SERVICE_NAME": "larder",
            **FUNCTIONS["BatchRunShard"]["Environment"]["Variables"],
        }
        command = [sys.executable, "-m", "bench.batch_worker", name, self.project, self.batch.id]
        return _run(command, environment)

    def outcome(self) -> Batch:
        """Return the record as it is now."""
        found = self.ports.batches.get(self.project, self.batch.id)
        if found is None:
            message = f"{self.batch.id} is gone"
            raise ProgramFailedError(message)
        return found

    def output_bytes(self) -> int:
        """Return the size of the file of answers."""
        output_id = self.outcome().output_file_id
        file = self.ports.files.get(self.project, output_id) if output_id else None
        return 0 if file is None else file.bytes


class Stack:
    """The running stack, with the scripted server as the upstream of the benchmark's model."""

    def __init__(self, base_url: str) -> None:
        self.ports = find_deployment().ports
        self.ports.upstreams.put(
            Upstream("bench", base_url, (MODEL,), int(time.time()), concurrency=IN_FLIGHT)
        )

    def close(self) -> None:
        """Take the upstream away again."""
        self.ports.upstreams.remove("bench")

    def project(self) -> tuple[TenantId, str]:
        """Return a new project with room for everything, and its key."""
        limit = Amount(files=1_000, bytes=100 * 2**30)
        name = f"bench-{secrets.token_hex(4)}"
        project = create_project(name, limit, projects=self.ports.projects, clock=time.time)
        key, _ = create_key(
            project.id, register=self.ports.register, pepper=self.ports.pepper, clock=time.time
        )
        return project.id, key

    def batch(self, source: Path) -> LarderBatch:
        """Upload the file, wait for its validation, and record a batch on it."""
        project, key = self.project()
        with closing(Client(api_key=key)) as client:
            file_id = client.put(source, purpose="batch").file.id
            client.wait(file_id)
        now = time.time()
        batch = Batch(
            id=new_batch_id(now),
            input_file_id=FileId(file_id),
            input_name=source.name,
            endpoint=ENDPOINT,
            completion_window="24h",
            expires_at=int(now) + DAY,
        )
        # The sweeper, which looks after batches without an execution, comes a day too late.
        self.ports.batches.create(project, batch, check_at=int(now) + DAY)
        return LarderBatch(self.ports, project, batch)

    def whole(self, source: Path) -> float:
        """Return the seconds from the creation of a batch of ten lines to its end, by the API."""
        _, key = self.project()
        with closing(Client(api_key=key)) as client:
            file_id = client.put(source, purpose="batch").file.id
            client.wait(file_id)
        headers = {"Authorization": f"Bearer {key}"}
        request = {"input_file_id": file_id, "endpoint": ENDPOINT, "completion_window": "24h"}
        with httpx.Client(base_url=os.environ["LARDER_BASE_URL"], headers=headers) as http:
            started = time.perf_counter()
            batch = http.post("batches", json=request).raise_for_status().json()
            while batch["status"] != "completed":
                time.sleep(0.05)
                batch = http.get(f"batches/{batch['id']}").raise_for_status().json()
            seconds = time.perf_counter() - started
        if batch["request_counts"] != {"total": 10, "completed": 10, "failed": 0}:
            message = f"a batch ended as {batch}"
            raise ProgramFailedError(message)
        return seconds

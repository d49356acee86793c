"""Clients that do anything to each other's files."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.e2e.api import Api, batch_lines
from tests.e2e.space import Space
from tests.races.history import Seen

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from tests.e2e.projects import Project
    from tests.faults.deployment import Deployment

OBSERVED = 8
"""Files of which a list is held against their histories; all of them would take for ever."""

_ANSWERS = {200: "ok", 400: "refused", 404: "missing", 409: "refused"}


@dataclass
class Ground:
    """What the clients share: one project, and what they know of each other's files.

    `turns` are as many as may wait for an answer at once.
    """

    deployment: Deployment
    project: Project
    client: httpx.Client
    turns: threading.Semaphore
    histories: defaultdict[str, list[Seen]] = field(default_factory=lambda: defaultdict(list))
    statuses: Counter[tuple[str, int]] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    readable: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)


class Client:
    """One of many, with dice of its own."""

    def __init__(self, ground: Ground, seed: int) -> None:
        self._ground = ground
        self._dice = random.Random(seed)  # noqa: S311
        self.api = Api(ground.project.base_url, ground.project.key, ground.client)
        self.space = Space(self.api)

    def run(self, until: float) -> None:
        deeds: list[tuple[Callable[[], None], int]] = [
            (self.create, 20),
            (self.upload, 12),
            (self.look, 16),
            (self.list, 8),
            (lambda: self.change("delete"), 10),
            (lambda: self.change("trash"), 14),
            (lambda: self.change("restore"), 14),
            (lambda: self.change("purge"), 6),
            (self.expire, 4),
        ]
        while time.monotonic() < until:
            (deed,) = self._dice.choices(*zip(*deeds, strict=True))
            with self._ground.turns:
                deed()

    def _send(
        self, name: str, send: Callable[[], httpx.Response], file_id: str | None = None
    ) -> httpx.Response:
        began = time.monotonic()
        response = send()
        self._note(name, response, began, file_id)
        return response

    def _note(self, name: str, response: httpx.Response, began: float, file_id: str | None) -> None:
        ground, ended = self._ground, time.monotonic()
        with ground.lock:
            ground.statuses[name, response.status_code] += 1
            answer = _ANSWERS.get(response.status_code)
            if answer is None and response.status_code != 429:
                ground.wrong.append(f"{name} {file_id}: {response.status_code} {response.text}")
            elif file_id is not None and answer is not None:
                ground.histories[file_id].append(Seen(name, answer, began, ended))

    def create(self) -> None:
        began = time.monotonic()
        purpose = self._dice.choice(["user_data", "batch"])
        data = batch_lines(self._dice.randrange(1, 4))
        response = self.api.post_file(data, "a.jsonl", purpose)
        if response.status_code != 200:
            self._note("create", response, began, None)
            return
        file_id = response.json()["id"]
        self._note("create", response, began, file_id)
        with self._ground.lock:
            known = self._ground.readable if self._dice.random() < 0.2 else self._ground.files
            known.append(file_id)

    def upload(self) -> None:
        began, data = time.monotonic(), batch_lines(2)
        announced = {
            "filename": "a.jsonl",
            "purpose": "batch",
            "bytes": len(data),
            "mime_type": "application/jsonl",
        }
        response = self.api.send("POST", "/uploads", json=announced)
        if response.status_code != 200:
            self._note("announce", response, began, None)
            return
        upload = response.json()
        file_id = upload["id"].replace("upload_", "file-")
        self._note("announce", response, began, file_id)
        with self._ground.lock:
            self._ground.files.append(file_id)
        if self._dice.random() < 0.8:
            self._send("put", lambda: self.api.put(upload["transfer"], data), file_id)
            time.sleep(self._dice.random() / 5)
        ending = self._dice.choices(["complete", "cancel", None], [5, 3, 2])[0]
        if ending is not None:
            path = f"/uploads/{upload['id']}/{ending}"
            self._send(ending, lambda: self.api.send("POST", path, json={"part_ids": []}), file_id)

    def _any(self, known: list[str]) -> str | None:
        with self._ground.lock:
            # The newest are those that others are busy with.
            return self._dice.choice(known[-40:]) if known else None

    def look(self) -> None:
        known = self._dice.choice([self._ground.files, self._ground.readable])
        if file_id := self._any(known):
            self._send("get", lambda: self.api.send("GET", f"/files/{file_id}"), file_id)

    def list(self) -> None:
        known = {self._any(self._ground.files) for _ in range(OBSERVED)} - {None}
        began = time.monotonic()
        response = self.api.send("GET", "/files")
        self._note("list", response, began, None)
        if response.status_code == 200:
            there, ended = {file["id"] for file in response.json()["data"]}, time.monotonic()
            with self._ground.lock:
                for file_id in known:
                    seen = Seen("get", "ok" if file_id in there else "missing", began, ended)
                    self._ground.histories[str(file_id)].append(seen)

    def change(self, name: str) -> None:
        file_id = self._any(self._ground.files)
        send: dict[str, Callable[[], httpx.Response]] = {
            "delete": lambda: self.api.send("DELETE", f"/files/{file_id}"),
            "trash": lambda: self.space.send("DELETE", f"/files/{file_id}"),
            "restore": lambda: self.space.send("POST", f"/trash/{file_id}/restore"),
            "purge": lambda: self.space.send("DELETE", f"/trash/{file_id}"),
        }
        if file_id is not None:
            self._send(name, send[name], file_id)

    def expire(self) -> None:
        """Let the time of a file be over that others only read: time does not race with itself."""
        ground = self._ground
        with ground.lock:
            if not ground.readable:
                return
            file_id = ground.readable.pop(self._dice.randrange(len(ground.readable)))
        began = time.monotonic()
        ground.deployment.stack.dynamodb.update_item(
            TableName=ground.deployment.table,
            Key={"pk": {"S": f"P#{ground.project.id}"}, "sk": {"S": file_id}},
            UpdateExpression="SET expires_at = :past, due_at = :past, due_shard = :shard",
            ConditionExpression="attribute_exists(sk)",
            ExpressionAttributeValues={
                ":past": {"N": str(int(time.time()) - 1)},
                ":shard": {"S": "due#05"},
            },
        )
        with ground.lock:
            seen = Seen("expire", "ok", began, time.monotonic())
            ground.histories[file_id].append(seen)

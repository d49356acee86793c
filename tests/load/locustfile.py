"""The mix of the load test: 40 % get, 20 % list, 15 % content, 15 % upload, 10 % delete.

Run by `python -m tests.load`, in locust's own environment: it imports nothing of Larder.
"""

from __future__ import annotations

import os
import random
from collections import deque
from typing import TYPE_CHECKING

from locust import FastHttpUser, constant, task  # type: ignore[import-not-found]

if TYPE_CHECKING:
    from typing import Any

FEWEST = 5
"""Files that a client keeps, so that it always has one to read."""

BODY = b"a line of a file that is stored under load\n" * 50


class Client(FastHttpUser):  # type: ignore[misc]
    """One client, which reads and deletes the files that it stored itself."""

    wait_time = constant(0)
    host = os.environ["LARDER_BASE_URL"]

    def on_start(self) -> None:
        self.files: deque[str] = deque()
        # Without Accept, as every other client sends it, the emulator leaves contents in base64.
        self.headers = {
            "Authorization": f"Bearer {os.environ['LARDER_LOAD_KEY']}",
            "Accept": "*/*",
        }
        for _ in range(FEWEST):
            self.upload()

    def ask(self, method: str, path: str, name: str, **options: Any) -> Any:
        url = f"{self.host}{path}"
        return self.client.request(method, url, name=name, headers=self.headers, **options)

    def any_file(self) -> str:
        return random.choice(self.files)  # noqa: S311

    @task(40)  # type: ignore[untyped-decorator]
    def get(self) -> None:
        self.ask("GET", f"/files/{self.any_file()}", "get")

    @task(20)  # type: ignore[untyped-decorator]
    def list(self) -> None:
        self.ask("GET", "/files?limit=20", "list")

    @task(15)  # type: ignore[untyped-decorator]
    def content(self) -> None:
        self.ask("GET", f"/files/{self.any_file()}/content", "content")

    @task(15)  # type: ignore[untyped-decorator]
    def upload(self) -> None:
        form = b'--b\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nuser_data\r\n'
        form += b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n'
        headers = self.headers | {"Content-Type": "multipart/form-data; boundary=b"}
        answer = self.client.request(
            "POST",
            f"{self.host}/files",
            name="upload",
            headers=headers,
            data=form + BODY + b"\r\n--b--\r\n",
        )
        if answer.status_code == 200:
            self.files.append(answer.json()["id"])

    @task(10)  # type: ignore[untyped-decorator]
    def delete(self) -> None:
        if len(self.files) > FEWEST:
            self.ask("DELETE", f"/files/{self.files.popleft()}", "delete")
        else:
            self.get()

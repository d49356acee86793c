"""Both clients behind one interface, on the fake Larder, so that one test covers both."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from larder_client import AsyncClient, Client
from tests.fakes.larder_http import KEY
from tests.fakes.larder_transports import InProcess

if TYPE_CHECKING:
    from pathlib import Path

    from larder_client import DownloadResult, File, FilePage, ResumeStore, UploadResult, Validation
    from larder_client.transfer.progress import Phase
    from tests.fakes.larder_http import FakeLarder


@dataclass
class Caller:
    """Calls methods of a client; `pauses` are the seconds that it would have slept."""

    fake: FakeLarder
    asynchronous: bool
    key: str = KEY
    parallel: int = 4
    pauses: list[float] = field(default_factory=list)

    def put(self, path: Path, store: ResumeStore | None = None, **options: Any) -> UploadResult:
        sent: UploadResult = self.call(
            "put", path, resume_store=store, **{"purpose": "user_data"} | options
        )
        return sent

    def get(self, file_id: str, path: Path, **options: Any) -> DownloadResult:
        received: DownloadResult = self.call("get", file_id, path, **options)
        return received

    def read(self, file_id: str) -> bytes:
        data: bytes = self.call("read", file_id)
        return data

    def page(self, **options: Any) -> FilePage:
        page: FilePage = self.call("page", **options)
        return page

    def files(self, **options: Any) -> list[File]:
        return self.listed("files", **options)

    def listed(self, method: str, **options: Any) -> list[Any]:
        """Return what a method yields."""

        async def listed() -> list[Any]:
            async with self._async() as client:
                return [file async for file in attrgetter(method)(client)(**options)]

        if self.asynchronous:
            return asyncio.run(listed())
        with self._sync() as client:
            return list(attrgetter(method)(client)(**options))

    def wait(self, file_id: str, **options: Any) -> File:
        file: File = self.call("wait", file_id, **options)
        return file

    def validation(self, file_id: str) -> Validation:
        report: Validation = self.call("validation", file_id)
        return report

    def delete(self, file_id: str) -> Any:
        return self.call("delete", file_id)

    def call(self, method: str, *args: Any, **options: Any) -> Any:
        """Return what a method returns; `method` may be of a namespace, as in `files.retrieve`."""

        async def awaited() -> Any:
            async with self._async() as client:
                return await attrgetter(method)(client)(*args, **options)

        if self.asynchronous:
            return asyncio.run(awaited())
        with self._sync() as client:
            return attrgetter(method)(client)(*args, **options)

    def _sync(self) -> Client:
        transport = InProcess(self.fake)
        sleep = self.pauses.append
        return Client(
            self.fake.base_url, self.key, parallel=self.parallel, transport=transport, sleep=sleep
        )

    def _async(self) -> AsyncClient:
        async def pause(seconds: float) -> None:
            self.pauses.append(seconds)

        transport = InProcess(self.fake)
        return AsyncClient(
            self.fake.base_url, self.key, parallel=self.parallel, transport=transport, sleep=pause
        )


@dataclass
class Watch:
    """Progress that is recorded: for each phase its total and the bytes done."""

    phases: dict[Phase, list[int]] = field(default_factory=dict)
    _done: list[int] = field(default_factory=list)

    def begin(self, phase: Phase, total: int, done: int = 0) -> None:
        self._done = self.phases[phase] = [total, done]

    def advance(self, count: int) -> None:
        self._done[1] += count
        assert 0 <= self._done[1] <= self._done[0]

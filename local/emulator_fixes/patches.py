"""Starts MiniStack with patches for what cannot be fixed through its APIs.

The emulator's own Python runs this file. It has none of Larder's packages.
"""

import hashlib
import inspect
import os
import shutil
import signal
import sys
import tempfile
import time
import traceback
import zipfile
from contextvars import ContextVar
from pathlib import Path
from threading import Event, Lock, Thread
from types import SimpleNamespace
from typing import Any, NoReturn

# -P keeps this folder off the path, since its modules must not come before others of their name.
sys.path.append(str(Path(__file__).parents[2]))

from ministack import app  # type: ignore[import-not-found]
from ministack.core import lambda_runtime, persistence  # type: ignore[import-not-found]
from ministack.services import (  # type: ignore[import-not-found]
    apigateway_v1,
    lambda_svc,
    secretsmanager,
    sts,
)
from ministack.services.cloudformation import (  # type: ignore[import-not-found]
    changesets,
    provisioners,
)

from local.emulator_fixes.gateway import GATEWAY
from local.emulator_fixes.sessions import register_sessions_in_turn
from local.emulator_fixes.streaming import stream_responses
from local.emulator_fixes.strict import Strict

SAVE_SECONDS = 60


def retry_failed_stream_records() -> None:
    """MiniStack ignores the `batchItemFailures` that a stream's function returns.

    Lambda retries from the first of those records. This patch retries the whole batch, as after an
    error of the function: it repeats more than AWS and loses nothing.
    """
    poll = lambda_svc._poll_dynamodb_streams  # noqa: SLF001 - MiniStack has no public hook
    execute = lambda_svc._execute_function  # noqa: SLF001
    polling = ContextVar("polling", default=False)

    def poll_streams() -> bool:
        before = polling.set(True)
        try:
            return bool(poll())
        finally:
            polling.reset(before)

    def execute_function(*arguments: Any, **options: Any) -> dict[str, Any]:  # noqa: ANN401
        result: dict[str, Any] = execute(*arguments, **options)
        match result.get("body"):
            case {"batchItemFailures": [_, *_]} if polling.get():
                return {**result, "error": True}
        return result

    lambda_svc._poll_dynamodb_streams = poll_streams  # noqa: SLF001
    lambda_svc._execute_function = execute_function  # noqa: SLF001


def stop_replaced_versions() -> None:
    """MiniStack keeps running a version of a function after a deployment deleted it."""
    handlers = provisioners._RESOURCE_HANDLERS["AWS::Lambda::Version"]  # noqa: SLF001
    delete = handlers["delete"]

    def delete_version(arn: str, properties: dict[str, Any]) -> None:
        delete(arn, properties)
        *_, function, version = arn.split(":")
        lambda_runtime.invalidate_worker(function, qualifier=version)

    handlers["delete"] = delete_version


def name_functions_in_log_streams() -> None:
    """MiniStack's streams of a shared log group do not say which function wrote them.

    On AWS a stream is called `2026/11/28/larder-sweep[3]4f6c...`, here `/[larder-sweep[3]4f6c...`.
    """
    emit = lambda_svc._emit_lambda_logs  # noqa: SLF001 - there is no other way in

    def emit_logs(function: dict[str, Any], *arguments: Any, **options: Any) -> None:  # noqa: ANN401
        config = function.get("config") or function
        version = f"{config['FunctionName']}[{config.get('Version', '$LATEST')}"
        named = {**function, "config": {**config, "Version": version}}
        emit(named, *arguments, **options)

    lambda_svc._emit_lambda_logs = emit_logs  # noqa: SLF001


def say_where_apis_are() -> None:
    """MiniStack's event lacks the domain and base path of its API, and that it is served by HTTP.

    On AWS the path in `requestContext` begins with the base path of a domain of one's own.
    """
    build = apigateway_v1._build_lambda_event_v1  # noqa: SLF001 - there is no other way in
    positions = inspect.signature(build)

    def build_event(*arguments: Any, **options: Any) -> dict[str, Any]:  # noqa: ANN401
        event: dict[str, Any] = build(*arguments, **options)
        headers = positions.bind(*arguments, **options).arguments["headers"]
        context = event["requestContext"]
        context["domainName"] = headers.get("host", "localhost")
        context["path"] = f"{GATEWAY}{context['apiId']}{context['path']}"
        event["headers"]["x-forwarded-proto"] = "http"
        event["multiValueHeaders"]["x-forwarded-proto"] = ["http"]
        return event

    apigateway_v1._build_lambda_event_v1 = build_event  # noqa: SLF001


def import_secrets() -> None:
    """MiniStack imports no secrets into a stack, as CloudFormation does in a restore."""
    kind = "AWS::SecretsManager::Secret"
    changesets._IMPORT_LOOKUPS[kind] = (("Id",), lambda _: None)  # noqa: SLF001
    handlers = provisioners._RESOURCE_HANDLERS[kind]  # noqa: SLF001

    def import_secret(identifier: dict[str, str]) -> tuple[str, dict[str, str]]:
        arn = secretsmanager._secrets[identifier["Id"]]["ARN"]  # noqa: SLF001
        return identifier["Id"], {"Id": arn, "Arn": arn}

    handlers["import"] = import_secret


def unpack_layers_once() -> None:
    """MiniStack unpacks the layers for each new worker, which takes most of a cold start."""
    unpacked = Path(tempfile.mkdtemp(prefix="layers-"))
    unpacking = Lock()

    class Archive(zipfile.ZipFile):
        def __init__(self, file: str) -> None:
            super().__init__(file)
            self._layer: Path | None = None
            if Path(file).name.startswith("layer_"):
                self._layer = unpacked / hashlib.sha256(Path(file).read_bytes()).hexdigest()

        def namelist(self) -> list[str]:
            # MiniStack would check each name for whether it leads out of the folder.
            return [] if self._layer and self._layer.exists() else super().namelist()

        def extractall(self, path: str) -> None:  # type: ignore[override]
            if self._layer is None:
                super().extractall(path)
                return
            with unpacking:
                if not self._layer.exists():
                    draft = self._layer.with_suffix(".draft")
                    super().extractall(draft)
                    draft.rename(self._layer)
            for each in self._layer.iterdir():
                (Path(path) / each.name).symlink_to(each)

    lambda_runtime.zipfile = SimpleNamespace(**vars(zipfile) | {"ZipFile": Archive})


def save_while_running() -> None:
    """MiniStack saves its metadata only when it stops, so that a hard kill costs all of it.

    This patch saves it every minute, and on SIGUSR1, into the folder `saved` beside its own. A fork
    does it: it has everything as it was at one moment, and the emulator goes on meanwhile. A fork
    may hang on a lock that another thread held, then it is killed, and the next one tries again.
    """
    saved = Path(persistence.STATE_DIR).with_name("saved")
    asked = Event()
    signal.signal(signal.SIGUSR1, lambda *_: asked.set())

    def save_again_and_again() -> None:
        while True:
            asked.wait(SAVE_SECONDS)
            asked.clear()
            child = os.fork()
            if child == 0:
                _save_and_exit(saved)
            deadline = time.monotonic() + SAVE_SECONDS
            while os.waitpid(child, os.WNOHANG) == (0, 0):
                if time.monotonic() > deadline:
                    os.kill(child, signal.SIGKILL)
                time.sleep(0.05)

    Thread(target=save_again_and_again, daemon=True).start()


def _save_and_exit(saved: Path) -> NoReturn:
    draft, old = saved.with_name("saved-draft"), saved.with_name("saved-old")
    try:
        shutil.rmtree(draft, ignore_errors=True)
        persistence.STATE_DIR = str(draft)
        for name, get_state in app._build_persistence_save_dict().items():  # noqa: SLF001
            if (state := get_state()) is not None:
                persistence.save_state(name, state)
                # It logs a failure and goes on; half of the services would not fit together.
                (draft / f"{name}.json").stat()
        shutil.rmtree(old, ignore_errors=True)
        if saved.exists():
            saved.rename(old)
        draft.rename(saved)
        shutil.rmtree(old, ignore_errors=True)
    except BaseException:  # noqa: BLE001 - it must not go on as a second emulator
        traceback.print_exc()
    finally:
        os._exit(0)


def end_when_saved(inner: Any) -> Any:  # noqa: ANN401 - MiniStack has no types
    """MiniStack saves its state when it stops, and then waits for what its functions still do.

    Whoever stopped it would kill it meanwhile, and take the state for lost.
    """

    async def run(scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401
        async def send_or_end(message: Any) -> None:  # noqa: ANN401
            if message["type"] == "lifespan.shutdown.complete":
                os._exit(0)
            await send(message)

        await inner(scope, receive, send_or_end)

    return run


if __name__ == "__main__":
    save_while_running()
    retry_failed_stream_records()
    stop_replaced_versions()
    name_functions_in_log_streams()
    say_where_apis_are()
    stream_responses(apigateway_v1, lambda_runtime)
    import_secrets()
    register_sessions_in_turn(sts)
    unpack_layers_once()
    app.app = end_when_saved(Strict(app.app))
    sys.exit(app.main())

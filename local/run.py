"""One run: starts the emulator, builds, deploys, creates the project, then shows the logs."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from larder.adapters.aws import dynamodb_client, new_session
from larder.adapters.dynamodb.upstreams import DynamoUpstreams
from local import sam
from local.banner import banner
from local.emulator import Emulator, recover, save_now
from local.emulator_fixes import deployment
from local.errors import LocalError
from local.logs import FunctionLogs
from local.model import EmbeddedModel
from local.project import demo_key, demo_link
from local.push import push, push_again
from local.state import use_only

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local.state import State

LOG_SECONDS = 0.5


def run(state: State, port: int, command: list[str]) -> int:
    """Start the stack, run `command` or show logs until Ctrl-C, and stop the stack.

    `command` finds the stack through `LARDER_ENV_FILE`. Without one, the embedded model runs too.
    Returns the exit status.

    Raises:
        LocalError: the stack did not start, or ended unexpectedly.
    """
    with state.held(), _interruptible():
        state.unpublish()
        if note := recover(state):
            print(note)
        emulator, model = Emulator(state, port), EmbeddedModel(state)
        try:
            if not command:
                # It loads during the build.
                model.start()
            up(state, emulator)
            if command:
                environment = os.environ | {"LARDER_ENV_FILE": str(state.operator_env)}
                return subprocess.run(command, env=environment, check=False).returncode
            offer(model, state)
            follow(state, emulator)
        except KeyboardInterrupt:
            print()
        finally:
            down(state, emulator, model)
    return 0


def up(state: State, emulator: Emulator) -> None:
    """Start the emulator, build, deploy, and write the variables file."""
    use_only(emulator.aws_settings)
    emulator.start()
    with _step("building the functions and the layer"):
        sam.build(state)
    with _step("starting the emulator"):
        emulator.wait_until_ready()
    deliver(state, emulator.aws_settings)


def deliver(state: State, aws_settings: dict[str, str]) -> None:
    """Deploy what was built, and write the variables file that leads to it."""
    endpoint = aws_settings["AWS_ENDPOINT_URL"]
    with _step("deploying the template"):
        if sam.deploy(state):
            deployment.fix()
            push_again(state)
        outputs = sam.outputs()
        base_url = deployment.base_url(endpoint)
    with _step("trying the demo key on the API"):
        logs = FunctionLogs(sam.STACK)
        try:
            key = demo_key(state, base_url, outputs)
        except LocalError as error:
            lines = "\n".join(logs.new_lines())
            raise LocalError(f"{error}\nThe functions logged:\n{lines}") from error
    state.publish(
        {
            "LARDER_BASE_URL": base_url,
            "LARDER_API_KEY": key,
            "LARDER_STACK": sam.STACK,
            "LARDER_STORE_TABLE": outputs["StoreTable"],
            "LARDER_KEYS_TABLE": outputs["KeysTable"],
            "LARDER_FILES_BUCKET": outputs["FilesBucket"],
            "LARDER_EVENTS_QUEUE_URL": outputs["EventsQueueUrl"],
            "LARDER_PEPPER_SECRET_ID": outputs["PepperSecretId"],
            "LARDER_CURSOR_SECRET_ID": outputs["CursorSecretId"],
            "LARDER_WEBHOOK_SECRET_ID": outputs["WebhookSecretId"],
            "LARDER_DELIVERIES_QUEUE_URL": outputs["DeliveriesQueueUrl"],
            "LARDER_PRIVATE_WEBHOOKS": outputs["PrivateWebhooks"],
            **aws_settings,
        }
    )
    # A kill within the first minute must not cost the deployment.
    save_now(state)


def offer(model: EmbeddedModel, state: State) -> None:
    """Name the embedded model as an upstream, or say in one line that there is none."""
    table = (state.published() or {})["LARDER_STORE_TABLE"]
    with _step("loading the embedded model"):
        missing = model.register(DynamoUpstreams(dynamodb_client(new_session()), table))
    if missing:
        print(missing)


def redeploy(state: State) -> None:
    """Build and deploy to the running stack.

    Raises:
        LocalError: no stack is running, or the deployment failed.
    """
    variables = state.published()
    if variables is None:
        message = "The local stack is not running. Start it with 'make run'."
        raise LocalError(message)
    aws_settings = {name: value for name, value in variables.items() if name.startswith("AWS_")}
    use_only(aws_settings)
    with _step("deploying the functions that changed"):
        names = push(state)
    if names is not None:
        print(f"deployed: {', '.join(names)}" if names else "Nothing has changed.")
        return
    print("More than functions has changed, so all of it is deployed.")
    with _step("building the functions and the layer"):
        sam.build(state)
    deliver(state, aws_settings)
    now = state.published() or {}
    if now["LARDER_BASE_URL"] != variables["LARDER_BASE_URL"]:
        # The emulator replaces an API whose routes changed. API Gateway would keep its id.
        print(f"The base URL has changed: {now['LARDER_BASE_URL']}")


def follow(state: State, emulator: Emulator) -> None:
    """Print the banner, then the functions' logs until Ctrl-C."""
    variables = state.published() or {}
    link = demo_link(variables)
    url, key = variables["LARDER_BASE_URL"], variables["LARDER_API_KEY"]
    print(banner(url, key, state.env, link), flush=True)
    logs = FunctionLogs(sam.STACK)
    while True:
        emulator.check_alive()
        for line in logs.new_lines():
            print(line, flush=True)
        time.sleep(LOG_SECONDS)


def down(state: State, emulator: Emulator, model: EmbeddedModel) -> None:
    """Stop the model and the emulator.

    A second Ctrl-C or a closed terminal must not lose the state.
    """
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.SIG_IGN)
    state.unpublish()
    model.stop()
    if not emulator.started:
        return
    with suppress(OSError):
        print("stopping, saving the state", flush=True)
    if not emulator.stop():
        with suppress(OSError):
            print("The emulator was killed. The next run goes on with what it saved last.")


@contextmanager
def _step(what: str) -> Iterator[None]:
    print(f"{what:40}", end="", flush=True)
    since = time.monotonic()
    try:
        yield
    except BaseException:
        print(" failed", flush=True)
        raise
    print(f"{time.monotonic() - since:5.1f} s", flush=True)


@contextmanager
def _interruptible() -> Iterator[None]:
    """Let a closed terminal (SIGHUP) and SIGTERM stop the run as Ctrl-C does.

    SIGINT is set too: a shell script starts background jobs with SIGINT ignored, and Python keeps
    it ignored.
    """

    def interrupt(_signal: int, _frame: object) -> None:
        raise KeyboardInterrupt

    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, interrupt)
    yield

"""One run: emulator, build, deployment, project, then logs until it is told to stop."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from local import gaps, sam
from local.banner import banner
from local.emulator import Emulator, recover
from local.errors import LocalError
from local.logs import FunctionLogs
from local.project import demo_key
from local.state import use_only

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local.state import State

LOG_SECONDS = 0.5


def run(state: State, port: int, command: list[str]) -> int:
    """Bring the stack up, run `command` or else show logs until Ctrl-C, and take it down again.

    `command` finds the stack by `LARDER_ENV_FILE`. Returns the exit status.

    Raises:
        LocalError: what kept it from coming up, or that it went down by itself.
    """
    with state.held(), _interruptible():
        state.env.unlink(missing_ok=True)
        if note := recover(state):
            print(note)
        emulator = Emulator(state, port)
        try:
            up(state, emulator)
            if command:
                environment = os.environ | {"LARDER_ENV_FILE": str(state.env)}
                return subprocess.run(command, env=environment, check=False).returncode
            follow(state, emulator)
        except KeyboardInterrupt:
            print()
        finally:
            down(state, emulator)
    return 0


def up(state: State, emulator: Emulator) -> None:
    """Start the emulator, build, deploy, and publish where everything is."""
    use_only(emulator.aws_settings)
    emulator.start()
    with _step("building the functions and the layer"):
        sam.build(state)
    with _step("starting the emulator"):
        emulator.wait_until_ready()
    deliver(state, emulator.aws_settings)


def deliver(state: State, aws_settings: dict[str, str]) -> None:
    """Deploy what was built, and publish the variables that lead to it."""
    endpoint = aws_settings["AWS_ENDPOINT_URL"]
    with _step("deploying the template"):
        if sam.deploy(state):
            gaps.fill()
        outputs = sam.outputs()
        base_url = gaps.base_url(endpoint)
    with _step("asking the API with the demo key"):
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
            **aws_settings,
        }
    )


def redeploy(state: State) -> None:
    """Build and deploy to the run that is up.

    Raises:
        LocalError: none is up, or the deployment failed.
    """
    variables = state.published()
    if variables is None:
        message = "Nothing is running here. Start it with 'make run'."
        raise LocalError(message)
    aws_settings = {name: value for name, value in variables.items() if name.startswith("AWS_")}
    use_only(aws_settings)
    with _step("building the functions and the layer"):
        sam.build(state)
    deliver(state, aws_settings)
    now = state.published() or {}
    if now["LARDER_BASE_URL"] != variables["LARDER_BASE_URL"]:
        # The emulator replaces an API whose routes changed; API Gateway keeps its id.
        print(f"The base URL is another one now: {now['LARDER_BASE_URL']}")


def follow(state: State, emulator: Emulator) -> None:
    """Print the banner, then the functions' logs."""
    variables = state.published() or {}
    print(banner(variables["LARDER_BASE_URL"], variables["LARDER_API_KEY"], state.env), flush=True)
    logs = FunctionLogs(sam.STACK)
    while True:
        emulator.check_alive()
        for line in logs.new_lines():
            print(line, flush=True)
        time.sleep(LOG_SECONDS)


def down(state: State, emulator: Emulator) -> None:
    """Stop the emulator; neither a second Ctrl-C nor a closed terminal may cost the state."""
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.SIG_IGN)
    state.env.unlink(missing_ok=True)
    if not emulator.started:
        return
    with suppress(OSError):
        print("stopping, saving the state", flush=True)
    if not emulator.stop():
        with suppress(OSError):
            print("The emulator had to be killed: its state is lost, the next run starts clean.")


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
    """Make a closed terminal and a polite kill stop the run as Ctrl-C does.

    Ctrl-C itself as well: what a script starts in the background has it ignored, and Python then
    leaves it so.
    """

    def interrupt(_signal: int, _frame: object) -> None:
        raise KeyboardInterrupt

    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, interrupt)
    yield

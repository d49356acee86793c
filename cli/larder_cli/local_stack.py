"""The files in which a running local stack says where it can be reached.

`.local/env` has what a client needs: an address and a key. `.local/operator.env` has all that, and
the stack's resources and the emulator's AWS settings. People source the first one; nothing that
they do afterwards with their own AWS account then reaches the emulator.
"""

import os
import shlex
from pathlib import Path

from larder_cli.failures import OperatorError

ENV_FILE = ".local/env"
OPERATOR_ENV_FILE = ".local/operator.env"
_NAMES = (
    "LARDER_STACK",
    "LARDER_BASE_URL",
    "LARDER_STORE_TABLE",
    "LARDER_KEYS_TABLE",
    "LARDER_FILES_BUCKET",
    "LARDER_EVENTS_QUEUE_URL",
    "LARDER_PEPPER_SECRET_ID",
    "LARDER_CURSOR_SECRET_ID",
    "LARDER_WEBHOOK_SECRET_ID",
    "LARDER_DELIVERIES_QUEUE_URL",
    "LARDER_PRIVATE_WEBHOOKS",
)


def find_env_file(name: str = ENV_FILE) -> Path | None:
    """Return the file of that name of the working directory or its nearest parent that has one.

    The variable LARDER_ENV_FILE takes precedence.

    Raises:
        OperatorError: LARDER_ENV_FILE names a file that does not exist.
    """
    if named := os.environ.get("LARDER_ENV_FILE"):
        if not Path(named).is_file():
            message = f"LARDER_ENV_FILE names {named}, which does not exist. Is 'make run' running?"
            raise OperatorError(message)
        return Path(named)
    here = Path.cwd()
    found = (folder / name for folder in (here, *here.parents))
    return next((path for path in found if path.is_file()), None)


def use_env_file(path: Path) -> None:
    """Set this process's environment variables from the file, except those that are set already.

    Without an AWS_ENDPOINT_URL, the AWS_ variables that are set belong to a real account. They are
    then removed: its credentials must not go to the emulator, nor the emulator's to the account.

    Raises:
        OperatorError: LARDER_STACK names another stack than the file, or the file is incomplete.
    """
    lines = path.read_text().splitlines()
    variables = dict(word.split("=", 1) for line in lines for word in shlex.split(line))
    if missing := [name for name in _NAMES if name not in variables]:
        message = f"{path} has no {missing[0]}: restart the stack with 'make run'."
        raise OperatorError(message)
    named, running = os.environ.get("LARDER_STACK"), variables["LARDER_STACK"]
    if named not in {None, running}:
        message = (
            f"LARDER_STACK is {named}, but {path} belongs to {running}: "
            f"give --stack {named}, or unset LARDER_STACK."
        )
        raise OperatorError(message)
    if "AWS_ENDPOINT_URL" not in os.environ:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            del os.environ[name]
        os.environ["AWS_CONFIG_FILE"] = os.environ["AWS_SHARED_CREDENTIALS_FILE"] = os.devnull
    for name, value in variables.items():
        os.environ.setdefault(name, value)

"""What a run keeps on disk, and the file that tells other programs where it is."""

from __future__ import annotations

import fcntl
import os
import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from local.errors import LocalError

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
DEFAULT = ROOT / ".local"


@dataclass(frozen=True, slots=True)
class State:
    """The folder of one run; two runs with different folders do not touch each other."""

    folder: Path

    @property
    def env(self) -> Path:
        """`KEY=value` lines of the run; there while it is ready, and only then."""
        return self.folder / "env"

    @property
    def api_key(self) -> Path:
        """The demo project's key, whose secret the store itself does not keep."""
        return self.folder / "api-key"

    @property
    def build(self) -> Path:
        """What `sam build` made."""
        return self.folder / "build"

    @property
    def emulator(self) -> Path:
        """What the emulator writes: metadata, objects, and what its functions leave in /tmp."""
        return self.folder / "emulator"

    @property
    def pid(self) -> Path:
        """The emulator's process id and port; there from its start until its state is saved."""
        return self.folder / "emulator.pid"

    @property
    def port(self) -> Path:
        """The port that the saved metadata speaks of."""
        return self.folder / "emulator.port"

    def log(self, name: str) -> Path:
        """Return where the output of a tool goes."""
        return self.folder / f"{name}.log"

    def fingerprint(self, step: str) -> Path:
        """Return where the fingerprint of the sources is kept that `step` last succeeded with."""
        return self.folder / f"{step}.fingerprint"

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep every other run out of the folder; the lock goes with the process.

        Raises:
            LocalError: another run holds it.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                message = f"Another run uses {self.folder}. Stop it with Ctrl-C there first."
                raise LocalError(message) from error
            yield

    def forget(self) -> None:
        """Remove everything that only makes sense together with the emulator's metadata."""
        shutil.rmtree(self.emulator, ignore_errors=True)
        for path in (self.env, self.pid, self.port, self.api_key, self.fingerprint("deploy")):
            path.unlink(missing_ok=True)

    def publish(self, variables: dict[str, str]) -> None:
        """Write `env` in one piece, readable by its owner alone."""
        draft = self.env.with_suffix(".draft")
        draft.touch(mode=0o600)
        draft.write_text("".join(f"{name}={value}\n" for name, value in variables.items()))
        draft.replace(self.env)

    def published(self) -> dict[str, str] | None:
        """Return the variables of the run that is ready, or None."""
        try:
            lines = self.env.read_text().splitlines()
        except FileNotFoundError:
            return None
        return dict(line.split("=", 1) for line in lines)


def use_only(variables: dict[str, str]) -> None:
    """Replace every AWS setting of this process, so that nothing can reach a real account."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ.update(variables)
    os.environ.update({"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull})

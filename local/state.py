"""The folder that a run keeps its state in, with the file that other programs find it by."""

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
CLIENT_VARIABLES = ("LARDER_BASE_URL", "LARDER_API_KEY")


@dataclass(frozen=True, slots=True)
class State:
    """The folder of one run; runs with different folders are independent."""

    folder: Path

    @property
    def env(self) -> Path:
        """The variables of a client, `KEY=value` lines; exists only while the run is ready.

        People source it, so it has nothing that leads their AWS tools to the emulator.
        """
        return self.folder / "env"

    @property
    def operator_env(self) -> Path:
        """All variables of the run, as `env`."""
        return self.folder / "operator.env"

    @property
    def api_key(self) -> Path:
        """The demo project's API key, which Larder itself stores only as a hash."""
        return self.folder / "api-key"

    @property
    def build(self) -> Path:
        """The output of `sam build`."""
        return self.folder / "build"

    @property
    def emulator(self) -> Path:
        """The emulator's files: metadata, objects, and what its functions leave in /tmp."""
        return self.folder / "emulator"

    @property
    def pid(self) -> Path:
        """The emulator's process id and port; exists from its start until its state is saved."""
        return self.folder / "emulator.pid"

    @property
    def port(self) -> Path:
        """The port in the saved metadata."""
        return self.folder / "emulator.port"

    @property
    def lock(self) -> Path:
        """What a run locks, with its process id."""
        return self.folder / "lock"

    @property
    def pushed(self) -> Path:
        """The functions that were deployed past CloudFormation since the last whole deployment."""
        return self.folder / "pushed"

    def log(self, name: str) -> Path:
        """Return the path of a tool's log."""
        return self.folder / f"{name}.log"

    def fingerprint(self, step: str) -> Path:
        """Return the path for the fingerprint of the sources at the last success of `step`."""
        return self.folder / f"{step}.fingerprint"

    @contextmanager
    def held(self) -> Iterator[None]:
        """Lock the folder against other runs; the lock ends with the process at the latest.

        Raises:
            LocalError: another run uses the folder.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        # Not "w": who finds it locked must not remove the holder's process id.
        with self.lock.open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                message = f"Larder already runs, in {self.folder}. Stop it first: make stop"
                raise LocalError(message) from error
            lock.truncate(0)
            lock.write(str(os.getpid()))
            lock.flush()
            yield

    def holder(self) -> int | None:
        """Return the process id of the run that holds the folder, or None."""
        try:
            with self.lock.open() as lock:
                pid = int(lock.read() or 0)
                # Trying the lock holds it for a moment, in which a run could not start.
                if not pid or not Path(f"/proc/{pid}").exists():
                    return None
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except FileNotFoundError:
            return None
        except BlockingIOError:
            return pid
        return None

    @property
    def metadata(self) -> Path:
        """What MiniStack has loaded, or saved when it stopped."""
        return self.emulator / "metadata"

    def restore(self) -> float | None:
        """Let the next run load what the last one saved before it was killed.

        Returns when that was (unix seconds), None if nothing was saved.
        """
        # Between two renames there is only the older one.
        for name in ("saved", "saved-old"):
            saved = self.emulator / name
            if saved.exists():
                # Beside the metadata lies the functions' code, which is saved when it changes.
                self.metadata.mkdir(exist_ok=True)
                for file in self.metadata.glob("*.json"):
                    file.unlink()
                for file in saved.iterdir():
                    file.rename(self.metadata / file.name)
                break
        self.forget_saved()
        times = [file.stat().st_mtime for file in self.metadata.glob("*.json")]
        # A deployment since then is undone.
        self.fingerprint("deploy").unlink(missing_ok=True)
        return max(times, default=None)

    def forget_saved(self) -> None:
        """Remove what an earlier run saved while it was running."""
        for name in ("saved", "saved-old", "saved-draft"):
            shutil.rmtree(self.emulator / name, ignore_errors=True)

    def forget(self) -> None:
        """Remove everything that is useless without the emulator's metadata."""
        shutil.rmtree(self.emulator, ignore_errors=True)
        for path in (
            self.env,
            self.operator_env,
            self.pid,
            self.port,
            self.api_key,
            self.pushed,
            self.fingerprint("deploy"),
        ):
            path.unlink(missing_ok=True)

    def publish(self, variables: dict[str, str]) -> None:
        """Write `operator_env` and `env`, each atomically, readable only by their owner."""
        of_client = {name: variables[name] for name in CLIENT_VARIABLES if name in variables}
        for path, shown in ((self.operator_env, variables), (self.env, of_client)):
            draft = path.with_suffix(".draft")
            draft.touch(mode=0o600)
            draft.write_text("".join(f"{name}={value}\n" for name, value in shown.items()))
            draft.replace(path)

    def unpublish(self) -> None:
        """Remove the files of variables: the run is not ready."""
        for path in (self.env, self.operator_env):
            path.unlink(missing_ok=True)

    def published(self) -> dict[str, str] | None:
        """Return the variables in `operator_env`, or None while no run is ready."""
        try:
            lines = self.operator_env.read_text().splitlines()
        except FileNotFoundError:
            return None
        return dict(line.split("=", 1) for line in lines)


def use_only(variables: dict[str, str]) -> None:
    """Replace all AWS settings of this process, so that no call reaches a real account."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ.update(variables)
    os.environ.update({"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull})

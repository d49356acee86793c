"""The steps of a plan, carried out one by one. Each can be cut off anywhere: nothing is lost.

A file that is replaced in the Space goes to its trash when the new one is there. A local file that
is replaced or removed moves to `.larder-sync/trash`, once the new one has arrived as a whole.
"""

from __future__ import annotations

import contextlib
import errno
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from larder_cli.shared.progress import open_bar
from larder_cli.shared.targets import Targets
from larder_cli.sync.plan import Kind
from larder_cli.sync.sides import OWN
from larder_client import DestinationError
from larder_client.transfer.download import safe_name

if TYPE_CHECKING:
    from pathlib import Path, PurePosixPath

    from larder_cli.sync.plan import Local, Remote, Step
    from larder_client import Client, ResumeStore

# What a file system without hard links answers.
_NO_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS}


@dataclass
class Worker:
    """Carries out steps between a local folder and one of the Space."""

    client: Client
    local: Path
    remote: str
    resume_store: ResumeStore
    started: str = field(default_factory=lambda: time.strftime("%Y-%m-%dT%H%M%S"))

    def __post_init__(self) -> None:
        self.local = self.local.resolve()
        self._targets = Targets(self.client, None)

    def do(self, step: Step) -> None:
        """Carry out one step, which is no conflict.

        Raises:
            LarderClientError, OSError: it failed, and what was there is still there.
        """
        match step.kind:
            case Kind.UPLOAD | Kind.REPLACE if step.local:
                self._upload(step.local, replace=step.kind is Kind.REPLACE)
            case Kind.TRASH if step.remote:
                self.client.space.trash(step.remote.id)
            case Kind.DOWNLOAD | Kind.OVERWRITE if step.remote:
                self._download(step.remote, step.local)
            case Kind.REMOVE if step.local:
                self._put_away(step.local)

    def _upload(self, local: Local, *, replace: bool) -> None:
        folder = "/".join((self.remote.strip("/"), *local.below.parts[:-1])).strip("/")
        folder_id = self._targets.at(f"/{folder}")
        with open_bar(local.file.name) as bar:
            self.client.files.upload(
                local.file,
                purpose="user_data",
                checksum=True,
                folder_id=folder_id,
                # A file that has come there since the plan was made is not doubled.
                if_exists="replace" if replace else "fail",
                resume_store=self.resume_store,
                progress=bar,
            )

    def _download(self, remote: Remote, old: Local | None) -> None:
        target = old.file if old else self._target(remote.below)
        arriving = self.local / OWN / "arriving"
        arriving.mkdir(parents=True, exist_ok=True)
        new = arriving / remote.id
        with open_bar(target.name) as bar:
            # One of an interrupted run is complete, since it has its name.
            if not new.exists():
                self.client.files.download(remote.id, new, progress=bar)
        target.parent.mkdir(parents=True, exist_ok=True)
        if old is not None:
            self._put_away(old)
        _place(new, target)

    def _target(self, below: PurePosixPath) -> Path:
        """Return where a file of the Space goes.

        Raises:
            DestinationError: its name cannot be used here, or a link would lead it elsewhere.
        """
        for part in below.parts:
            if safe_name(part) is None or part == OWN:
                raise DestinationError(f"{below} cannot be stored here: '{part}' is no file name.")
        target = self.local / below
        if not target.parent.resolve().is_relative_to(self.local):
            raise DestinationError(f"{target.parent} leads out of {self.local}.")
        return target

    def tidy(self) -> None:
        """Remove the folders that are empty."""
        for folder in (self.local / OWN / "arriving", self.local / OWN):
            with contextlib.suppress(OSError):
                folder.rmdir()

    def _put_away(self, old: Local) -> None:
        kept = self.local / OWN / "trash" / self.started / old.below
        kept.parent.mkdir(parents=True, exist_ok=True)
        number = 1
        while kept.exists() or kept.is_symlink():
            number += 1
            kept = kept.with_name(f"{old.below.name} ({number})")
        old.file.rename(kept)


def _place(new: Path, target: Path) -> None:
    """Give a file its name, unless something has come there in the meantime.

    Raises:
        DestinationError: it has.
    """
    try:
        # Unlike a rename, this replaces nothing.
        target.hardlink_to(new)
    except OSError as error:
        if target.exists() or target.is_symlink():
            raise DestinationError(f"{target} has changed meanwhile.") from error
        if error.errno not in _NO_LINKS:
            raise
        new.rename(target)
    else:
        new.unlink()

"""The steps that make one side as the other, or bring both together.

No step destroys anything: what a step replaces or removes goes to a trash, on either side.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, TypeVar

from larder_cli.shared.output import counted
from larder_client.space.names import folded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path, PurePosixPath


class Direction(str, Enum):
    """Which side changes."""

    UP = "up"
    DOWN = "down"
    BOTH = "both"


class Kind(str, Enum):
    """What a step does."""

    UPLOAD = "upload"
    REPLACE = "replace"
    TRASH = "trash"
    DOWNLOAD = "download"
    OVERWRITE = "overwrite"
    REMOVE = "remove"
    CONFLICT = "conflict"


@dataclass(frozen=True, slots=True)
class Local:
    """A local file, and its path below the synchronized folder."""

    below: PurePosixPath
    file: Path
    size: int


@dataclass(frozen=True, slots=True)
class Remote:
    """A file of the Space, and its path below the synchronized folder."""

    below: PurePosixPath
    id: str
    size: int


F = TypeVar("F", Local, Remote)


@dataclass(frozen=True, slots=True)
class Step:
    """What to do with the file at a path. A conflict is left to a person; `reason` explains it."""

    kind: Kind
    below: PurePosixPath
    local: Local | None = None
    remote: Remote | None = None
    reason: str = ""

    @property
    def size(self) -> int:
        """How many bytes the step moves or puts away."""
        file = self.remote if self.kind in {Kind.DOWNLOAD, Kind.OVERWRITE} else self.local
        file = file or self.remote or self.local
        return file.size if file else 0


def plan(
    local: Iterable[Local],
    remote: Iterable[Remote],
    direction: Direction,
    *,
    delete: bool,
    same: Callable[[Local, Remote], bool],
) -> list[Step]:
    """Return the steps, by path: those that put something away come last.

    `same` compares the contents of files of one size. With `delete`, what the other side does not
    have is put away; without it, it stays.
    """
    here, there = _by_name(local), _by_name(remote)
    steps = [
        _step(here.get(name, []), there.get(name, []), direction, delete=delete, same=same)
        for name in sorted(here.keys() | there.keys())
    ]
    wanted = [step for step in steps if step is not None]
    return sorted(wanted, key=lambda step: step.kind in {Kind.TRASH, Kind.REMOVE})


def _by_name(files: Iterable[F]) -> dict[tuple[str, ...], list[F]]:
    """Return the files by their paths as the Space compares them."""
    found: dict[tuple[str, ...], list[F]] = {}
    for file in files:
        found.setdefault(tuple(map(folded, file.below.parts)), []).append(file)
    return found


def _step(
    here: Sequence[Local],
    there: Sequence[Remote],
    direction: Direction,
    *,
    delete: bool,
    same: Callable[[Local, Remote], bool],
) -> Step | None:
    sides: tuple[tuple[Sequence[Local | Remote], str], ...] = (
        (here, "here"),
        (there, "in the Space"),
    )
    for files, side in sides:
        if len(files) > 1:
            reason = f"{counted(len(files), 'file')} {side} have this name"
            return Step(Kind.CONFLICT, files[0].below, reason=reason)
    if here and there:
        return _of_both(here[0], there[0], direction, same)
    if here:
        if direction is not Direction.DOWN:
            return Step(Kind.UPLOAD, here[0].below, here[0])
        return Step(Kind.REMOVE, here[0].below, here[0]) if delete else None
    if direction is not Direction.UP:
        return Step(Kind.DOWNLOAD, there[0].below, remote=there[0])
    return Step(Kind.TRASH, there[0].below, remote=there[0]) if delete else None


def _of_both(
    local: Local, remote: Remote, direction: Direction, same: Callable[[Local, Remote], bool]
) -> Step | None:
    if local.size == remote.size and same(local, remote):
        return None
    match direction:
        case Direction.UP:
            return Step(Kind.REPLACE, local.below, local, remote)
        case Direction.DOWN:
            return Step(Kind.OVERWRITE, remote.below, local, remote)
        case _:
            return Step(Kind.CONFLICT, local.below, local, remote, "both sides have it, and differ")

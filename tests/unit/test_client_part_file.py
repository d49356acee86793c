"""An unfinished download knows which bytes it has, even after a kill."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from larder_client.errors import DestinationError
from larder_client.transfer.part_file import PartFile

if TYPE_CHECKING:
    from pathlib import Path

DATA = b"".join(number.to_bytes(4) for number in range(150_000))
ORIGIN = "http://larder.test/v1 file-1 600000"


def part_file(path: Path, origin: str = ORIGIN) -> PartFile:
    return PartFile(path, len(DATA), origin, with_sha256=True)


def receive(target: PartFile, start: int, end: int) -> None:
    target.write(start, DATA[start:end])
    target.mark_received(start, end)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.bin.part"


def test_a_later_run_finds_the_gaps(path: Path) -> None:
    with part_file(path) as first:
        receive(first, 100, 200)
        receive(first, 200, 300)
        receive(first, 1_000, 600_000)

    with part_file(path) as second:
        assert second.resumed == 200 + 599_000
        assert second.gaps() == [(0, 100), (300, 1_000)]


def test_written_bytes_that_are_not_in_the_log_are_missing(path: Path) -> None:
    with part_file(path) as first:
        first.write(0, DATA)

    with part_file(path) as second:
        assert second.gaps() == [(0, len(DATA))]


@given(st.permutations(range(6)))
def test_the_digest_does_not_depend_on_the_order_of_writes(
    tmp_path_factory: pytest.TempPathFactory, order: list[int]
) -> None:
    with part_file(tmp_path_factory.mktemp("part") / "a.part") as target:
        for number in order:
            receive(target, number * 100_000, (number + 1) * 100_000)
            if number % 2:
                target.update_hash()

        assert target.sha256() == hashlib.sha256(DATA).hexdigest()


def test_the_digest_covers_the_bytes_of_an_earlier_run(path: Path) -> None:
    with part_file(path) as first:
        receive(first, 0, 300_000)

    with part_file(path) as second:
        receive(second, 300_000, 600_000)

        assert second.sha256() == hashlib.sha256(DATA).hexdigest()


def test_an_incomplete_last_line_of_the_log_is_ignored(path: Path) -> None:
    with part_file(path) as first:
        receive(first, 0, 100)
    log = path.with_name("a.bin.part.log")
    log.write_text(log.read_text() + "100 6000")

    with part_file(path) as second:
        assert second.gaps() == [(100, len(DATA))]
        receive(second, 100, 200)
    with part_file(path) as third:
        assert third.gaps() == [(200, len(DATA))]


def test_a_log_without_its_file_is_ignored(path: Path) -> None:
    with part_file(path) as first:
        receive(first, 0, 100)
    path.unlink()

    with part_file(path) as second:
        assert second.gaps() == [(0, len(DATA))]


def test_a_log_that_exceeds_its_file_is_ignored(path: Path) -> None:
    with part_file(path) as first:
        receive(first, 0, 100)
    path.write_bytes(b"")

    with part_file(path) as second:
        assert second.gaps() == [(0, len(DATA))]


def test_a_file_that_is_not_a_download_is_not_touched(path: Path) -> None:
    path.write_text("mine")

    with pytest.raises(DestinationError, match="is in the way"):
        part_file(path)

    assert path.read_text() == "mine"


def test_a_link_is_not_followed(path: Path, tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("mine")
    path.symlink_to(tmp_path / "precious")

    with pytest.raises(DestinationError, match="is in the way"):
        part_file(path)

    assert (tmp_path / "precious").read_text() == "mine"


def test_a_download_of_another_file_is_not_resumed(path: Path) -> None:
    with part_file(path, origin="http://larder.test/v1 file-2 10"):
        pass

    with pytest.raises(DestinationError, match="another file"):
        part_file(path)


def test_two_downloads_do_not_share_a_file(path: Path) -> None:
    with part_file(path), pytest.raises(DestinationError, match="Another download"):
        part_file(path)


def test_the_complete_file_is_renamed_and_nothing_else_remains(path: Path, tmp_path: Path) -> None:
    with part_file(path) as target:
        receive(target, 0, len(DATA))
        target.move_to(tmp_path / "a.bin", overwrite=False)

    assert [found.name for found in tmp_path.iterdir()] == ["a.bin"]
    assert (tmp_path / "a.bin").read_bytes() == DATA


def test_a_file_that_was_created_meanwhile_is_not_overwritten(path: Path, tmp_path: Path) -> None:
    with part_file(path) as target:
        receive(target, 0, len(DATA))
        (tmp_path / "a.bin").write_text("mine")

        with pytest.raises(DestinationError, match="already exists"):
            target.move_to(tmp_path / "a.bin", overwrite=False)

    assert (tmp_path / "a.bin").read_text() == "mine"
    assert path.read_bytes() == DATA

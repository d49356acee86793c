"""`larder sync`, cut off at any request: what was on either side is still somewhere."""

from __future__ import annotations

import os
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from unittest import mock

from hypothesis import given
from hypothesis import strategies as st

from larder_client import Client
from tests.fakes.http_faults import ConnectionDroppedError
from tests.fakes.larder_http import KEY, FakeLarder
from tests.fakes.larder_transports import InProcess
from tests.support.cli import Printed, larder

if TYPE_CHECKING:
    from tests.fakes.http_faults import Request, Response

OWN = ".larder-sync"
# Few names and few contents, so that the sides share some. The sizes of two contents are the same.
NAMES = ["a.txt", "B.txt", "b.txt", "in/a.txt", "in/deep/c.txt", "In/d.txt"]
CONTENTS = [b"one", b"two", b"three", b"4" * 100]
sides = st.dictionaries(st.sampled_from(NAMES), st.sampled_from(CONTENTS), max_size=5)


class Unreliable(FakeLarder):
    """Answers `left` more requests, then loses every connection: before the next takes effect, or
    after it.
    """

    def __init__(self) -> None:
        super().__init__()
        self.left = 10**9
        self.loses_the_answer = False

    def respond(self, request: Request) -> Response:
        self.left -= 1
        if self.left < 0:
            if self.left == -1 and self.loses_the_answer:
                super().respond(request)
            raise ConnectionDroppedError
        return super().respond(request)


class Two:
    """A local folder and one of the Space, /Work."""

    def __init__(self, folder: Path, local: dict[str, bytes], remote: dict[str, bytes]) -> None:
        self.fake, self.local = Unreliable(), folder / "work"
        for path, content in local.items():
            target = self.local / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        self.local.mkdir(exist_ok=True)
        transport = InProcess(self.fake)
        self.client = partial(Client, transport=transport, max_retries=0, sleep=lambda _: None)
        with self.client(self.fake.base_url, KEY) as client:
            client.space.make_folders("/Work")
            for path, content in remote.items():
                above, _, name = f"/Work/{path}".rpartition("/")
                made = client.space.make_folders(above)
                assert made is not None
                self.fake.add_file(content, name, folder_id=made.id)

    def sync(self, *options: str) -> Printed:
        environment = {
            "LARDER_BASE_URL": self.fake.base_url,
            "LARDER_API_KEY": KEY,
            "XDG_STATE_HOME": str(self.local.parent / "state"),
        }
        patch = mock.patch("larder_client.Client", self.client)
        with mock.patch.dict(os.environ, environment), patch:
            return larder("sync", str(self.local), "/Work", *options)

    def on_disk(self) -> dict[str, bytes]:
        found = (path for path in self.local.rglob("*") if path.is_file())
        return {str(path.relative_to(self.local)): path.read_bytes() for path in found}

    def here(self) -> dict[str, bytes]:
        return {path: data for path, data in self.on_disk().items() if not path.startswith(OWN)}

    def there(self) -> dict[str, bytes]:
        with self.client(self.fake.base_url, KEY) as client:
            names = client.space.paths_of(self.fake.space.folders)
        return {
            f"{names[file['folder_id']]}/{file['filename']}".removeprefix("/Work/"): (
                self.fake.s3.contents[file_id]
            )
            for file_id, file in self.fake.files.items()
        }

    def everything(self) -> set[bytes]:
        """All contents that a person can get back."""
        kept = [*self.fake.files, *self.fake.space.trash]
        return {*self.on_disk().values(), *(self.fake.s3.contents[each] for each in kept)}


@given(
    local=sides,
    remote=sides,
    to=st.sampled_from(["up", "down", "both"]),
    delete=st.booleans(),
    requests=st.integers(0, 60),
    loses_the_answer=st.booleans(),
)
def test_nothing_is_lost_wherever_it_is_cut_off(
    local: dict[str, bytes],
    remote: dict[str, bytes],
    to: str,
    *,
    delete: bool,
    requests: int,
    loses_the_answer: bool,
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        two = Two(Path(folder), local, remote)
        before = two.everything()
        options = ["--to", to, *(["--delete"] if delete and to != "both" else [])]
        two.fake.left, two.fake.loses_the_answer = requests, loses_the_answer

        cut_off = two.sync(*options)

        assert cut_off.exit_code in {0, 1, 3}, cut_off.stderr
        two.fake.left = 10**9
        assert before <= two.everything()
        again = two.sync(*options)
        assert before <= two.everything()
        assert ("conflict" in again.stdout) == bool(again.exit_code), again.stderr
        if again.exit_code == 0:
            # The sides agree as the direction says, and a third run has nothing to do.
            here, there = by_name(two.here()), by_name(two.there())
            if to == "up":
                assert here.items() <= there.items()
                assert not delete or here == there
            elif to == "down":
                assert there.items() <= here.items()
                assert not delete or here == there
            else:
                assert here == there
            assert two.sync(*options).stdout == ""


@given(local=sides, remote=sides, to=st.sampled_from(["up", "down", "both"]))
def test_a_dry_run_changes_nothing_and_names_what_is_done_then(
    local: dict[str, bytes], remote: dict[str, bytes], to: str
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        two = Two(Path(folder), local, remote)
        before = two.on_disk(), two.there()

        said = two.sync("--to", to, "--dry-run").stdout

        assert (two.on_disk(), two.there()) == before
        assert not two.fake.space.trash
        assert two.sync("--to", to).stdout == said


def test_a_folder_that_is_fetched_may_be_new(tmp_path: Path) -> None:
    two = Two(tmp_path, {}, {"in/a.txt": b"one"})
    two.local.rmdir()

    assert two.sync("--to", "down", "--dry-run").stdout == "download in/a.txt (3 B)\n"
    assert not two.local.exists()
    assert two.sync("--to", "up").exit_code == 1
    assert two.sync("--to", "down").exit_code == 0
    assert two.on_disk() == {"in/a.txt": b"one"}


def test_a_link_leads_no_download_out_of_the_folder(tmp_path: Path) -> None:
    two = Two(tmp_path, {}, {"in/a.txt": b"one", "b.txt": b"two"})
    (tmp_path / "elsewhere").mkdir()
    (two.local / "in").symlink_to(tmp_path / "elsewhere", target_is_directory=True)

    refused = two.sync("--to", "down")

    assert refused.exit_code == 1
    assert "leads out of" in refused.stderr
    assert not list((tmp_path / "elsewhere").iterdir())
    assert (two.local / "b.txt").read_bytes() == b"two"


def by_name(files: dict[str, bytes]) -> dict[str, bytes]:
    """Return the files by their paths in one case, as the Space compares them."""
    return {path.casefold(): data for path, data in files.items()}

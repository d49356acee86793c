"""The files of the Space, row by row of the contract's table."""

from __future__ import annotations

import base64
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from tests.e2e.api import assert_refused
from tests.e2e.space import FILE_FIELDS, Space

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.api import Json
    from tests.e2e.projects import NewProject

MIB = 2**20
FOUR_MB = 4 * MIB


@pytest.fixture
def space(new_project: NewProject) -> Iterator[Space]:
    with new_project().api() as api:
        yield Space(api)


@pytest.fixture(scope="module")
def shelf(new_project: NewProject) -> Iterator[tuple[Space, str]]:
    """A Space with files of all kinds, and the id of a folder with some of them."""
    with new_project().api() as api:
        space = Space(api)
        folder = space.make_folder("Projects")
        space.put("alpha.PNG", b"1" * 30, tags="photos,2026")
        space.put("Beta.txt", b"2" * 10, folderId=folder, tags=["notes", "2026"])
        space.put("gamma.txt", b"3" * 20)
        space.put("Straße.txt", b"4" * 50, folderId=folder)
        liked = space.put("delta.jpg", b"5" * 40, folderId=folder, tags="photos")
        space.change(liked["fileId"], favorite=True)
        yield space, folder


def settled(space: Space, file: Json) -> Json:
    """Wait until the file is validated, and return it as it is then."""
    return file | {"status": space.api.settled(file["fileId"])["status"]}


def upload_of_size(space: Space, size: int) -> str:
    file_id: str = space.api.upload_directly(b"\xff" * size, filename="big.bin")["id"]
    return file_id


class TestCreate:
    def test_a_file_is_returned_with_all_its_fields(self, space: Space) -> None:
        before = datetime.now(UTC).replace(microsecond=0)

        file = space.put("report.pdf", b"%PDF-1.7", "application/pdf")

        created = datetime.strptime(file["createdAt"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        assert before <= created <= datetime.now(UTC)
        assert re.fullmatch(r"file-[0-9a-f]{24}", file["fileId"])
        assert file == {
            "fileId": file["fileId"],
            "name": "report.pdf",
            "sizeBytes": "8",
            "mimeType": "application/pdf",
            "createdAt": file["createdAt"],
            "updatedAt": file["createdAt"],
            "purpose": "user_data",
            "status": "uploaded",
            "folderId": None,
            "tags": [],
            "favorite": False,
            "expiresAt": None,
        }

    def test_an_upload_may_set_folder_and_tags(self, space: Space) -> None:
        folder = space.make_folder("Taxes")

        file = space.put("a.txt", folderId=folder, tags=["one", "two, three", "one"])

        assert file["folderId"] == folder
        assert file["tags"] == ["one", "two", "three"]

    def test_an_unknown_type_is_guessed_from_the_name(self, space: Space) -> None:
        assert space.put("a.csv", mime="application/octet-stream")["mimeType"] == "text/csv"
        assert space.put("a.unheard-of", mime="application/octet-stream")["mimeType"] == (
            "application/octet-stream"
        )

    def test_a_missing_folder_is_refused(self, space: Space) -> None:
        response = space.send(
            "POST",
            "/files",
            files={"file": ("a.txt", b"a")},
            data={"folderId": "folder-0123456789abcdef01234567"},
        )

        assert_refused(response, 404, param="folderId")
        assert space.found() == []
        assert space.api.in_use() == (0, 0)

    @pytest.mark.parametrize(
        ("tags", "says"),
        [("x" * 65, "64"), (",".join(map(str, range(51))), "50"), ("a\x07b", "U+0007")],
    )
    def test_tags_have_limits(self, space: Space, tags: str, says: str) -> None:
        response = space.send(
            "POST", "/files", files={"file": ("a.txt", b"a")}, data={"tags": tags}
        )

        assert_refused(response, 400, param="tags", says=says)
        assert space.api.in_use() == (0, 0)

    def test_the_quota_is_the_same_for_both_surfaces(self, new_project: NewProject) -> None:
        with new_project(files=1).api() as api:
            space = Space(api)
            api.create_file(b"from a program")

            response = space.send("POST", "/files", files={"file": ("a.txt", b"a")})

            assert_refused(response, 400, code="storage_quota_exceeded", kind="insufficient_quota")


class TestRetrieve:
    def test_a_small_file_comes_with_its_bytes(self, space: Space) -> None:
        file = space.put("report.pdf", b"%PDF-1.7\x00\xff", "application/pdf")

        response = space.send("GET", f"/files/{file['fileId']}")

        whole = response.json()
        assert whole["type"] == "content"
        assert whole["fileId"] == file["fileId"]
        assert whole["name"] == "report.pdf"
        assert whole["sizeBytes"] == "10"
        assert whole["mimeType"] == "application/pdf"
        assert whole["data"] == {
            "encoding": "base64",
            "content": base64.b64encode(b"%PDF-1.7\x00\xff").decode(),
        }
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["larder-sha256"]

    def test_content_ends_at_four_megabytes_exactly(self, space: Space) -> None:
        under, at = upload_of_size(space, FOUR_MB - 1), upload_of_size(space, FOUR_MB)

        small = space.json("GET", f"/files/{under}")
        large = space.json("GET", f"/files/{at}")

        assert small["type"] == "content"
        assert base64.b64decode(small["data"]["content"]) == b"\xff" * (FOUR_MB - 1)
        assert large["type"] == "metadata"
        assert large["sizeBytes"] == str(FOUR_MB)
        metadata = large["data"]["metadata"]
        assert set(metadata) == {"blobId", "downloadUrl", "downloadUrlExpiresAt"}

    def test_a_large_file_s_link_downloads_and_is_never_rendered(self, space: Space) -> None:
        file_id = upload_of_size(space, FOUR_MB)
        space.change(file_id, name="page.html")

        url = space.json("GET", f"/files/{file_id}")["data"]["metadata"]["downloadUrl"]
        download = space.api.client.get(url)

        assert download.content == b"\xff" * FOUR_MB
        assert download.headers["content-disposition"].startswith("attachment")
        assert 'filename="page.html"' in download.headers["content-disposition"]
        assert download.headers["content-type"] == "application/octet-stream"

    def test_both_surfaces_show_the_same_files(self, space: Space) -> None:
        from_program = space.api.create_file(b"hello", filename="a.txt")["id"]
        from_person = space.put("b.txt", b"world")["fileId"]

        assert space.json("GET", f"/files/{from_program}")["name"] == "a.txt"
        assert space.api.content(from_person).content == b"world"
        assert set(space.api.listed()) == {from_program, from_person}


class TestFind:
    def test_newest_first_ten_at_a_time(self, space: Space) -> None:
        names = [space.put(f"{number}.txt")["name"] for number in range(12)]

        page = space.json("GET", "/files")

        assert [file["name"] for file in page["files"]] == names[:1:-1]
        assert all(set(file) == FILE_FIELDS for file in page["files"])
        assert page["pagination"]["hasMore"] is True
        rest = space.json("GET", "/files", params={"cursor": page["pagination"]["cursor"]})
        assert [file["name"] for file in rest["files"]] == names[1::-1]
        assert rest["pagination"] == {"hasMore": False, "cursor": None}

    @pytest.mark.parametrize(
        ("query", "names"),
        [
            (
                {"sort": "createdAt", "order": "asc"},
                "alpha.PNG Beta.txt gamma.txt Straße.txt delta.jpg",
            ),
            ({"sort": "name"}, "alpha.PNG Beta.txt delta.jpg gamma.txt Straße.txt"),
            (
                {"sort": "name", "order": "desc"},
                "Straße.txt gamma.txt delta.jpg Beta.txt alpha.PNG",
            ),
            ({"sort": "sizeBytes"}, "Straße.txt delta.jpg alpha.PNG gamma.txt Beta.txt"),
            (
                {"sort": "sizeBytes", "order": "asc"},
                "Beta.txt gamma.txt alpha.PNG delta.jpg Straße.txt",
            ),
            ({"folderId": "root"}, "gamma.txt alpha.PNG"),
            ({"tag": "photos"}, "delta.jpg alpha.PNG"),
            ({"favorite": "true"}, "delta.jpg"),
            ({"favorite": "false", "sort": "name"}, "alpha.PNG Beta.txt gamma.txt Straße.txt"),
            ({"q": "TA."}, "delta.jpg Beta.txt"),
            ({"q": "strasse"}, "Straße.txt"),
            ({"mimeType": "image/"}, "delta.jpg alpha.PNG"),
            ({"mimeType": "IMAGE/png"}, "alpha.PNG"),
            ({"tag": "2026", "mimeType": "text/", "q": "b"}, "Beta.txt"),
            ({"tag": "photos", "favorite": "false"}, "alpha.PNG"),
            ({"tag": "nothing"}, ""),
        ],
    )
    def test_filters_and_orders(
        self, shelf: tuple[Space, str], query: dict[str, str], names: str
    ) -> None:
        space, _ = shelf

        assert space.found(**query) == names.split()

    @pytest.mark.parametrize(
        ("query", "names"),
        [
            ({}, "delta.jpg Straße.txt Beta.txt"),
            ({"sort": "name"}, "Beta.txt delta.jpg Straße.txt"),
            ({"sort": "sizeBytes", "order": "asc"}, "Beta.txt delta.jpg Straße.txt"),
            ({"q": "t", "sort": "name", "order": "desc"}, "Straße.txt delta.jpg Beta.txt"),
            ({"tag": "photos"}, "delta.jpg"),
        ],
    )
    def test_in_a_folder(self, shelf: tuple[Space, str], query: dict[str, str], names: str) -> None:
        space, folder = shelf

        assert space.found(folderId=folder, limit=1, **query) == names.split()

    @pytest.mark.parametrize(
        ("query", "param"),
        [
            ({"limit": "0"}, "limit"),
            ({"limit": "1001"}, "limit"),
            ({"limit": "many"}, "limit"),
            ({"sort": "colour"}, "sort"),
            ({"order": "up"}, "order"),
            ({"favorite": "perhaps"}, "favorite"),
            ({"cursor": "eyJsYXN0S2V5IjoiZmlsZS01NWYz"}, "cursor"),
            ({"cursor": ""}, "cursor"),
        ],
    )
    def test_an_invalid_parameter_is_refused(
        self, shelf: tuple[Space, str], query: dict[str, str], param: str
    ) -> None:
        space, _ = shelf

        assert_refused(space.send("GET", "/files", params=query), 400, param=param)

    def test_a_missing_folder_is_not_an_empty_one(self, shelf: tuple[Space, str]) -> None:
        space, _ = shelf

        response = space.send("GET", "/files", params={"folderId": "folder-" + "0" * 24})

        assert_refused(response, 404, param="folderId")


class TestCursor:
    def first(self, space: Space, **query: str) -> str:
        page = space.json("GET", "/files", params={"limit": 1} | query)
        cursor: str = page["pagination"]["cursor"]
        return cursor

    def test_it_belongs_to_its_filters_and_order(self, shelf: tuple[Space, str]) -> None:
        space, _ = shelf
        cursor = self.first(space, tag="photos")

        for other in ({}, {"tag": "2026"}, {"tag": "photos", "sort": "name"}):
            response = space.send("GET", "/files", params={"cursor": cursor, **other})
            assert_refused(response, 400, param="cursor")

    def test_its_page_may_have_another_size(self, shelf: tuple[Space, str]) -> None:
        space, _ = shelf
        cursor = self.first(space)

        page = space.json("GET", "/files", params={"cursor": cursor, "limit": 100})

        assert len(page["files"]) == 4

    def test_it_belongs_to_its_list(self, shelf: tuple[Space, str]) -> None:
        space, _ = shelf

        response = space.send("GET", "/trash", params={"cursor": self.first(space)})

        assert_refused(response, 400, param="cursor")

    def test_it_belongs_to_its_project(self, shelf: tuple[Space, str], space: Space) -> None:
        other, _ = shelf

        response = space.send("GET", "/files", params={"cursor": self.first(other)})

        assert_refused(response, 400, param="cursor")

    def test_every_character_counts(self, shelf: tuple[Space, str]) -> None:
        space, _ = shelf
        cursor = self.first(space)

        for position in (0, len(cursor) // 2, len(cursor) - 2):
            other = "A" if cursor[position] != "A" else "B"
            forged = cursor[:position] + other + cursor[position + 1 :]
            response = space.send("GET", "/files", params={"cursor": forged})
            assert_refused(response, 400, param="cursor")

    def test_a_page_begins_where_the_last_one_ended_even_if_that_file_is_gone(
        self, space: Space
    ) -> None:
        ids = [space.put(f"{number}.txt")["fileId"] for number in range(4)]
        page = space.json("GET", "/files", params={"limit": 2})

        space.trash(ids[2])
        rest = space.json("GET", "/files", params={"cursor": page["pagination"]["cursor"]})

        assert [file["fileId"] for file in rest["files"]] == ids[1::-1]


class TestUpdate:
    def test_only_the_named_fields_change(self, space: Space) -> None:
        file = settled(space, space.put("a.txt", tags="one,two"))
        folder = space.make_folder("Projects")

        renamed = space.change(file["fileId"], name="Q4 Report Final")
        moved = space.change(file["fileId"], folderId=folder)
        tagged = space.change(file["fileId"], addTags=["three", "one"], removeTags=["two"])
        liked = space.change(file["fileId"], favorite=True)

        assert renamed == file | {"name": "Q4 Report Final", "updatedAt": renamed["updatedAt"]}
        assert moved == renamed | {"folderId": folder, "updatedAt": moved["updatedAt"]}
        assert tagged == moved | {"tags": ["one", "three"], "updatedAt": tagged["updatedAt"]}
        assert liked == tagged | {"favorite": True, "updatedAt": liked["updatedAt"]}
        assert space.found(folderId=folder) == ["Q4 Report Final"]
        assert space.found(folderId="root") == []
        assert space.api.file(file["fileId"])["filename"] == "Q4 Report Final"

    def test_null_moves_a_file_to_the_root(self, space: Space) -> None:
        file = space.put(folderId=space.make_folder("Projects"))

        assert space.change(file["fileId"], folderId=None)["folderId"] is None
        assert space.found(folderId="root") == ["report.pdf"]

    def test_nothing_to_change_changes_nothing(self, space: Space) -> None:
        file = settled(space, space.put(tags="one"))

        assert space.change(file["fileId"]) == file
        assert space.change(file["fileId"], addTags=["one"], name=file["name"]) == file

    @pytest.mark.parametrize(
        ("changes", "param"),
        [
            ({"name": "a/b"}, "name"),
            ({"name": "a\\b"}, "name"),
            ({"name": ""}, "name"),
            ({"name": ".."}, "name"),
            ({"name": "a\nb"}, "name"),
            ({"name": "ä" * 128}, "name"),
            ({"name": 7}, "name"),
            ({"tags": [f"t{number}" for number in range(51)]}, "tags"),
            ({"addTags": ["x" * 65]}, "addTags"),
            ({"removeTags": [""]}, "removeTags"),
            ({"tags": "one"}, "tags"),
            ({"favorite": "yes"}, "favorite"),
            ({"folder": "root"}, "folder"),
            ({"folderId": 7}, "folderId"),
        ],
    )
    def test_invalid_values_change_nothing(
        self, shelf: tuple[Space, str], changes: Json, param: str
    ) -> None:
        space, _ = shelf
        [file] = space.json("GET", "/files", params={"q": "gamma"})["files"]

        response = space.send("PATCH", f"/files/{file['fileId']}", json=changes)

        assert_refused(response, 400, param=param)
        assert space.json("GET", "/files", params={"q": "gamma"})["files"] == [file]

    def test_a_file_cannot_move_to_a_missing_folder(self, shelf: tuple[Space, str]) -> None:
        space, _ = shelf
        [file] = space.json("GET", "/files", params={"q": "gamma"})["files"]

        response = space.send(
            "PATCH", f"/files/{file['fileId']}", json={"folderId": "folder-" + "0" * 24}
        )

        assert_refused(response, 404, param="folderId")
        assert space.json("GET", "/files", params={"q": "gamma"})["files"] == [file]

    def test_a_name_may_have_255_bytes(self, space: Space) -> None:
        name = "ä" * 127 + "x"

        assert space.change(space.put()["fileId"], name=name)["name"] == name
        assert space.found(sort="name") == [name]


def test_many_files_are_changed_in_one_request(space: Space) -> None:
    folder = space.make_folder("Bulk")
    files = [space.put(f"{number}.txt", tags="bulk") for number in range(100)]
    gone = files[0]["fileId"]
    space.trash(gone)
    operations = [
        {"op": "move", "fileId": file["fileId"], "folderId": folder} for file in files[:-1]
    ]

    results = space.json(
        "POST",
        "/files:batch",
        json={"operations": [*operations, {"op": "restore", "fileId": gone}]},
    )["results"]

    assert [result["ok"] for result in results] == [False, *([True] * 99)]
    assert results[0]["status"] == 404
    assert len(space.found(folderId=folder, limit=100)) == 98
    assert len(space.found(tag="bulk", limit=100)) == 100


def test_of_files_that_replace_each_other_at_once_one_is_live(new_project: NewProject) -> None:
    with new_project().api() as api, ThreadPoolExecutor(8) as pool:
        space = Space(api)
        space.put("a.txt", b"old")

        def replace(number: int) -> str:
            file = space.json(
                "POST",
                "/files",
                params={"ifExists": "replace"},
                files={"file": ("a.txt", f"version {number}".encode())},
            )
            file_id: str = file["fileId"]
            return file_id

        replaced = set(pool.map(replace, range(8)))

        [live] = space.pages("files")
        assert live["fileId"] in replaced
        assert len(space.in_trash()) == 8
        assert api.usage()["files"] == {"used": 9, "reserved": 0, "limit": 200}


def test_an_upload_replaces_a_file_of_its_name(space: Space) -> None:
    old = space.put("b.txt", b"old")

    upload = space.api.create_upload(3, filename="b.txt", if_exists="replace")
    space.api.client.put(
        upload["transfer"]["url"], content=b"new", headers=upload["transfer"]["headers"]
    ).raise_for_status()
    completed = space.api.json("POST", f"/uploads/{upload['id']}/complete", json={})

    assert completed["file"]["filename"] == "b.txt"
    assert old["fileId"] in space.in_trash()
    assert space.found(q="b.txt") == ["b.txt"]

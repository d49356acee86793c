"""Creating and listing files by plain HTTP, with requests that the SDKs cannot send."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e.api import assert_refused

if TYPE_CHECKING:
    from tests.e2e.api import Api
    from tests.e2e.projects import NewProject

BOUNDARY = {"Content-Type": "multipart/form-data; boundary=cut"}
FILE = b'--cut\r\nContent-Disposition: form-data; name="file"; filename="%s"\r\n\r\nhello\r\n'
PURPOSE = b'--cut\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nuser_data\r\n'
END = b"--cut--\r\n"


def test_the_file_may_come_before_the_fields(api: Api) -> None:
    body = FILE % b"a.txt" + PURPOSE + END

    file = api.json("POST", "/files", content=body, headers=BOUNDARY)

    assert (file["filename"], file["purpose"], file["bytes"]) == ("a.txt", "user_data", 5)
    assert api.content(file["id"]).content == b"hello"


def test_a_chunked_body_without_a_length_is_read_whole(api: Api) -> None:
    body = FILE % b"a.txt" + PURPOSE + END

    file = api.json(
        "POST",
        "/files",
        content=(body[i : i + 7] for i in range(0, len(body), 7)),
        headers=BOUNDARY,
    )

    assert api.content(file["id"]).content == b"hello"


def test_the_purpose_defaults_to_batch(api: Api) -> None:
    file = api.json("POST", "/files", content=FILE % b"a.jsonl" + END, headers=BOUNDARY)

    assert file["purpose"] == "batch"


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        (r"C:\Users\me\plan.txt", "plan.txt"),
        ("größe 日本 🍏.jsonl", "größe 日本 🍏.jsonl"),
        ("say %22hi%22.txt", 'say "hi".txt'),
    ],
)
def test_a_filename_is_its_last_segment(api: Api, sent: str, kept: str) -> None:
    body = FILE % sent.encode() + PURPOSE + END

    created = api.json("POST", "/files", content=body, headers=BOUNDARY)

    assert created["filename"] == kept
    assert api.file(created["id"])["filename"] == kept


def test_an_extended_filename_is_decoded(api: Api) -> None:
    body = (FILE % b"plain.txt").replace(
        b'"plain.txt"', b"\"plain.txt\"; filename*=UTF-8''na%C3%AFve.txt"
    )

    assert (
        api.json("POST", "/files", content=body + END, headers=BOUNDARY)["filename"] == "naïve.txt"
    )


@pytest.mark.parametrize(
    ("body", "param"),
    [
        (PURPOSE + END, "file"),
        (FILE % b"a" + FILE % b"a" + END, "file"),
        (FILE % b"" + END, "file"),
        (FILE % b"a%0D%0Ab" + END, "file"),
        ((FILE % b"a").replace(b'; filename="a"', b"") + END, "file"),
        (FILE % b"a" + PURPOSE + PURPOSE + END, "purpose"),
        (FILE % b"a" + PURPOSE.replace(b"user_data", b"fun") + END, "purpose"),
        (FILE % b"a" + PURPOSE.replace(b"user_data", b"batch_output") + END, "purpose"),
        (FILE % b"a" + PURPOSE.replace(b"user_data", b"\xff") + END, "purpose"),
    ],
)
def test_a_wrong_form_names_the_field_at_fault(api: Api, body: bytes, param: str) -> None:
    response = api.send("POST", "/files", content=body, headers=BOUNDARY)

    assert_refused(response, 400, param=param)


def test_following_last_id_yields_every_file_once_even_while_they_are_deleted(
    new_project: NewProject,
) -> None:
    with new_project().api() as api:
        made = [api.create_file(b"x", f"{number}.txt")["id"] for number in range(7)]

        seen: list[str] = []
        query = {"limit": "3", "order": "asc"}
        while True:
            page = api.json("GET", "/files", params=query)
            ids = [file["id"] for file in page["data"]]
            assert (page["object"], page["first_id"], page["last_id"]) == ("list", ids[0], ids[-1])
            seen += ids
            for file_id in ids:
                api.json("DELETE", f"/files/{file_id}")
            if not page["has_more"]:
                break
            query["after"] = page["last_id"]

        assert seen == made

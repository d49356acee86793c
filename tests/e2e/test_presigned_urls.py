"""A presigned URL does the one thing that it was signed for, and nothing else."""

from __future__ import annotations

import base64
import gzip
import hashlib
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import pytest

from tests.e2e.api import assert_refused, eventually

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.api import Api, Json
    from tests.e2e.projects import Project
    from tests.e2e.stack import Stack

DATA = b"exactly these bytes"
IN_PARTS = 65 * 2**20

type Query = dict[str, str]


def with_query(url: str, change: Callable[[Query], Query]) -> str:
    split = urlsplit(url)
    query = dict(parse_qsl(split.query, keep_blank_values=True))
    changed = change(dict(query))
    assert changed != query
    return urlunsplit(split._replace(query=urlencode(changed)))


def without(name: str) -> Callable[[Query], Query]:
    return lambda query: {key: value for key, value in query.items() if key != name}


def changed(name: str, change: Callable[[str], str]) -> Callable[[Query], Query]:
    return lambda query: query | {name: change(query[name])}


def elsewhere(url: str) -> str:
    split = urlsplit(url)
    assert split.hostname == "localhost"
    return urlunsplit(split._replace(netloc=f"127.0.0.1:{split.port}"))


def lifetime(url: str) -> int:
    return int(dict(parse_qsl(urlsplit(url).query))["X-Amz-Expires"])


def assert_nothing_arrived(api: Api, upload: Json) -> None:
    assert api.json("GET", f"/uploads/{upload['id']}")["status"] == "pending"
    response = api.send("POST", f"/uploads/{upload['id']}/complete", json={"part_ids": []})
    assert_refused(response, 400, code="upload_incomplete")


def assert_still_works(api: Api, upload: Json, data: bytes = DATA) -> None:
    assert api.put(upload["transfer"], data).status_code == 200
    file = api.complete(upload["id"])["file"]
    assert api.content(file["id"]).content == data


@pytest.mark.parametrize(
    "change",
    [
        without("X-Amz-Signature"),
        without("X-Amz-Credential"),
        without("X-Amz-Expires"),
        changed("X-Amz-Signature", lambda it: ("0" if it[0] != "0" else "1") + it[1:]),
        changed("X-Amz-Expires", lambda it: str(int(it) * 24)),
        changed("X-Amz-Date", lambda it: str(int(it[:4]) + 1) + it[4:]),
        changed("X-Amz-SignedHeaders", lambda _: "host"),
        lambda query: query | {"response-content-type": "text/html"},
        lambda query: query | {"uploads": ""},
    ],
    ids=[
        "no signature",
        "no credential",
        "no expiry",
        "another signature",
        "a longer life",
        "another date",
        "fewer signed headers",
        "another query parameter",
        "another operation",
    ],
)
def test_a_tampered_query_is_refused(api: Api, change: Callable[[Query], Query]) -> None:
    upload = api.create_upload(len(DATA))
    tampered = upload["transfer"] | {"url": with_query(upload["transfer"]["url"], change)}

    assert api.put(tampered, DATA).status_code in {400, 403}
    assert_nothing_arrived(api, upload)


def test_another_key_is_refused(project: Project, api: Api, stack: Stack) -> None:
    upload = api.create_upload(len(DATA))
    url: str = upload["transfer"]["url"]
    own_id = upload["id"].replace("upload_", "file-")
    other_id = own_id[:-12] + "f" * 12

    for other in (url.replace(own_id, other_id), url.replace(project.id, "wks-" + "0" * 24)):
        assert other != url
        assert api.put(upload["transfer"] | {"url": other}, DATA).status_code == 403

    assert not stack.stored(f"files/{project.id}/{other_id}")
    assert_nothing_arrived(api, upload)


@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE", "POST"])
def test_another_method_is_refused(api: Api, method: str) -> None:
    upload = api.create_upload(len(DATA))

    assert api.put(upload["transfer"], DATA, method=method).status_code == 403
    assert_still_works(api, upload)


@pytest.mark.parametrize("data", [b"", DATA[:-1], DATA + b"!", DATA * 1000], ids=len)
def test_another_size_is_refused(api: Api, data: bytes) -> None:
    upload = api.create_upload(len(DATA))

    assert api.put(upload["transfer"], data).status_code in {400, 403}
    assert_nothing_arrived(api, upload)
    assert_still_works(api, upload)


def test_other_bytes_than_the_promised_sha256_are_refused(api: Api) -> None:
    upload = api.create_upload(len(DATA), sha256=hashlib.sha256(DATA).hexdigest())

    assert api.put(upload["transfer"], DATA[::-1]).status_code in {400, 403}
    assert_nothing_arrived(api, upload)
    assert_still_works(api, upload)


def test_the_promised_sha256_cannot_be_replaced(api: Api) -> None:
    upload = api.create_upload(len(DATA), sha256=hashlib.sha256(DATA).hexdigest())
    evil = DATA[::-1]
    checksum = {"x-amz-checksum-sha256": base64.b64encode(hashlib.sha256(evil).digest()).decode()}
    transfer = upload["transfer"]
    assert checksum.keys() <= transfer["headers"].keys()

    exchanged = transfer | {"headers": transfer["headers"] | checksum}

    assert api.put(exchanged, evil).status_code in {400, 403}
    assert_nothing_arrived(api, upload)


def test_a_second_put_is_refused_whatever_it_sends(api: Api) -> None:
    upload = api.create_upload(len(DATA))
    assert api.put(upload["transfer"], DATA).status_code == 200

    assert api.put(upload["transfer"], DATA).status_code == 412
    assert api.put(upload["transfer"], DATA[::-1]).status_code == 412
    file_id = api.complete(upload["id"])["file"]["id"]
    assert api.put(upload["transfer"], DATA[::-1]).status_code == 412
    fresh = api.content(file_id)
    assert fresh.content == DATA


def test_leaving_out_if_none_match_does_not_allow_a_second_put(api: Api) -> None:
    upload = api.create_upload(len(DATA))
    assert api.put(upload["transfer"], DATA).status_code == 200
    headers = {
        name: value
        for name, value in upload["transfer"]["headers"].items()
        if name.lower() != "if-none-match"
    }
    assert headers != upload["transfer"]["headers"]

    assert api.put(upload["transfer"] | {"headers": headers}, DATA[::-1]).status_code in {403, 412}
    assert api.content(api.complete(upload["id"])["file"]["id"]).content == DATA


def test_bytes_sent_after_the_upload_was_cancelled_are_deleted(
    api: Api, project: Project, stack: Stack
) -> None:
    upload = api.create_upload(len(DATA))
    api.json("POST", f"/uploads/{upload['id']}/cancel")
    key = f"files/{project.id}/{upload['id'].replace('upload_', 'file-')}"

    # The URL still works on S3, but no record claims the bytes.
    api.put(upload["transfer"], DATA)

    eventually(lambda: stack.stored(key), lambda stored: not stored, 30)
    assert api.json("GET", f"/uploads/{upload['id']}")["status"] == "cancelled"
    assert upload["id"].replace("upload_", "file-") not in api.listed()


def test_a_url_works_on_no_other_host(api: Api) -> None:
    upload = api.create_upload(len(DATA))
    file = api.create_file(DATA)
    transfer = upload["transfer"]
    link = api.json("GET", f"/files/{file['id']}/url")["url"]

    # Another name of the same server: only the signature can tell.
    assert api.put(transfer | {"url": elsewhere(transfer["url"])}, DATA).status_code == 403
    assert api.client.get(elsewhere(link)).status_code == 403
    pretending = transfer["headers"] | {"Host": "bucket.example.com"}
    assert api.put(transfer | {"headers": pretending}, DATA).status_code in {403, 404}

    assert_nothing_arrived(api, upload)


def test_an_upload_url_lives_an_hour_at_most(api: Api) -> None:
    whole, in_parts = api.create_upload(len(DATA)), api.create_upload(IN_PARTS)
    fresh = api.json("GET", f"/uploads/{whole['id']}")
    parts = [part["url"] for part in in_parts["transfer"]["parts"]]

    for url in (whole["transfer"]["url"], fresh["transfer"]["url"], *parts):
        assert 0 < lifetime(url) <= 3600
    for upload in (whole, in_parts, fresh):
        assert upload["transfer"]["expires_at"] <= upload["created_at"] + 3600


def test_a_download_url_lives_five_minutes_unless_asked_otherwise(api: Api) -> None:
    small = api.create_file(DATA)["id"]
    large = api.upload_directly(b"x" * (5 * 2**20))["id"]

    redirect = api.content(large)

    assert redirect.status_code == 302
    assert lifetime(redirect.headers["location"]) <= 300
    assert lifetime(api.json("GET", f"/files/{small}/url")["url"]) == 300
    asked = api.json("GET", f"/files/{small}/url", params={"expiry": "3600"})
    assert lifetime(asked["url"]) == 3600


def test_a_download_link_finds_nothing_once_the_file_is_deleted(
    api: Api, project: Project, stack: Stack
) -> None:
    file = api.create_file(DATA)
    link = api.json("GET", f"/files/{file['id']}/url")["url"]
    api.json("DELETE", f"/files/{file['id']}")
    eventually(lambda: stack.stored(f"files/{project.id}/{file['id']}"), lambda it: not it, 30)

    response = api.client.get(link)

    assert response.status_code == 404
    assert DATA not in response.content


def test_a_url_stops_working_when_its_file_is_deleted(
    api: Api, project: Project, stack: Stack
) -> None:
    upload = api.create_upload(len(DATA))
    api.put(upload["transfer"], DATA)
    file_id = api.complete(upload["id"])["file"]["id"]
    api.settled(file_id)
    api.json("DELETE", f"/files/{file_id}")
    key = f"files/{project.id}/{file_id}"
    eventually(lambda: stack.stored(key), lambda stored: not stored, 30)

    # The URL still works on S3, but no record claims the bytes.
    api.put(upload["transfer"], DATA)

    eventually(lambda: stack.stored(key), lambda stored: not stored, 30)
    assert api.send("GET", f"/files/{file_id}").status_code == 404


def test_a_download_link_needs_no_key_and_keeps_the_name(api: Api) -> None:
    file = api.create_file(DATA, "größe.txt")

    link = api.json("GET", f"/files/{file['id']}/url", params={"expiry": "60"})

    assert set(link) == {"url", "expires_at"}
    download = api.client.get(link["url"])
    assert download.content == DATA
    assert "gr%C3%B6%C3%9Fe.txt" in download.headers["content-disposition"]
    assert download.headers["content-type"] == "application/octet-stream"


def test_headers_sent_beside_the_bytes_are_not_served_with_them(api: Api) -> None:
    packed = gzip.compress(DATA * 10)
    upload = api.create_upload(len(packed))
    unsigned = {
        "Content-Encoding": "gzip",
        "Content-Language": "tlh",
        "Cache-Control": "public, max-age=31536000",
        "Expires": "Fri, 01 Jan 2100 00:00:00 GMT",
        "Content-Disposition": "inline",
    }

    put = api.client.put(
        upload["transfer"]["url"],
        content=packed,
        headers=upload["transfer"]["headers"] | unsigned,
    )
    assert put.status_code == 200
    file_id = api.complete(upload["id"])["file"]["id"]

    link = api.json("GET", f"/files/{file_id}/url")["url"]
    with api.client.stream("GET", link) as download:
        assert b"".join(download.iter_raw()) == packed
    assert download.headers["content-encoding"] == "identity"
    assert download.headers["cache-control"] == "private, no-cache"
    assert not {*download.headers.values()} & {*unsigned.values()}
    assert api.client.get(link).content == packed


@pytest.mark.parametrize("expiry", ["59", "3601", "-1", "soon", ""])
def test_a_links_life_is_bounded(api: Api, expiry: str) -> None:
    file = api.create_file(DATA)

    response = api.send("GET", f"/files/{file['id']}/url", params={"expiry": expiry})

    assert_refused(response, 400, param="expiry")


def test_a_download_link_works_for_nothing_else(api: Api) -> None:
    file, other = api.create_file(DATA), api.create_file(b"the other file")
    url = api.json("GET", f"/files/{file['id']}/url")["url"]

    for tampered in (
        url.replace(file["id"], other["id"]),
        with_query(url, changed("X-Amz-Expires", lambda it: str(int(it) + 1))),
        with_query(url, changed("response-content-disposition", lambda _: "inline")),
        with_query(url, without("X-Amz-Signature")),
    ):
        assert api.client.get(tampered).status_code in {400, 403}
    assert api.client.put(url, content=b"evil").status_code == 403
    assert api.client.delete(url).status_code == 403
    assert api.client.get(url).content == DATA


def test_an_expired_transfer_and_an_expired_link_are_refused(
    project: Project, api: Api, stack: Stack
) -> None:
    upload = api.create_upload(len(DATA))
    file = api.create_file(DATA)
    key = f"files/{project.id}/{upload['id'].replace('upload_', 'file-')}"
    put: dict[str, Any] = {"ContentLength": len(DATA), "IfNoneMatch": "*"}

    good_get = stack.sign("get_object", f"files/{project.id}/{file['id']}")
    late_get = stack.sign("get_object", f"files/{project.id}/{file['id']}", age=301)
    late_put = upload["transfer"] | {"url": stack.sign("put_object", key, age=301, **put)}
    good_put = upload["transfer"] | {"url": stack.sign("put_object", key, **put)}

    assert api.client.get(good_get).content == DATA
    assert api.client.get(late_get).status_code == 403
    assert api.put(late_put, DATA).status_code == 403
    assert_nothing_arrived(api, upload)
    assert api.put(good_put, DATA).status_code == 200

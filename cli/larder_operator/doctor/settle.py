"""What only a real account can answer, each as one request with the answer that Larder expects.

docs/first-deployment.md has each of them as a command, under the same name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from larder_operator.doctor.client import error_code
from larder_operator.doctor.findings import Finding, failed, good, skipped

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from larder_operator.doctor.client import Caller

BINARY = b"\x89\xff\x00\x01"
TEXT = "exactly, é€\n".encode()
_READ_ON = "See the row of this name in docs/first-deployment.md."


def _settled(seen: str, expected: str) -> Finding:
    if seen == expected:
        return good(seen)
    return failed(f"{seen}; expected: {expected}", _READ_ON)


def _s3_code(answer: httpx.Response) -> str:
    code = answer.text.partition("<Code>")[2].partition("</Code>")[0]
    return f"{answer.status_code} {code}".strip()


def _enveloped(answer: httpx.Response) -> str:
    identified = "" if "x-request-id" in answer.headers else ", no x-request-id"
    return f"{answer.status_code} {error_code(answer) or 'without the envelope'}{identified}"


def binary_without_accept(caller: Caller) -> Finding:
    """A client that sends no Accept is redirected for binary content, and gets the exact bytes."""
    path = f"/files/{caller.store(BINARY)}/content"
    answer = caller.send("GET", path, headers={"Accept": None})
    if answer.status_code != 302:  # noqa: PLR2004
        return _settled(f"{answer.status_code}, {answer.content[:20]!r}", "302, then the bytes")
    same = caller.http.get(answer.headers["location"]).content == BINARY
    return _settled(f"302, then {'the' if same else 'other'} bytes", "302, then the bytes")


def text_without_accept(caller: Caller) -> Finding:
    """... and gets text as it is, not in base64."""
    path = f"/files/{caller.store(TEXT)}/content"
    answer = caller.send("GET", path, headers={"Accept": None})
    return _settled(f"{answer.status_code} {answer.content!r}", f"200 {TEXT!r}")


def head_length(caller: Caller) -> Finding:
    """HEAD tells the size in a header that API Gateway does not rename."""
    answer = caller.send("HEAD", f"/files/{caller.store(BINARY)}/content")
    seen = f"{answer.status_code}, {answer.headers.get('larder-content-length')}"
    return _settled(seen, f"200, {len(BINARY)}")


def unchanged_content(caller: Caller) -> Finding:
    """Content that the client has is not sent again, and the answer has its ETag."""
    path = f"/files/{caller.store(BINARY)}/content"
    etag = caller.send("GET", path).headers.get("etag", "none")
    answer = caller.send("GET", path, headers={"If-None-Match": etag})
    same = answer.headers.get("etag") == etag
    seen = f"{answer.status_code}, {'the same' if same else 'no'} ETag"
    return _settled(seen, "304, the same ETag")


def key_beside_a_link(caller: Caller) -> Finding:
    """S3 refuses a client that sends its key on when it follows a redirect."""
    link = caller.link(caller.store(BINARY))
    answer = caller.http.get(link, headers={"Authorization": f"Bearer {caller.key}"})
    return _settled(_s3_code(answer), "400 InvalidArgument")


def unsigned_header(caller: Caller) -> Finding:
    """S3 refuses a header of Amazon's that was not signed."""
    answer = caller.put(caller.announce(1), b"\x02", {"x-amz-acl": "public-read"})
    return _settled(_s3_code(answer), "403 AccessDenied")


def second_put(caller: Caller) -> Finding:
    """An upload's URL stores its bytes once."""
    upload = caller.announce(1)
    first = caller.put(upload, b"\x02").status_code
    second = _s3_code(caller.put(upload, b"\x03"))
    caller.complete(upload)
    return _settled(f"{first}, then {second}", "200, then 412 PreconditionFailed")


def another_size(caller: Caller) -> Finding:
    """S3 refuses more bytes than were announced."""
    answer = caller.put(caller.announce(1), b"\x02\x03")
    return _settled(_s3_code(answer), "403 SignatureDoesNotMatch")


def headers_beside_the_bytes(caller: Caller) -> Finding:
    """What was sent unsigned with the bytes is not served with them."""
    upload = caller.announce(len(BINARY))
    caller.put(upload, BINARY, {"Content-Encoding": "gzip", "Cache-Control": "public"})
    with caller.http.stream("GET", caller.link(caller.complete(upload))) as answer:
        names = ("content-encoding", "cache-control")
        seen = ", ".join(answer.headers.get(name, "none") for name in names)
    return _settled(seen, "identity, private, no-cache")


def two_ranges(caller: Caller) -> Finding:
    """S3 answers a request for two ranges with all of the object."""
    link = caller.link(caller.store(BINARY))
    answer = caller.http.get(link, headers={"Range": "bytes=0-0,2-2"})
    return _settled(f"{answer.status_code}, {len(answer.content)} bytes", "200, 4 bytes")


def without_a_key(caller: Caller) -> Finding:
    """The gateway itself refuses a request without a key, in Larder's envelope."""
    answer = caller.send("GET", "/files", headers={"Authorization": None})
    return _settled(_enveloped(answer), "401 invalid_api_key")


def with_a_wrong_key(caller: Caller) -> Finding:
    """The authorizer refuses an unknown key in the same words."""
    answer = caller.send("GET", "/files", headers={"Authorization": f"Bearer zk_live_{'A' * 43}"})
    return _settled(_enveloped(answer), "401 invalid_api_key")


def unknown_route(caller: Caller) -> Finding:
    """A route that does not exist is not a missing key, with a right one."""
    return _settled(_enveloped(caller.send("GET", "/nothing")), "404 unknown_url")


def route_above_the_api(caller: Caller) -> Finding:
    """Outside of /v1 API Gateway takes a Bearer key for a broken signature."""
    address = f"{caller.stack.base_url.removesuffix('/v1')}/v0/files"
    answer = caller.http.get(address, headers={"Authorization": f"Bearer {caller.key}"})
    return _settled(_enveloped(answer), "404 unknown_url")


def body_of_3_mib(caller: Caller) -> Finding:
    """A body that Larder does not take is refused with what to do instead."""
    return _settled(_enveloped(_post(caller, 3 * 2**20)), "413 request_too_large")


def body_of_8_mib(caller: Caller) -> Finding:
    """A body that API Gateway takes and Lambda does not: the gateway answers."""
    answer = _post(caller, 8 * 2**20)
    seen = _enveloped(answer)
    expected = ("413 request_too_large", "502 internal_error")
    return _settled(seen, seen if seen in expected else " or ".join(expected))


def body_of_11_mib(caller: Caller) -> Finding:
    """A body that API Gateway does not take."""
    return _settled(_enveloped(_post(caller, 11 * 2**20)), "413 request_too_large")


def _post(caller: Caller, size: int) -> httpx.Response:
    form = {"data": {"purpose": "user_data"}, "files": {"file": ("doctor.bin", bytes(size))}}
    return caller.send("POST", "/files", **form)


def usage_limit(caller: Caller) -> Finding:
    """DynamoDB cancels an admission over the limit, and says which item was against it."""
    announced = {"filename": "a", "purpose": "user_data", "bytes": 10**10, "mime_type": "a/b"}
    answer = caller.send("POST", "/uploads", json=announced)
    return _settled(_enveloped(answer), "400 storage_quota_exceeded")


def page_of_the_origin(caller: Caller) -> Finding:
    """The bucket lets a page of the API, or of CorsOrigin, upload."""
    if caller.stack.emulated:
        return skipped("an emulator's pages have no address of AWS")
    api = f"https://{urlsplit(caller.stack.base_url).netloc}"
    origin = caller.stack.parameters.get("CorsOrigin") or api
    answer = caller.http.options(
        caller.announce(1)["transfer"]["url"],
        headers={
            "Origin": origin,
            "Access-Control-Request-Method": "PUT",
            "Access-Control-Request-Headers": "if-none-match",
        },
    )
    allowed = answer.headers.get("access-control-allow-headers")
    return _settled(f"{answer.status_code} {allowed}", "200 if-none-match")


_FUNCTIONS: list[Callable[[Caller], Finding]] = [
    binary_without_accept,
    text_without_accept,
    head_length,
    unchanged_content,
    key_beside_a_link,
    unsigned_header,
    second_put,
    another_size,
    headers_beside_the_bytes,
    two_ranges,
    without_a_key,
    with_a_wrong_key,
    unknown_route,
    route_above_the_api,
    body_of_3_mib,
    body_of_8_mib,
    body_of_11_mib,
    usage_limit,
    page_of_the_origin,
]
SETTLE = [(each.__name__.replace("_", " "), each) for each in _FUNCTIONS]
"""The requests, in the order of docs/first-deployment.md."""

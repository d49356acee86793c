"""Forms are read back as they were written, however the body is cut."""

from __future__ import annotations

import httpx
from hypothesis import given
from hypothesis import strategies as st

from larder_client.files.form_body import FileStart, FormBody

CONTENTS = st.lists(
    st.sampled_from([b"\r\n", b"--", b"\r", b"\n", b"{}", b"\x00\xff", b"\r\n\r\n", b"---x"])
).map(b"".join)


@given(
    fields=st.dictionaries(st.sampled_from(["purpose", "a[b]", "c"]), st.text(max_size=9)),
    content=CONTENTS,
    cuts=st.lists(st.integers(1, 400)),
)
def test_a_form_is_read_as_it_was_written(
    fields: dict[str, str], content: bytes, cuts: list[int]
) -> None:
    request = httpx.Request(
        "POST", "http://x", data=fields, files={"file": ("a b.jsonl", content, "text/plain")}
    )
    body = request.read()
    form = FormBody(request.headers["content-type"], len(body))

    start, found = None, bytearray()
    position = 0
    for size in [*cuts, len(body)]:
        if block := body[position : position + size]:
            for event in form.read(block):
                if isinstance(event, FileStart):
                    assert form.fields == fields
                    start = event
                else:
                    found += event
        position += size

    assert start == FileStart("file", "a b.jsonl", "text/plain", len(content))
    assert found == content

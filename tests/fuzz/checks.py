"""What schemathesis checks of every answer besides the document: loaded as its hooks."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode

import schemathesis  # type: ignore[import-not-found]

from tests.fuzz.answers import check_answer, check_silence

if TYPE_CHECKING:
    from typing import Any


OPENAI_LISTS = {"/v1/files", "/v1/uploads", "/v1/batches"}


@schemathesis.hook  # type: ignore[untyped-decorator]
def filter_case(_: Any, case: Any) -> bool:
    """Leave out what is valid on the wire and not in the document.

    An empty parameter of a list counts as absent. In a form, an empty list is no field,
    and a tag is any text: `false`, which JSON would tell from it.
    """
    query = urlencode(case.query or {}, doseq=True)
    if case.path in OPENAI_LISTS and "" in dict(parse_qsl(query, keep_blank_values=True)).values():
        return False
    if case.media_type != "multipart/form-data" or not isinstance(case.body, dict):
        return True
    if [] in case.body.values():
        return False
    tags = case.body.get("tags", [])
    return isinstance(tags, list) and all(isinstance(tag, str) for tag in tags)


@schemathesis.check  # type: ignore[untyped-decorator]
def answers_in_our_own_words(_: Any, response: Any, case: Any) -> None:
    """No header that splits, the envelope to its last key, nothing of our insides, no key."""
    headers = [(name, value) for name, values in response.headers.items() for value in values]
    body = response.content if case.method != "HEAD" else b""
    check_answer(response.status_code, headers, body)
    if response.status_code >= 400:
        check_silence(response.text, [os.environ["FUZZ_KEY"]])

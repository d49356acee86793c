"""What is put in for references is what the requests would be with it written out."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from larder_jsonl import BatchValidator
from larder_jsonl.references import put_in, references_in

IDS = [f"art_{number:024x}" for number in range(3)]
BUNDLE = "bnd_" + "0" * 24
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20) | st.sampled_from(
    ["$artifact", '{"$artifact": "' + IDS[0] + '"}', "$bundle", '\\"', "{", "art_"]
)
REFERENCES = st.sampled_from([{"$artifact": each} for each in IDS])
ANY: st.SearchStrategy[Any] = st.recursive(
    TEXTS | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | REFERENCES,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(TEXTS.filter(lambda name: not name.startswith("$")), inner, max_size=3)
    ),
    max_leaves=8,
)
CONTENTS = st.fixed_dictionaries(dict.fromkeys(IDS, TEXTS))
MESSAGES = st.lists(
    st.fixed_dictionaries({"role": st.just("user"), "content": TEXTS | REFERENCES}), max_size=3
)


def written_out(value: Any, contents: dict[str, str], prefix: list[Any]) -> Any:
    """Put references in by walking the value, as plainly as possible."""
    if isinstance(value, list):
        items = [written_out(item, contents, prefix) for item in value]
        return [*prefix, *items[1:]] if value[:1] == [{"$bundle": BUNDLE}] else items
    if isinstance(value, dict):
        if value.keys() == {"$artifact"}:
            return contents[value["$artifact"]]
        return {name: written_out(item, contents, prefix) for name, item in value.items()}
    return value


@given(
    messages=MESSAGES,
    bundle=st.booleans(),
    others=st.dictionaries(st.sampled_from(["a", "b", "tools"]), ANY, max_size=3),
    contents=CONTENTS,
    prefix=st.lists(
        st.fixed_dictionaries({"role": st.just("system"), "content": TEXTS}), min_size=1
    ),
    style=st.sampled_from([{}, {"separators": (",", ":")}, {"indent": 1}, {"ensure_ascii": False}]),
)
def test_a_request_with_references_is_the_request_written_out(
    messages: list[Any],
    bundle: bool,  # noqa: FBT001
    others: dict[str, Any],
    contents: dict[str, str],
    prefix: list[Any],
    style: dict[str, Any],
) -> None:
    first = [{"$bundle": BUNDLE}] if bundle else [{"role": "user", "content": "x"}]
    body = {"model": "m", "messages": [*first, *messages], **others}
    text = json.dumps(body, **style).encode()
    known = {each: json.dumps(content).encode() for each, content in contents.items()}
    known[BUNDLE] = ",".join(map(json.dumps, prefix)).encode()

    done = put_in(text, known.__getitem__)

    assert json.loads(done) == written_out(body, contents, prefix)
    assert set(references_in(text)) == references_of(text.replace(b"\n", b" "))


def references_of(body: bytes) -> set[str]:
    """Return the references that the validator reports of a line with that body."""
    validator = BatchValidator()
    start = b'{"custom_id":"a","method":"POST","url":"/v1/chat/completions","body":'
    validator.feed(start + body + b"}")
    report = validator.finish()
    assert "invalid_reference" not in report.counts, report.errors
    return set(report.references)

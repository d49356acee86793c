"""The batch rules written with the standard library, as plainly as possible.

Slow, and holds the whole file. The tests compare the validator with it.
"""

import hashlib
import json
import re
from collections import Counter
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, NoReturn

from larder_jsonl import MAX_LINE_BYTES, MAX_REQUESTS, ValidationReport

MODELS_KEPT = 100
MAX_INPUTS = 50_000
NEEDS_MODEL = ("/v1/chat/completions", "/v1/completions", "/v1/embeddings", "/v1/responses")
ENDPOINTS = (
    *NEEDS_MODEL,
    "/v1/moderations",
    "/v1/images/generations",
    "/v1/images/edits",
    "/v1/videos",
)
ROLES = ("developer", "system", "user", "assistant", "tool", "function")
REFERENCES = {"$artifact": "art_[0-9a-f]{24}", "$bundle": "bnd_[0-9a-f]{24}"}
WRITTEN = r'\{\s*"\$(?:artifact|bundle)"\s*:\s*"((?:art|bnd)_[0-9a-f]{24})"\s*\}'
MAX_REFERENCES = 500
TEXT = (str,)
TEXT_OR_ARRAY = (str, list)

type Problem = tuple[str, str, int | None, str | None]  # severity, code, line, param
type _Own = list[tuple[str, str, str | None]]  # severity, code, param


@dataclass(frozen=True, slots=True)
class ReferenceReport:
    total_lines: int
    request_count: int
    problems: list[Problem]
    endpoint: str | None
    models: dict[str, int]
    inputs: int
    references: tuple[str, ...]
    sha256: str


@dataclass(slots=True)
class _Line:
    problems: _Own
    custom_id: str | None = None
    url: str | None = None
    model: str | None = None
    inputs: int = 0
    references: tuple[str, ...] = ()


class _JsonObject:
    """A JSON object with every member as written, in order."""

    def __init__(self, members: list[tuple[str, Any]]) -> None:
        self.members = members
        self.last = dict(members)


def reference_report(data: bytes) -> ReferenceReport:  # noqa: C901, PLR0912
    lines = data.split(b"\n")
    if lines[-1] == b"":
        lines.pop()
    problems: list[Problem] = []
    first_line_of: dict[str, int] = {}
    endpoint: str | None = None
    models: dict[str, int] = {}
    references: dict[str, None] = {}
    requests = inputs = 0
    for number, content in enumerate(lines, start=1):
        line = content
        if number == 1 and line.startswith(b"\xef\xbb\xbf"):
            problems.append(("error", "invalid_encoding", 1, None))
            line = line[3:]
        too_long = len(line.removesuffix(b"\r")) > MAX_LINE_BYTES
        if not too_long and line.strip(b" \t\r") == b"":
            continue
        requests += 1
        if requests > MAX_REQUESTS:
            problems.append(("error", "too_many_requests", number, None))
            break
        if too_long:
            problems.append(("error", "line_too_long", number, None))
            continue
        found = _line(line)
        problems += [(severity, code, number, param) for severity, code, param in found.problems]
        custom_id, url = found.custom_id, found.url
        if custom_id is not None and first_line_of.setdefault(custom_id, number) != number:
            problems.append(("error", "duplicate_custom_id", number, "custom_id"))
        endpoint = endpoint or url
        if url is not None and url != endpoint:
            problems.append(("error", "url_mismatch", number, "url"))
        if found.model is not None:
            name = found.model if len(found.model) <= 256 else found.model[:255] + "…"
            if name in models or len(models) < MODELS_KEPT:
                models[name] = models.get(name, 0) + 1
        for each in found.references:
            if each not in references and len(references) == MAX_REFERENCES:
                problems.append(("error", "too_many_references", number, "body"))
                break
            references[each] = None
        if inputs <= MAX_INPUTS < inputs + found.inputs:
            problems.append(("error", "too_many_inputs", number, "body.input"))
        inputs += found.inputs
    if requests == 0:
        problems.append(("error", "empty_file", None, None))
    return ReferenceReport(
        total_lines=len(lines),
        request_count=requests,
        problems=problems,
        endpoint=endpoint,
        models=models,
        inputs=inputs,
        references=tuple(references),
        sha256=hashlib.sha256(data).hexdigest(),
    )


def _line(line: bytes) -> _Line:
    try:
        text = line.decode("utf-8", "strict")
    except UnicodeDecodeError:
        return _Line([("error", "invalid_encoding", None)])
    try:
        value = _parse(text)
    except (ValueError, RecursionError):
        return _Line([("error", "invalid_json_line", None)])
    if (
        not isinstance(value, _JsonObject)
        or len(value.last) < len(value.members)
        or len(value.members) > 32
    ):
        return _Line([("error", "invalid_request", None)])
    found = _request(value.last)
    body = value.last.get("body")
    if isinstance(body, _JsonObject) and any(f'"{name}"' in text for name in REFERENCES):
        for name, member in body.last.items():
            _refer(member, f"body.{name}", found)
        right = all(code != "invalid_reference" for _, code, _ in found.problems)
        if right and tuple(re.findall(WRITTEN, text)) != found.references:
            found.problems.append(("error", "invalid_reference", "body"))
    return found


def _refer(value: Any, path: str, line: _Line) -> None:
    if isinstance(value, list):
        for index, item in enumerate(value):
            _refer(item, f"{path}[{index}]", line)
    if not isinstance(value, _JsonObject):
        return
    kinds = [name for name in REFERENCES if isinstance(value.last.get(name), str)]
    if not kinds:
        for name, item in value.last.items():
            _refer(item, f"{path}.{name}", line)
        return
    given = value.last[kinds[0]]
    misplaced = kinds[0] == "$bundle" and path != "body.messages[0]"
    if len(value.last) > 1 or misplaced or not re.fullmatch(REFERENCES[kinds[0]], given):
        line.problems.append(("error", "invalid_reference", path))
    else:
        line.references += (given,)


def _text_or_value(value: Any) -> Any:
    """Return a string in the place of a reference to an artifact."""
    if isinstance(value, _JsonObject) and value.last.keys() == {"$artifact"}:
        given = value.last["$artifact"]
        return "text" if isinstance(given, str) else value
    return value


def _parse(text: str) -> Any:
    def refuse(constant: str) -> NoReturn:
        raise ValueError(constant)

    value = json.loads(
        text,
        object_pairs_hook=_JsonObject,
        parse_constant=refuse,
        parse_int=float,  # exact enough, and of any size
    )
    if _depth(value) > 128:
        raise ValueError("too deep")
    _encodable(value)
    return value


def _depth(value: Any) -> int:
    deepest = 0
    todo = [(value, 1)]
    while todo:
        item, depth = todo.pop()
        if isinstance(item, _JsonObject):
            children = [child for _, child in item.members]
        elif isinstance(item, list):
            children = item
        else:
            continue
        deepest = max(deepest, depth)
        todo += [(child, depth + 1) for child in children]
    return deepest


def _encodable(value: Any) -> None:
    if isinstance(value, str):
        value.encode("utf-8")
    elif isinstance(value, list):
        for item in value:
            _encodable(item)
    elif isinstance(value, _JsonObject):
        for name, item in value.members:
            name.encode("utf-8")
            _encodable(item)


def _request(request: dict[str, Any]) -> _Line:
    line = _Line([])
    texts: dict[str, str] = {}
    for name in ("custom_id", "method", "url"):
        if name not in request:
            line.problems.append(("error", "missing_required_parameter", name))
        elif not isinstance(request[name], str):
            line.problems.append(("error", "invalid_type", name))
        else:
            texts[name] = request[name]
    line.custom_id = texts.get("custom_id")
    if line.custom_id is not None and not 1 <= len(line.custom_id) <= 512:
        line.problems.append(("error", "invalid_custom_id", "custom_id"))
        line.custom_id = None
    if texts.get("method", "POST") != "POST":
        line.problems.append(("error", "invalid_method", "method"))
    line.url = texts.get("url")
    if line.url is not None and line.url not in ENDPOINTS:
        line.problems.append(("error", "invalid_url", "url"))
        line.url = None
    if "body" not in request:
        line.problems.append(("error", "missing_required_parameter", "body"))
    elif not isinstance(request["body"], _JsonObject):
        line.problems.append(("error", "invalid_type", "body"))
    else:
        _body(request["body"].last, line)
    return line


def _body(body: dict[str, Any], line: _Line) -> None:
    _model(body, line)
    problems = line.problems
    stream = body.get("stream")
    if stream is True:
        problems.append(("warning", "streaming_ignored", "body.stream"))
    elif stream is not False and stream is not None:
        problems.append(("warning", "invalid_type", "body.stream"))
    match line.url:
        case "/v1/chat/completions":
            problems += _messages(body)
        case "/v1/completions":
            problems += _needed(body, "prompt", TEXT_OR_ARRAY)
        case "/v1/moderations":
            problems += _needed(body, "input", TEXT_OR_ARRAY)
        case "/v1/embeddings":
            problems += _needed(body, "input", TEXT_OR_ARRAY)
            _inputs(_text_or_value(body.get("input")), line)
        case "/v1/responses":
            others = ("prompt", "previous_response_id", "conversation")
            problems += _needed(body, "input", TEXT_OR_ARRAY, others)
        case "/v1/images/generations" | "/v1/videos":
            problems += _needed(body, "prompt", TEXT)
        case "/v1/images/edits":
            problems += _needed(body, "prompt", TEXT)
            problems += _needed(body, "images", (list,), ("image",))


def _model(body: dict[str, Any], line: _Line) -> None:
    model = body.get("model")
    if isinstance(model, str) and model:
        line.model = model
    elif "model" in body:
        if model is not None or line.url is None or line.url in NEEDS_MODEL:
            line.problems.append(("error", "model_missing", "body.model"))
    elif line.url in NEEDS_MODEL:
        line.problems.append(("error", "model_missing", "body.model"))


def _inputs(value: Any, line: _Line) -> None:
    if isinstance(value, str):
        line.inputs = 1 if value else 0
    elif isinstance(value, list) and value:
        is_number = isinstance(value[0], float) and not isinstance(value[0], bool)
        line.inputs = 1 if is_number else len(value)
        if len(value) > 2048:
            line.problems.append(("warning", "invalid_type", "body.input"))


def _needed(
    body: dict[str, Any], name: str, kinds: tuple[type, ...], instead: tuple[str, ...] = ()
) -> _Own:
    value = body.get(name)
    if value in (None, "", []) and any(body.get(other) is not None for other in instead):
        return []
    if name not in body or value in ("", []):
        return [("warning", "missing_required_parameter", f"body.{name}")]
    if not isinstance(_text_or_value(value), kinds):
        return [("warning", "invalid_type", f"body.{name}")]
    return []


def _messages(body: dict[str, Any]) -> _Own:
    if "messages" not in body or body["messages"] in ("", []):
        return [("warning", "missing_required_parameter", "body.messages")]
    if not isinstance(body["messages"], list):
        return [("warning", "invalid_type", "body.messages")]
    params = [
        f"body.messages[{index}]{member}"
        for index, message in enumerate(body["messages"])
        for member in _mistakes(message)
    ]
    if len(body["messages"]) > 100:
        params = params[:1]
    return [("warning", "invalid_type", param) for param in params]


def _mistakes(message: Any) -> list[str]:
    if not isinstance(message, _JsonObject):
        return [""]
    if isinstance(message.last.get("$bundle"), str):
        return []
    mistakes = []
    role = message.last.get("role")
    known = isinstance(role, str) and role in ROLES
    if not known:
        mistakes.append(".role")
    if "content" not in message.last:
        fine = role == "assistant" or not known
    elif message.last["content"] is None:
        fine = role in ("assistant", "function") or not known
    else:
        content = _text_or_value(message.last["content"])
        fine = isinstance(content, str | list) and content != []
    if not fine:
        mistakes.append(".content")
    return mistakes


def check_against_reference(report: ValidationReport, data: bytes) -> None:
    """Fail unless the report says of the file what the reference says."""
    reference = reference_report(data)
    starts = [0, *accumulate(len(line) + 1 for line in data.split(b"\n"))]
    for severity, kept in (("error", report.errors), ("warning", report.warnings)):
        expected = [problem for problem in reference.problems if problem[0] == severity]
        total = report.error_count if severity == "error" else report.warning_count
        assert total == len(expected)
        found = [(each.severity.value, each.code, each.line, each.param) for each in kept]
        lines = [line for _, _, line, _ in found if line is not None]
        assert lines == sorted(lines)
        assert [each.offset for each in kept] == [
            None if each.line is None else starts[each.line - 1] for each in kept
        ]
        if len(found) < len(expected):
            # The report is full; it may have cut the last line's problems short.
            found, expected = (
                [each for each in some if (each[2] or 0) < lines[-1]] for some in (found, expected)
            )
        assert sorted(found, key=repr) == sorted(expected, key=repr)
    assert report.counts == Counter(code for _, code, _, _ in reference.problems)
    assert report.valid == (report.error_count == 0)
    assert report.references == reference.references
    assert (report.total_lines, report.request_count, report.inputs) == (
        reference.total_lines,
        reference.request_count,
        reference.inputs,
    )
    assert (report.endpoint, report.models) == (reference.endpoint, reference.models)
    assert report.sha256 == reference.sha256

"""The batch rules written with the standard library, as plainly as possible.

Slow, and holds the whole file. The tests compare the validator with it.
"""

import hashlib
import json
from dataclasses import dataclass
from typing import Any, NoReturn

from larder.domain.batch_input import MAX_LINE_BYTES, MAX_REQUESTS

ENDPOINTS = (
    "/v1/chat/completions",
    "/v1/completions",
    "/v1/embeddings",
    "/v1/responses",
    "/v1/moderations",
)
ROLES = ("developer", "system", "user", "assistant", "tool", "function")

type Problem = tuple[str, int | None, str | None]  # code, line, param


@dataclass(frozen=True, slots=True)
class ReferenceReport:
    total_lines: int
    request_count: int
    problems: list[Problem]
    endpoint: str | None
    model: str | None
    sha256: str


class _JsonObject:
    """A JSON object with every member as written, in order."""

    def __init__(self, members: list[tuple[str, Any]]) -> None:
        self.members = members
        self.last = dict(members)


def reference_report(data: bytes) -> ReferenceReport:  # noqa: C901
    lines = data.split(b"\n")
    if lines[-1] == b"":
        lines.pop()
    problems: list[Problem] = []
    first_line_of: dict[str, int] = {}
    endpoint: str | None = None
    model: str | None = None
    requests = 0
    for number, content in enumerate(lines, start=1):
        line = content
        if number == 1 and line.startswith(b"\xef\xbb\xbf"):
            problems.append(("invalid_encoding", 1, None))
            line = line[3:]
        too_long = len(line.removesuffix(b"\r")) > MAX_LINE_BYTES
        if not too_long and line.strip(b" \t\r") == b"":
            continue
        requests += 1
        if requests > MAX_REQUESTS:
            problems.append(("too_many_requests", number, None))
            break
        if too_long:
            problems.append(("line_too_long", number, None))
            continue
        own, custom_id, url, line_model = _line(line)
        problems += [(code, number, param) for code, param in own]
        if custom_id is not None and first_line_of.setdefault(custom_id, number) != number:
            problems.append(("duplicate_custom_id", number, "custom_id"))
        endpoint = endpoint or url
        if url is not None and url != endpoint:
            problems.append(("url_mismatch", number, "url"))
        model = model or line_model
        if line_model is not None and line_model != model:
            problems.append(("model_mismatch", number, "body.model"))
    if requests == 0:
        problems.append(("empty_file", None, None))
    return ReferenceReport(
        total_lines=len(lines),
        request_count=requests,
        problems=problems,
        endpoint=endpoint,
        model=model,
        sha256=hashlib.sha256(data).hexdigest(),
    )


type _Own = list[tuple[str, str | None]]


def _line(line: bytes) -> tuple[_Own, str | None, str | None, str | None]:
    try:
        text = line.decode("utf-8", "strict")
    except UnicodeDecodeError:
        return [("invalid_encoding", None)], None, None, None
    try:
        value = _parse(text)
    except (ValueError, RecursionError):
        return [("invalid_json_line", None)], None, None, None
    if (
        not isinstance(value, _JsonObject)
        or len(value.last) < len(value.members)
        or len(value.members) > 32
    ):
        return [("invalid_request", None)], None, None, None
    return _request(value.last)


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


def _request(request: dict[str, Any]) -> tuple[_Own, str | None, str | None, str | None]:
    problems: _Own = []
    texts: dict[str, str] = {}
    for name in ("custom_id", "method", "url"):
        if name not in request:
            problems.append(("missing_required_parameter", name))
        elif not isinstance(request[name], str):
            problems.append(("invalid_type", name))
        else:
            texts[name] = request[name]
    custom_id = texts.get("custom_id")
    if custom_id is not None and not 1 <= len(custom_id) <= 512:
        problems.append(("invalid_custom_id", "custom_id"))
        custom_id = None
    if texts.get("method", "POST") != "POST":
        problems.append(("invalid_method", "method"))
    url = texts.get("url")
    if url is not None and url not in ENDPOINTS:
        problems.append(("invalid_url", "url"))
        url = None
    model = None
    if "body" not in request:
        problems.append(("missing_required_parameter", "body"))
    elif not isinstance(request["body"], _JsonObject):
        problems.append(("invalid_type", "body"))
    else:
        body = request["body"].last
        model = body.get("model")
        if not isinstance(model, str) or model == "":
            problems.append(("model_missing", "body.model"))
            model = None
        problems += _body(body, url)
    return problems, custom_id, url, model


def _body(body: dict[str, Any], url: str | None) -> _Own:
    problems: _Own = []
    stream = body.get("stream")
    if stream is True:
        problems.append(("streaming_unsupported", "body.stream"))
    elif stream is not False and stream is not None:
        problems.append(("invalid_type", "body.stream"))
    if url == "/v1/chat/completions":
        problems += _messages(body)
    elif url == "/v1/completions":
        problems += _text_or_array(body, "prompt")
    elif url in ("/v1/embeddings", "/v1/moderations"):
        problems += _text_or_array(body, "input")
    elif url == "/v1/responses":
        others = ("prompt", "previous_response_id", "conversation")
        input_is_needed = all(body.get(name) is None for name in others)
        if input_is_needed or body.get("input") is not None:
            problems += _text_or_array(body, "input")
    return problems


def _text_or_array(body: dict[str, Any], name: str) -> _Own:
    if name not in body or body[name] in ("", []):
        return [("missing_required_parameter", f"body.{name}")]
    if not isinstance(body[name], str | list):
        return [("invalid_type", f"body.{name}")]
    return []


def _messages(body: dict[str, Any]) -> _Own:
    if "messages" not in body or body["messages"] == []:
        return [("missing_required_parameter", "body.messages")]
    if not isinstance(body["messages"], list):
        return [("invalid_type", "body.messages")]
    problems: _Own = []
    for index, message in enumerate(body["messages"]):
        param = f"body.messages[{index}]"
        if not isinstance(message, _JsonObject):
            problems.append(("invalid_type", param))
            continue
        role = message.last.get("role")
        known = isinstance(role, str) and role in ROLES
        if not known:
            problems.append(("invalid_type", f"{param}.role"))
        if "content" not in message.last:
            fine = role == "assistant" or not known
        elif message.last["content"] is None:
            fine = role in ("assistant", "function") or not known
        else:
            fine = isinstance(message.last["content"], str | list)
        if not fine:
            problems.append(("invalid_type", f"{param}.content"))
    return problems

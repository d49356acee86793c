"""The demo's batch files: a large one of support tickets, and a small one with mistakes."""

from __future__ import annotations

import json
from typing import Any, Final

ENDPOINT: Final = "/v1/chat/completions"
MODEL = "gpt-5-mini"

_SYSTEM = (
    "You triage support tickets of an online shop. Answer with one JSON object: "
    '{"category": "delivery" | "refund" | "defect" | "account" | "other", '
    '"urgency": 1-5, "language": ISO 639-1 code, "summary": at most 20 words}. '
    "Do not answer the customer."
)
_PRODUCTS = ("espresso machine", "trail running shoes", "Küchenwaage", "bike light", "wool blanket")
_PROBLEMS = (
    "arrived with a crack along the side, and the box was open when the courier handed it over",
    "still shows as “being packed” although it was ordered nine days ago and paid the same hour",
    "stopped working after the second use; the manual's reset procedure changes nothing",
    "was charged twice on my card, once on Monday and once more on Wednesday morning",
    "is the wrong size, and the return label that was in the parcel has already expired",
    "ist nicht das bestellte Modell; bitte tauschen Sie es um oder erstatten Sie den Preis",
    "came without the charger that the product page lists under “in the box” 🔌",
)
_CLOSINGS = (
    "Please tell me what happens next.",
    "I would like my money back.",
    "A replacement before the weekend would be fine.",
)

MISTAKES = (
    (2, "invalid_json_line"),
    (4, "duplicate_custom_id"),
    (6, "model_missing"),
    (8, "invalid_method"),
    (9, "invalid_type"),
    (11, "invalid_url"),
)
"""The mistakes of `with_mistakes`: line number, and the validator's error code."""


def good_batch(count: int) -> bytes:
    """Return a batch file of `count` requests, about 800 bytes each."""
    return b"".join(_line(_request(number)) for number in range(1, count + 1))


def with_mistakes() -> bytes:
    """Return a batch file of 12 lines, six of which are invalid, each in a different way."""
    requests = [_request(number) for number in range(1, 13)]
    requests[3]["custom_id"] = requests[0]["custom_id"]
    del requests[5]["body"]["model"]
    requests[7]["method"] = "GET"
    requests[8]["custom_id"] = 9
    requests[10]["url"] = "/chat/completions"
    lines = [_line(request) for request in requests]
    lines[1] = lines[1].replace(b"}\n", b",}\n")
    return b"".join(lines)


def _request(number: int) -> dict[str, Any]:
    product = _PRODUCTS[number % len(_PRODUCTS)]
    problem = _PROBLEMS[number % len(_PROBLEMS)]
    closing = _CLOSINGS[number % len(_CLOSINGS)]
    ticket = f"Order {700_000 + 13 * number}: the {product} {problem}. {closing}"
    return {
        "custom_id": f"ticket-{number:05}",
        "method": "POST",
        "url": ENDPOINT,
        "body": {
            "model": MODEL,
            "messages": [
                {"role": "system", "content": _SYSTEM},
                {"role": "user", "content": ticket},
            ],
            "response_format": {"type": "json_object"},
            "max_completion_tokens": 200,
        },
    }


def _line(request: dict[str, Any]) -> bytes:
    return json.dumps(request, ensure_ascii=False).encode() + b"\n"

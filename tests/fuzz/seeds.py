"""What the fuzzer begins from: inputs that get through, and words that it would not guess."""

from __future__ import annotations

import json

from larder.api.http.routes import CATCH_ALL, ROUTES
from tests.support.batch_requests import BODIES, alike, request, varied

FORM = b"multipart/form-data; boundary=b"


def form(*fields: tuple[bytes, bytes]) -> bytes:
    """Return a form of the parts' parameters and bytes, with the boundary `b`."""
    parts = [
        b"--b\r\nContent-Disposition: form-data; " + parameters + b"\r\n\r\n" + data + b"\r\n"
        for parameters, data in fields
    ]
    return b"".join(parts) + b"--b--\r\n"


FILE = (b'name="file"; filename="a.jsonl"', b'{"custom_id":"a"}')
PURPOSE = (b'name="purpose"', b"user_data")
FORMS = [
    form(FILE),
    form(PURPOSE, FILE),
    form(
        FILE,
        (b"name=expires_after[seconds]", b"3600"),
        (b"name=expires_after[anchor]", b"created_at"),
    ),
    form((b"name=file; filename*=UTF-8''%C3%BC.txt", b"\xff\x00")),
    form((b'name="data"; filename="blob"', b"part")),
    form((rb'name="file"; filename="C:\\a\\..\\b\"c.txt"', b"--b")),
]
JSON_BODIES = [
    b'{"filename":"a","purpose":"batch","bytes":10,"mime_type":"a/b","sha256":"%s"}' % (b"0" * 64),
    b'{"filename":"a","bytes":100000000,"expires_after":{"anchor":"created_at","seconds":3600}}',
    b'{"part_ids":["part_0123456789abcdef01234567"],"md5":"%s"}' % (b"0" * 32),
    b"",
]
QUERIES = [
    b"",
    b"limit=2&order=asc&purpose=batch",
    b"after=file-0123456789abcdef01234567",
    b"expiry=60",
]
HEADERS = [b"Idempotency-Key: one", b"Range: bytes=0-4", b'If-None-Match: "0"', b"X: y"]


def _requests() -> list[bytes]:
    routes = sorted((route.method, route.path) for route in (*ROUTES, *CATCH_ALL))
    seeds = []
    for number, (_, path) in enumerate(routes):
        parameter = b"@upload" if "upload" in path else b"@file"
        for position, query in enumerate(QUERIES):
            lines = bytes([number]) + parameter + b"\n" + query + b"\n" + HEADERS[position]
            seeds.append(lines + b"\n\n" + JSON_BODIES[position])
            seeds.append(lines + b"\nContent-Type: " + FORM + b"\n\n" + FORMS[position])
    return seeds


def _lines() -> list[bytes]:
    lines = [
        json.dumps(request(url, custom_id=str(number))).encode()
        for number, url in enumerate(BODIES)
    ]
    return [
        *(b"\xff" + line + b"\n" for line in lines),
        b"\x07" + b"\r\n".join(lines),
        b"\x40" + lines[0] + b"\n" + lines[0] + b"\n\n{]\n" + b"[" * 200,
        b"\x01\xef\xbb\xbf" + lines[0],
        # Files of one program, whose lines the validator compares instead of parsing them.
        *(b"\xff" + b"\n".join(some(url)) for url in BODIES for some in (alike, varied)),
    ]


SEEDS: dict[str, list[bytes]] = {
    "multipart": [FORM + b"\n" + each for each in FORMS],
    "validator": _lines(),
    # An endpoint each, in every style; with a member added and a member given twice.
    "similar_lines": [
        bytes([255, url, 5, style, 1, *edits])
        for url in range(len(BODIES))
        for style in range(16)
        for edits in (b"", b"\x06\x01\x00", b"\x05\x05\x01\x08\x00\x04")
    ],
    "requests": _requests(),
    "events": [
        b"\0files/wks-000000000000000000000001/file-0123456789abcdef01234567",
        b"\0files/a%2Fb+c/file-0123456789abcdef01234567",
        b"\xffBearer zk_live_" + b"A" * 43,
        b"\0zk_live_" + b"A" * 43,
    ],
}

WORDS = [
    b"multipart/form-data",
    b"boundary=",
    b"Content-Disposition: form-data; ",
    b"Content-Transfer-Encoding: base64",
    b"filename*=UTF-8''",
    b'name="file"',
    b'filename="',
    b"--b\r\n",
    b"--b--",
    b'"custom_id"',
    b'"method":"POST"',
    b'"url":"/v1/embeddings"',
    b'"body":{',
    b'"model"',
    b'"input"',
    b'"messages":[{"role":"user","content":"x"}]',
    b'"stream":true',
    b'"prompt":"x"',
    b'"images":[{}]',
    b'"previous_response_id":"x"',
    b'zz\\"custom_id":',
    b"\\ud800",
    b"1e999",
    b"NaN",
    b"@file",
    b"@upload",
    b"limit=",
    b"after=",
    b"order=",
    b"purpose=",
    b"expiry=",
    b"cursor=",
    b"Idempotency-Key: ",
    b"Range: bytes=",
    b"If-None-Match: ",
    b"Content-Type: application/json",
    b"Content-Type: " + FORM,
    b"9223372036854775808",
    b"-1",
    b"%00",
    b"%2e%2e%2f",
    b"\xed\xa0\x80",
]

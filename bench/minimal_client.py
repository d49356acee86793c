"""A DynamoDB client without botocore: the least that a call can cost.

It signs, sends JSON over one connection and parses the answer. It has no retries, no credential
renewal and no error types.
"""

import hashlib
import hmac
import json
import os
import ssl
from http.client import HTTPConnection, HTTPSConnection
from time import gmtime, strftime
from urllib.parse import urlsplit

_HEADERS = "content-type;host;x-amz-date;x-amz-target"
_KIND = "application/x-amz-json-1.0"


class DynamoDB:
    """A client for the endpoint, region and credentials in the environment."""

    def __init__(self) -> None:
        self._region = os.environ["AWS_DEFAULT_REGION"]
        self._key_id = os.environ["AWS_ACCESS_KEY_ID"]
        self._secret = os.environ["AWS_SECRET_ACCESS_KEY"]
        default = f"https://dynamodb.{self._region}.amazonaws.com"
        endpoint = urlsplit(os.environ.get("AWS_ENDPOINT_URL", default))
        self._host = endpoint.netloc
        self._connection: HTTPConnection
        if endpoint.scheme == "https":
            trusted = ssl.create_default_context(cafile=os.environ.get("AWS_CA_BUNDLE"))
            self._connection = HTTPSConnection(self._host, timeout=5, context=trusted)
        else:
            self._connection = HTTPConnection(self._host, timeout=5)

    def get_item(self, **parameters: object) -> dict[str, object]:
        """Call GetItem and return DynamoDB's answer.

        Raises:
            OSError: the connection failed, or the status is not 200.
        """
        body = json.dumps(parameters).encode()
        self._connection.request("POST", "/", body, self._signed("DynamoDB_20120810.GetItem", body))
        with self._connection.getresponse() as answer:
            content = answer.read()
            if answer.status != 200:
                raise OSError(answer.status, content)
        found: dict[str, object] = json.loads(content)
        return found

    def _signed(self, target: str, body: bytes) -> dict[str, str]:
        """Return the headers of a request, signed with Signature Version 4.

        https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
        """
        now = strftime("%Y%m%dT%H%M%SZ", gmtime())
        day = now[:8]
        canonical = (
            f"POST\n/\n\ncontent-type:{_KIND}\nhost:{self._host}\nx-amz-date:{now}\n"
            f"x-amz-target:{target}\n\n{_HEADERS}\n{hashlib.sha256(body).hexdigest()}"
        )
        scope = f"{day}/{self._region}/dynamodb/aws4_request"
        digest = hashlib.sha256(canonical.encode()).hexdigest()
        key = f"AWS4{self._secret}".encode()
        for part in (day, self._region, "dynamodb", "aws4_request"):
            key = hmac.digest(key, part.encode(), "sha256")
        text = f"AWS4-HMAC-SHA256\n{now}\n{scope}\n{digest}"
        signature = hmac.digest(key, text.encode(), "sha256").hex()
        return {
            "Content-Type": _KIND,
            "X-Amz-Date": now,
            "X-Amz-Target": target,
            "Authorization": (
                f"AWS4-HMAC-SHA256 Credential={self._key_id}/{scope}, "
                f"SignedHeaders={_HEADERS}, Signature={signature}"
            ),
        }

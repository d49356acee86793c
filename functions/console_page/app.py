"""GET /console: the console's page, and what it loads."""

from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from larder.api.console.page import Page
from larder.runtime.observability import logger

page = Page.built()


def lambda_handler(event: dict[str, Any], _: LambdaContext) -> dict[str, Any]:
    """Return the page, a file of its version, or 404."""
    headers = {name.lower(): value for name, value in (event["headers"] or {}).items()}
    answer = page.answer(
        (event["pathParameters"] or {}).get("path"),
        event["requestContext"]["path"],
        accepts_gzip="gzip" in headers.get("accept-encoding", ""),
        etag=headers.get("if-none-match"),
    )
    if event["httpMethod"] == "HEAD":
        answer["body"] = ""
    answer["multiValueHeaders"]["x-request-id"] = [event["requestContext"]["requestId"]]
    status = HTTPStatus(answer["statusCode"])
    logger.info("console_page", extra={"path": event["path"][:80], "status": status})
    return answer

"""GET /healthz: whether the API answers. It looks at no table, so that anybody may ask it often."""

from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from larder.api.http.pages import answer_page, response
from larder.runtime.observability import logger

HEADERS = {"Content-Type": "application/json", "Cache-Control": "no-store"}


def lambda_handler(event: dict[str, Any], _: LambdaContext) -> dict[str, Any]:
    """Return 200 with `{"status":"ok"}`."""
    answer = answer_page(event, lambda _: response(HTTPStatus.OK, HEADERS, '{"status":"ok"}'))
    logger.info("healthz", extra={"status": answer["statusCode"]})
    return answer

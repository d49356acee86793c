"""GET /v1/openapi.json: the API's document; GET /docs: a page that shows it, and what it loads."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from larder.api.http.pages import answer_page
from larder.api.reference.page import Reference
from larder.runtime.observability import logger

reference = Reference.built()


def lambda_handler(event: dict[str, Any], _: LambdaContext) -> dict[str, Any]:
    """Return the document, the page, a file of its version, or 404."""
    answer = answer_page(event, reference.answer)
    logger.info("reference", extra={"path": event["path"][:80], "status": answer["statusCode"]})
    return answer

"""GET /console: the console's page, and what it loads."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from larder.api.console.page import Page
from larder.api.http.pages import answer_page
from larder.runtime.observability import logger

page = Page.built()


def lambda_handler(event: dict[str, Any], _: LambdaContext) -> dict[str, Any]:
    """Return the page, a file of its version, or 404."""
    answer = answer_page(event, page.answer)
    logger.info("console_page", extra={"path": event["path"][:80], "status": answer["statusCode"]})
    return answer

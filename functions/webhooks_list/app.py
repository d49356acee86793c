"""GET /v1/webhooks: list a project's webhooks."""

from larder.api.http.requests import tenant_of
from larder.api.http.resolver import lambda_handler_for, resolver
from larder.api.webhooks.models import WebhookList
from larder.runtime.composition import Composition
from larder.services.webhooks.list import list_webhooks

app = resolver()
ports = Composition.from_environment()
webhooks = ports.webhooks


@app.get("/v1/webhooks", summary="List webhooks", operation_id="webhooks_list")
def webhooks_list() -> WebhookList:
    """Return all webhooks of the project, oldest first, without their secrets."""
    return WebhookList.of(list_webhooks(tenant_of(app.current_event), webhooks=webhooks))


lambda_handler = lambda_handler_for(app, limit_rate=ports.limit_rate)

"""GET /v1/webhooks/{webhook_id}/deliveries: what was sent to a webhook."""

from typing import Annotated

from larder.api.http.params import Query
from larder.api.http.requests import tenant_of
from larder.api.http.resolver import lambda_handler_for, resolver
from larder.api.webhooks.models import DeliveryList
from larder.runtime.composition import Composition
from larder.services.webhooks.list import DEFAULT_PAGE, MAX_PAGE, list_deliveries

app = resolver()
ports = Composition.from_environment()
webhooks, deliveries = ports.webhooks, ports.deliveries


@app.get(
    "/v1/webhooks/<webhook_id>/deliveries",
    summary="List a webhook's deliveries",
    operation_id="webhooks_deliveries",
)
def webhooks_deliveries(
    webhook_id: str,
    limit: Annotated[int, Query(description=f"1..{MAX_PAGE}")] = DEFAULT_PAGE,
    after: Annotated[
        str | None, Query(description="A delivery's id: the position to go on from")
    ] = None,
) -> DeliveryList:
    """Return a page of deliveries of the last 30 days, the newest event first."""
    page = list_deliveries(
        tenant_of(app.current_event),
        webhook_id,
        limit=limit,
        after=after,
        webhooks=webhooks,
        deliveries=deliveries,
    )
    return DeliveryList.of(page)


lambda_handler = lambda_handler_for(app, limit_rate=ports.limit_rate)

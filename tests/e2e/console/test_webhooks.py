"""The webhooks of the project, and what was sent to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.fakes.model_script import Rule
from tests.fakes.model_server import serving

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.e2e.api import Api
    from tests.e2e.projects import Operator, Project


def open_webhooks(page: Page) -> None:
    page.get_by_role("navigation", name="Menu").get_by_role("link", name="Webhooks").click()


def test_without_webhooks_the_page_says_how_to_add_one(page: Page) -> None:
    open_webhooks(page)

    expect(page.get_by_text("No webhooks yet")).to_be_visible()
    expect(page.get_by_text("larder webhook add demo")).to_be_visible()


def test_a_delivery_is_followed_until_the_server_takes_it(
    page: Page, api: Api, operator: Operator, project: Project
) -> None:
    # Any server that answers will do.
    with serving([Rule(status=500, times=1)]) as server:
        secret, webhook = operator.add_webhook(
            project.id, f"{server.base_url}/hook", "file.processed"
        )
        api.create_file(b"x", "a.txt")
        open_webhooks(page)
        line = page.get_by_role("listitem").filter(has_text=webhook.url)
        expect(line).to_contain_text("file.processed")
        line.get_by_role("button", name="Deliveries").click()

        delivery = line.get_by_role("row").filter(has_text="file.processed")
        expect(delivery).to_contain_text("delivered", timeout=60_000)
        expect(delivery.get_by_role("cell").nth(3)).to_have_text("2")

    expect(page.get_by_text(f"larder webhook test demo {webhook.id}")).to_be_visible()
    assert secret not in page.content()

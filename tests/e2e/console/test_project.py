"""What belongs to the whole project: usage over time, model servers, and how programs connect."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from larder.domain.upstreams import Upstream

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.e2e.api import Api
    from tests.e2e.projects import Operator, Project


def test_the_project_shows_its_usage_its_servers_and_its_address(
    page: Page, api: Api, operator: Operator, project: Project
) -> None:
    api.create_file(b"x" * 2048, "a.txt")
    operator.upstreams.put(
        Upstream("shown", "https://models.example/v1", ("shown-*",), created_at=0)
    )
    page.get_by_role("link", name="Project").click()

    chart = page.get_by_role("img", name="The last 30 days")
    expect(chart).to_have_attribute("aria-label", re.compile("2.0 KiB, 1 file$"))
    servers = page.get_by_role("row").filter(has_text="shown-*")
    expect(servers).to_contain_text("no limit")
    expect(page.get_by_text("models.example")).to_have_count(0)
    expect(page.get_by_text(f'base_url="{project.base_url}"')).to_be_visible()
    operator.upstreams.remove("shown")

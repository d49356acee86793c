"""What belongs to the whole project: usage over time, model servers, and how programs connect."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from larder.domain.upstreams import Upstream
from tests.e2e.console.browsing import signed_in

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from tests.e2e.api import Api
    from tests.e2e.projects import Operator, Project

MIB = 2**20
COLOUR = """name => {
  const probe = document.body.appendChild(document.createElement("p"));
  probe.style.backgroundColor = name;
  const found = getComputedStyle(probe).backgroundColor;
  probe.remove();
  return found;
}"""


def test_bars_are_seen_where_the_system_chooses_the_colours(
    browser: Browser, operator: Operator, project: Project, api: Api
) -> None:
    api.create_file(b"x" * MIB, "a.txt")
    with signed_in(browser, operator, project, forced_colors="active") as page:
        page.get_by_role("link", name="Project").click()
        expect(page.get_by_role("img", name="The last 30 days")).to_be_visible()
        highlight = page.evaluate(COLOUR, "Highlight")
        bars = page.locator(".meter i, .chart i")
        expect(bars.first).to_be_visible()
        drawn = bars.evaluate_all("all => all.map(each => getComputedStyle(each).backgroundColor)")
        assert len(drawn) >= 5
        assert set(drawn) == {highlight}


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

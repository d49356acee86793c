from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect, sync_playwright

from tests.e2e.console.browsing import signed_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

    from tests.e2e.api import Api
    from tests.e2e.projects import NewProject, Operator, Project

HERE = Path(__file__).parent
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if CHROMIUM is None:
        missing = pytest.mark.skip(reason="there is no Chromium: apt install chromium")
        for item in items:
            if item.path.is_relative_to(HERE):
                item.add_marker(missing)


# Playwright's event loop runs until this ends, and no other test may start one meanwhile.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        # A function's first request can take seconds on a busy machine.
        expect.set_options(timeout=15_000)
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture
def project(new_project: NewProject) -> Project:
    return new_project()


@pytest.fixture
def api(project: Project) -> Iterator[Api]:
    with project.api() as api:
        yield api


@pytest.fixture
def page(browser: Browser, operator: Operator, project: Project) -> Iterator[Page]:
    """The console, signed in."""
    with signed_in(browser, operator, project) as page:
        yield page

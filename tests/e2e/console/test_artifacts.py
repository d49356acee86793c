"""The artifacts of the project: what is in them, how a batch names them, and their end."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import TYPE_CHECKING, Any

from playwright.sync_api import expect

from tests.e2e.api import assert_refused
from tests.e2e.console.browsing import end_session, link, row, tab_to, violations

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    from tests.e2e.api import Api
    from tests.e2e.projects import NewProject, Operator, Project

PAGE = 50
MIB = 2**20
PIXEL = base64.b64encode(
    b"GIF89a\x01\x00\x01\x00\x80\x00\x00\xff\x00\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"
).decode()
MARKUP = "<img src=x onerror='window.evil = 1'>"


def create(api: Api, content: str | None = "Be polite.", name: str = "", **fields: Any) -> str:
    """Create an artifact, and return its id."""
    metadata = {"name": name} if name else {}
    body = {"artifact_type": "text_context", "metadata": metadata, "content": content}
    made: str = api.json("POST", "/artifacts", version=2, json=body | fields)["id"]
    return made


def bundle(api: Api, *ids: str) -> str:
    members = [{"artifact_id": each, "role": "system"} for each in ids]
    made: str = api.json("POST", "/bundles", version=2, json={"artifacts": members})["id"]
    return made


def open_artifacts(page: Page) -> None:
    page.get_by_role("navigation", name="Menu").get_by_role("link", name="Artifacts").click()


def opened(page: Page, name: str) -> Locator:
    open_artifacts(page)
    row(page, name).click()
    return page.get_by_role("complementary", name="Details")


def test_without_artifacts_the_page_says_what_they_are_for(page: Page) -> None:
    open_artifacts(page)

    expect(page.get_by_text("No artifacts yet")).to_be_visible()
    expect(page.get_by_text("larder artifact create prompt.txt")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("link", name="Bundles").click()
    expect(page.get_by_text("No bundles yet")).to_be_visible()


def test_a_long_list_is_read_page_by_page_and_by_type(page: Page, api: Api) -> None:
    for number in range(PAGE + 3):
        create(api, name=f"prompt {number:02}")
    create(api, name="the rules", artifact_type="policy")

    open_artifacts(page)

    grid = page.get_by_role("grid", name="Artifacts")
    expect(grid).to_have_attribute("aria-rowcount", str(PAGE + 1))
    expect(grid.get_by_role("row").nth(1)).to_contain_text("the rules")
    page.get_by_role("button", name="More").click()
    expect(grid).to_have_attribute("aria-rowcount", str(PAGE + 4 + 1))
    expect(page.get_by_role("button", name="More")).to_have_count(0)
    page.keyboard.press("End")
    expect(row(page, "prompt 00")).to_be_focused()
    page.get_by_label("Type", exact=True).select_option("policy")
    expect(grid).to_have_attribute("aria-rowcount", "2")
    page.get_by_label("Type", exact=True).select_option("checkpoint")
    page.get_by_role("link", name="Show all types").click()
    expect(grid).to_have_attribute("aria-rowcount", str(PAGE + 1))


def test_what_is_in_an_artifact_is_shown_and_never_run(page: Page, api: Api) -> None:
    script = "<script>window.evil = 1</script>"
    create(api, script, MARKUP, content_media_type="text/html")
    create(api, '{"type": "object"}', "schema", content_media_type="application/json")
    create(api, "NUL \0 and \u202e back", "control")
    picture = {"artifact_type": "binary_attachment", "content_encoding": "base64"}
    create(api, PIXEL, "logo", content_media_type="image/gif", **picture)
    create(api, PIXEL, "archive", content_media_type="application/zip", **picture)

    shown = opened(page, MARKUP)

    expect(shown.get_by_role("heading", name=MARKUP)).to_be_visible()
    expect(shown.locator(".preview")).to_have_text(script)
    row(page, "schema").click()
    expect(shown.locator(".preview")).to_have_text('{\n  "type": "object"\n}')
    row(page, "control").click()
    expect(shown.locator(".preview")).to_contain_text("NUL")
    row(page, "logo").click()
    expect(shown.get_by_role("img", name="logo")).to_have_js_property("naturalWidth", 1)
    row(page, "archive").click()
    expect(shown).to_contain_text("no preview for this kind")
    assert violations(page) == []
    assert page.evaluate("window.evil") is None


def test_the_reference_and_the_id_are_copied(page: Page, api: Api) -> None:
    artifact = create(api, name="rules")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    shown = opened(page, "rules")

    for button, copied in (
        ("Copy: {", f'{{"$artifact":"{artifact}"}}'),
        ("Copy id", artifact),
    ):
        shown.get_by_role("button", name=button).click()
        expect(page.get_by_text("Copied").last).to_be_visible()
        assert page.evaluate("navigator.clipboard.readText()") == copied


def test_a_large_one_is_downloaded_whole(page: Page, api: Api) -> None:
    data = bytes(range(256)) * (8 * MIB // 256)
    file = api.upload_directly(data, filename="a.bin", mime_type="application/octet-stream")
    create(api, None, "a.bin", artifact_type="binary_attachment", file_id=file["id"])
    text = "a line of a long prompt\n" * (MIB // 16)
    long = api.upload_directly(text.encode(), filename="long.txt", mime_type="text/plain")
    create(api, None, "long", file_id=long["id"], artifact_type="binary_attachment")

    shown = opened(page, "a.bin")
    with page.expect_download() as saving:
        shown.get_by_role("button", name="Download").click()

    assert saving.value.suggested_filename == "a.bin"
    assert Path(saving.value.path()).read_bytes() == data
    row(page, "long").click()
    expect(shown).to_contain_text("This shows the first part")
    expect(shown.locator(".preview")).to_contain_text("a line of a long prompt")


def test_a_bundle_says_which_of_its_artifacts_are_gone(page: Page, api: Api) -> None:
    kept, lost = create(api, name="kept"), create(api)
    bundle_id = bundle(api, kept, lost)
    api.json("DELETE", f"/artifacts/{lost}", version=2)
    open_artifacts(page)
    page.get_by_role("link", name="Bundles").click()
    expect(row(page, bundle_id)).to_contain_text("2 artifacts")

    row(page, bundle_id).click()

    shown = page.get_by_role("complementary", name="Details")
    expect(shown.get_by_role("listitem").filter(has_text=lost)).to_contain_text("deleted")
    expect(shown).to_contain_text(f'{{"$bundle":"{bundle_id}"}}')
    assert violations(page) == []
    shown.get_by_role("link", name=kept).click()
    expect(shown.get_by_role("heading", name="kept")).to_be_visible()
    page.go_back()
    shown.get_by_role("button", name="Delete for good").click()
    expect(page.get_by_role("dialog")).to_contain_text("Its artifacts stay")
    page.get_by_role("dialog").get_by_role("button", name="Delete for good").click()
    expect(page.get_by_text("No bundles yet")).to_be_visible()
    assert api.json("GET", f"/artifacts/{kept}", version=2)["id"] == kept


def test_an_artifact_is_deleted_for_good_by_keys_and_after_a_yes(page: Page, api: Api) -> None:
    create(api, name="older")
    newer = create(api, "x" * 1000, name="newer")
    page.reload()
    menu = page.get_by_role("navigation", name="Menu")
    expect(menu.get_by_text("2 of 200")).to_be_visible()
    open_artifacts(page)
    expect(row(page, "newer")).to_be_visible()

    tab_to(page, ".line")
    page.keyboard.press("Enter")
    shown = page.get_by_role("complementary", name="Details")
    expect(shown.get_by_role("heading", name="newer")).to_be_visible()
    page.keyboard.press("Delete")
    expect(page.get_by_role("dialog")).to_contain_text("artifacts have no trash")
    assert violations(page) == []
    page.keyboard.press("Escape")
    expect(row(page, "newer")).to_be_visible()
    page.keyboard.press("Delete")
    page.get_by_role("dialog").get_by_role("button", name="Delete for good").press("Enter")

    expect(page.get_by_text("“newer” is deleted for good")).to_be_visible()
    expect(row(page, "newer")).to_have_count(0)
    expect(shown).to_have_count(0)
    expect(menu.get_by_text("1 of 200")).to_be_visible()
    assert_refused(api.send("GET", f"/artifacts/{newer}", version=2), 404, param="id")
    page.keyboard.press("Enter")
    expect(shown.get_by_role("heading", name="older")).to_be_visible()


def test_an_artifact_that_is_gone_already_leaves_the_list(page: Page, api: Api) -> None:
    artifact = create(api, name="rules")
    shown = opened(page, "rules")
    shown.get_by_role("button", name="Delete for good").click()
    api.json("DELETE", f"/artifacts/{artifact}", version=2)

    page.get_by_role("dialog").get_by_role("button", name="Delete for good").click()

    expect(page.get_by_text("No artifacts yet")).to_be_visible()


def test_another_projects_artifacts_are_not_there(
    page: Page, api: Api, new_project: NewProject
) -> None:
    create(api, name="ours")
    with new_project().api() as other:
        foreign = create(other, "a secret", name="theirs")
    open_artifacts(page)
    expect(page.get_by_role("grid")).to_have_attribute("aria-rowcount", "2")

    page.evaluate("address => { location.hash = address }", f"#/artifacts/{foreign}")

    shown = page.get_by_role("complementary", name="Details")
    expect(shown).to_contain_text("Request id")
    expect(shown).to_contain_text(foreign)
    assert "theirs" not in page.content()
    assert "a secret" not in page.content()


def test_a_list_that_fails_says_why_and_is_read_again(page: Page, api: Api) -> None:
    create(api, name="rules")
    refusal = {"error": {"message": "Too much at once.", "type": "rate_limit_error"}}
    headers = {"x-request-id": "req-1"}
    page.route(
        "**/v2/artifacts?*",
        lambda route: route.fulfill(status=400, json=refusal, headers=headers),
    )
    open_artifacts(page)
    expect(page.get_by_text("Too much at once.")).to_be_visible()
    expect(page.get_by_text("Request id: req-1")).to_be_visible()

    page.unroute("**/v2/artifacts?*")
    page.get_by_role("button", name="Try again").click()

    expect(row(page, "rules")).to_be_visible()


def test_a_deletion_goes_on_after_the_session_ended(
    page: Page, operator: Operator, project: Project, api: Api
) -> None:
    create(api, name="rules")
    opened(page, "rules")
    end_session(page)
    again = page.get_by_role("dialog")
    again.get_by_label("API key").fill(link(operator, project))
    again.get_by_role("button", name="Sign in").click()

    shown = page.get_by_role("complementary", name="Details")
    expect(shown.locator(".preview")).to_have_text("Be polite.")
    shown.get_by_role("button", name="Delete for good").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete for good").click()
    expect(page.get_by_text("No artifacts yet")).to_be_visible()


def test_usage_counts_artifacts(page: Page, api: Api) -> None:
    create(api, "x" * 2048)
    bundle(api, create(api))
    page.get_by_role("navigation", name="Menu").get_by_role("link", name="Project").click()

    expect(page.get_by_role("main")).to_contain_text("3 stored")
    expect(page.get_by_role("main")).to_contain_text("Artifacts and bundles count as files")


def test_another_tab_shows_what_is_deleted(
    page: Page, operator: Operator, project: Project, api: Api
) -> None:
    create(api, name="rules")
    other = page.context.new_page()
    other.goto(link(operator, project))
    open_artifacts(other)
    expect(row(other, "rules")).to_be_visible()

    opened(page, "rules").get_by_role("button", name="Delete for good").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete for good").click()

    expect(other.get_by_text("No artifacts yet")).to_be_visible()
    other.close()


def test_another_tab_that_showed_none_shows_what_has_come(
    page: Page, operator: Operator, project: Project, api: Api
) -> None:
    other = page.context.new_page()
    other.goto(link(operator, project))
    open_artifacts(other)
    expect(other.get_by_text("No artifacts yet")).to_be_visible()
    create(api, name="rules")
    create(api, name="old rules")

    opened(page, "old rules").get_by_role("button", name="Delete for good").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete for good").click()

    expect(row(other, "rules")).to_be_visible()
    other.close()

"""The chat: a model works with the files of the deployed stack, and only its words are scripted."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from larder.domain.upstreams import Upstream
from tests.e2e.console.browsing import row, violations
from tests.e2e.space import Space
from tests.fakes.chat_server import calls, chat_server, results, says, script
from tests.fakes.chat_streams import Held, cut, fragments

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Locator, Page

    from tests.e2e.api import Api
    from tests.e2e.projects import Operator
    from tests.fakes.chat_server import ChatServer


@pytest.fixture
def model(operator: Operator) -> Iterator[ChatServer]:
    with chat_server() as server:
        operator.upstreams.put(Upstream("chatty", server.base_url, ("chatty-1",), created_at=0))
        yield server
        operator.upstreams.remove("chatty")


@pytest.fixture
def chat(page: Page, model: ChatServer) -> Locator:
    """The chat, opened by keyboard, with a model that a person has chosen."""
    page.keyboard.press("Control+k")
    chat = page.get_by_role("complementary", name="Chat")
    expect(chat.get_by_label("Message")).to_be_focused()
    page.keyboard.type("hello")
    page.keyboard.press("Enter")
    chat.get_by_role("button", name="chatty-1").click()
    expect(chat.get_by_text("hello")).to_have_count(2)
    model.requests.clear()
    return chat


def say(page: Page, words: str) -> None:
    # While an answer comes, there is a button that stops it.
    expect(page.get_by_role("button", name="Send")).to_be_visible()
    page.get_by_label("Message").fill(words)
    page.keyboard.press("Enter")


def test_without_a_model_the_chat_says_so_and_takes_one_by_name(
    page: Page, model: ChatServer
) -> None:
    page.get_by_role("button", name="Chat").click()
    chat = page.get_by_role("complementary", name="Chat")
    chat.get_by_role("button", name="What is in this folder?").click()
    page.keyboard.press("Enter")

    expect(chat.get_by_role("alert")).to_contain_text("No model is set up for the chat")
    expect(chat).to_contain_text("ChatModel")
    assert model.requests == []
    assert violations(page) == []
    chat.get_by_label("Name of a model").fill("chatty-1")
    page.keyboard.press("Enter")
    expect(chat.get_by_text("hello", exact=True)).to_be_visible()
    [asked] = model.requests
    assert asked["messages"][-1] == {"role": "user", "content": "What is in this folder?"}

    page.get_by_label("Message").focus()
    page.keyboard.press("Escape")
    expect(chat).to_have_count(0)
    page.keyboard.press("Control+k")
    expect(chat.get_by_text("hello", exact=True)).to_be_visible()
    chat.get_by_role("button", name="New chat").click()
    expect(chat.get_by_text("hello", exact=True)).to_have_count(0)


def test_a_change_shows_in_the_list_and_is_undone(
    page: Page, api: Api, chat: Locator, model: ChatServer
) -> None:
    Space(api).put("report.txt")
    model.behaviour = script(
        calls(("search_files", {"query": "report"})),
        lambda messages: calls(
            ("rename_file", {"file_id": results(messages)[0]["files"][0]["id"], "name": "plan.txt"})
        ),
        says("It is called plan.txt now."),
    )

    say(page, "Rename the report to plan.txt")

    expect(chat.get_by_text("It is called plan.txt now.")).to_be_visible()
    expect(chat.get_by_text("Searched: report")).to_be_visible()
    expect(row(page, "plan.txt")).to_be_visible()
    assert violations(page) == []
    chat.get_by_role("button", name=re.compile("^Undo")).click()
    expect(chat.get_by_text("undone")).to_be_visible()
    expect(row(page, "report.txt")).to_be_visible()
    assert Space(api).found() == ["report.txt"]


def test_text_shows_while_the_model_still_writes(
    page: Page, chat: Locator, model: ChatServer
) -> None:
    model.behaviour = script(says("abcdef"))
    model.streaming = held = Held()
    say(page, "Spell")

    expect(chat.get_by_text("Working")).to_be_visible()
    held.let_go(2)
    expect(chat.get_by_text("abc", exact=True)).to_be_visible()
    expect(chat.get_by_text("Working")).to_have_count(0)
    assert violations(page) == []
    held.let_go(9)
    expect(chat.get_by_text("abcdef", exact=True)).to_be_visible()
    expect(chat.get_by_role("button", name="Send")).to_be_visible()


def test_text_that_breaks_off_is_no_part_of_the_conversation(
    page: Page, chat: Locator, model: ChatServer
) -> None:
    model.behaviour = script(says("I have found this."))
    model.streaming = cut
    say(page, "Look")
    expect(chat.get_by_role("alert")).to_contain_text("broke off in the middle")
    expect(chat.get_by_text("I have")).to_be_visible()

    model.streaming = fragments
    chat.get_by_role("button", name="Try again").click()
    expect(chat.get_by_text("I have found this.", exact=True)).to_be_visible()
    expect(chat.get_by_role("alert")).to_have_count(0)
    said = [each["content"] for each in model.requests[-1]["messages"][1:]]
    assert said == ["hello", "hello", "Look"]


def test_a_large_change_waits_for_a_person(
    page: Page, api: Api, chat: Locator, model: ChatServer
) -> None:
    space = Space(api)
    ids = [space.put(f"draft {number:02}.txt")["fileId"] for number in range(12)]
    page.evaluate("location.hash = '#/files?is=recent'")
    expect(row(page, "draft 11.txt")).to_be_visible()
    page.get_by_label("Select all").check()
    expect(chat.get_by_text("12 items")).to_be_visible()
    model.behaviour = script(
        calls(("trash_files", {"file_ids": ids})), says("Shall I move these 12 files?")
    )
    say(page, "Delete these")

    plan = chat.get_by_role("region", name="This waits for your yes").last
    expect(plan).to_contain_text("12 files")
    assert violations(page) == []
    plan.get_by_role("button", name="Cancel").click()
    expect(chat.get_by_text("Nothing of this was done")).to_be_visible()
    assert len(space.found()) == 12

    say(page, "Delete these after all")
    plan.get_by_role("button", name="Confirm").click()
    expect(chat.get_by_text("You agreed to this")).to_be_visible()
    expect(row(page, "draft 11.txt")).to_have_count(0)
    assert space.found() == []
    chat.get_by_role("button", name=re.compile("^Undo")).click()
    expect(row(page, "draft 11.txt")).to_be_visible()
    assert len(space.found()) == 12


def test_this_is_the_selection_or_else_the_folder(
    page: Page, api: Api, chat: Locator, model: ChatServer
) -> None:
    space = Space(api)
    reports = space.make_folder("Reports")
    file_id = space.put("a.txt", folderId=reports)["fileId"]
    page.get_by_role("navigation", name="Menu").get_by_role("link", name="Recent").click()
    page.evaluate("id => { location.hash = `#/files/${id}` }", reports)
    expect(row(page, "a.txt")).to_be_visible()
    expect(chat.get_by_role("button", name="Leave out Reports")).to_be_visible()
    say(page, "What is this?")
    expect(chat.get_by_text("hello")).to_have_count(3)
    assert f"- folder {reports}" in model.requests[-1]["messages"][0]["content"]

    page.get_by_label("Select a.txt").check()
    expect(chat.get_by_role("button", name="Leave out a.txt")).to_be_visible()
    say(page, "And this?")
    expect(chat.get_by_text("hello")).to_have_count(4)
    system = model.requests[-1]["messages"][0]["content"]
    assert f"- file {file_id}" in system
    assert reports not in system

    chat.get_by_role("button", name="Leave out a.txt").click()
    say(page, "And nothing?")
    expect(chat.get_by_text("hello")).to_have_count(5)
    assert file_id not in model.requests[-1]["messages"][0]["content"]


def test_a_model_that_fails_is_asked_again_by_the_person_alone(
    page: Page, chat: Locator, model: ChatServer
) -> None:
    model.status = 500
    say(page, "Tidy up")
    problem = chat.get_by_role("alert")
    expect(problem).to_be_visible(timeout=30_000)
    expect(problem).to_contain_text("Request id")
    asked = len(model.requests)

    model.status = 200
    chat.get_by_role("button", name="Try again").click()
    expect(problem).to_have_count(0)
    expect(chat.get_by_text("hello")).to_have_count(3)
    assert len(model.requests) == asked + 1
    expect(chat.get_by_text("Tidy up")).to_have_count(1)

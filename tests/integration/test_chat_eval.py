"""The tasks of `make chat-eval` and their judge, with scripted models: every task can be done."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.chat_eval.run import Model, run
from tests.chat_eval.tasks import TASKS, Task
from tests.fakes.chat_server import calls, chat_server, results, says

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.fakes.chat_server import Behaviour, ChatServer, Messages

LOOKS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("search_files", {}),
    ("list_folder", {}),
    ("list_trash", {}),
)


@pytest.fixture(scope="module")
def server() -> Iterator[ChatServer]:
    with chat_server() as server:
        yield server


def outcome(server: ChatServer, task: Task, behaviour: Behaviour) -> str:
    server.behaviour = behaviour
    return run(task, Model(server.base_url, "m")).wrong


def ids_in(done: list[Any]) -> dict[str, str]:
    """Return the ids that tools have returned, by the names of files and folders."""
    found: dict[str, str] = {}
    for each in done[: len(LOOKS)]:
        for row in (*each.get("files", ()), *each.get("folders", ())):
            found[row["name"]] = row["id"]
    for each in done[len(LOOKS) :]:
        found["$created"] = each.get("created_id", "")
    return found


def doing(task: Task) -> Behaviour:
    """A model that looks at everything, and then calls what the task says, one by one."""

    def filled(value: Any, ids: dict[str, str]) -> Any:
        if isinstance(value, list):
            return [ids.get(each, each) for each in value]
        return ids.get(value, value) if isinstance(value, str) else value

    def behave(messages: Messages) -> Any:
        done = results(messages)
        if not done:
            return calls(*LOOKS)
        step = len(done) - len(LOOKS)
        if step == len(task.calls):
            return says(f"No more than this: {json.dumps(done[len(LOOKS) :])}")
        tool, arguments = task.calls[step]
        ids = ids_in(done)
        named = {
            name: filled(value, ids) if name.endswith(("_id", "_ids")) else value
            for name, value in arguments.items()
        }
        return calls((tool, named))

    return behave


def test_there_are_40_tasks_of_different_names() -> None:
    assert len({task.name for task in TASKS}) == len(TASKS) == 40


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_a_model_that_does_what_is_asked_is_right(server: ChatServer, task: Task) -> None:
    assert outcome(server, task, doing(task)) == ""


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_a_model_that_only_says_so_is_wrong(server: ChatServer, task: Task) -> None:
    assert outcome(server, task, lambda _: says("Done.")) != ""


@pytest.mark.parametrize(
    "task", [task for task in TASKS if not task.confirms], ids=lambda task: task.name
)
def test_a_model_that_does_more_than_it_is_asked_is_wrong(server: ChatServer, task: Task) -> None:
    more = ("set_favorite", {"file_ids": ["minutes.txt"], "favorite": True})

    assert outcome(server, task, doing(replace(task, calls=[*task.calls, more]))) != ""


def test_a_model_that_fails_is_wrong(server: ChatServer) -> None:
    server.raw = b"nonsense"

    assert "did not answer" in outcome(server, TASKS[0], lambda _: says("13"))
    server.raw = None


def test_a_server_that_refuses_the_key_is_said(server: ChatServer) -> None:
    server.status = 401

    assert "refused the request with status 401" in outcome(server, TASKS[0], lambda _: says("13"))
    server.status = 200

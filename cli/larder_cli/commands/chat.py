"""`larder chat`: let a model work with the files, and see what it does."""

from __future__ import annotations

import base64
import json
import re
import sys
import zlib
from typing import TYPE_CHECKING, Any

import click
import msgspec

from larder_cli.failures import OperatorError
from larder_cli.shared.arguments import argument
from larder_cli.shared.connection import connection_options, json_option, open_client
from larder_cli.shared.each import report
from larder_cli.shared.output import note, print_json_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from larder_client import Client
    from larder_client.chat.events import Tell
    from larder_client.chat.models import ChatAction, ChatAnswer, ChatOptions, Confirmation

MAX_UNASKED = 10
"""Files of a plan that `--yes` carries out."""

_SIGNATURE_BYTES = 16
_MAX_PLAN = 2**20

# Of what a model says, which may be what a file says, none may control the terminal.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")

_MARKS = {"read": " ", "write": "+", "held": "?", "refused": "!"}


@click.command()
@argument(
    "message",
    required=False,
    metavar="[MESSAGE]",
    help="What to ask. Without it, a conversation begins.",
)
@click.option("--file", multiple=True, metavar="ID", help="A file that 'this' means.")
@click.option("--folder", multiple=True, metavar="ID", help="A folder, likewise.")
@click.option("--model", metavar="NAME", help="The model. Default: the deployment's.")
@click.option("--confirm", metavar="PLAN", help="Carry out this plan. You are asked first, always.")
@click.option("--yes", is_flag=True, help="Do not ask about plans of up to 10 files.")
@connection_options
@json_option
def chat(
    message: str | None,
    file: tuple[str, ...],
    folder: tuple[str, ...],
    model: str | None,
    confirm: str | None,
    yes: bool,
    base_url: str | None,
    api_key: str | None,
    as_json: bool,
) -> None:
    """Ask a model to find, read, rename, move, tag, trash or restore files.

    The answer and each call of a tool are shown as they come. Changes that need a person are shown,
    and you are asked. Nothing is deleted for good, and 'undo that' takes a change back.
    """
    with report(as_json=as_json), open_client(base_url, api_key) as client:
        if confirm is not None:
            _confirm_given(client, confirm, as_json=as_json)
            return
        options: ChatOptions = {}
        if file:
            options["file_ids"] = file
        if folder:
            options["folder_ids"] = folder
        if model is not None:
            options["model"] = model
        messages: list[dict[str, str]] = []
        for said in [message] if message is not None else _lines():
            messages.append({"role": "user", "content": said})
            answer = _shown(
                lambda tell: client.chat(messages, tell=tell, **options), as_json=as_json
            )
            if answer.needs_confirmation is not None:
                answer = _ask(client, answer.needs_confirmation, yes=yes, as_json=as_json) or answer
            messages.append({"role": "assistant", "content": answer.response})


def _lines() -> Any:  # noqa: ANN401 - an iterator of texts
    while True:
        try:
            said = input("> " if sys.stdin.isatty() else "")
        except EOFError:
            return
        if said.strip():
            yield said


def _ask(client: Client, waiting: Confirmation, *, yes: bool, as_json: bool) -> ChatAnswer | None:
    """Carry out a plan if the user agrees; None if not."""
    note(waiting.summary)
    # How many files an undo changes is not in its arguments.
    few = waiting.files <= MAX_UNASKED and all(step.tool != "undo" for step in waiting.steps)
    if not (yes and few) and not click.confirm("Do this?", err=True):
        note("Nothing was done.")
        return None
    return _shown(lambda tell: client.confirm(waiting.plan, tell=tell), as_json=as_json)


def _confirm_given(client: Client, plan: str, *, as_json: bool) -> None:
    if not sys.stdin.isatty():
        message = "A plan is confirmed by a person: run this in a terminal."
        raise OperatorError(message)
    for summary in summaries_of(plan):
        note(summary)
    if not click.confirm("Do this?", err=True):
        note("Nothing was done.")
        raise click.exceptions.Exit(1)
    _shown(lambda tell: client.confirm(plan, tell=tell), as_json=as_json)


def summaries_of(plan: str) -> list[str]:
    """Return what a plan does, for people. The server checks its signature.

    Raises:
        OperatorError: it is no plan.
    """
    try:
        signed = base64.urlsafe_b64decode(plan + "=" * (-len(plan) % 4))
        unpacked = zlib.decompressobj().decompress(signed[_SIGNATURE_BYTES:], _MAX_PLAN)
        return [str(step["summary"]) for step in json.loads(unpacked)["steps"]]
    except (ValueError, KeyError, TypeError, zlib.error) as error:
        message = "This is no plan: copy all of it."
        raise OperatorError(message) from error


def _shown(ask: Callable[[Tell | None], ChatAnswer], *, as_json: bool) -> ChatAnswer:
    """Return the answer, which is shown as it comes; as JSON, once it is whole."""
    if as_json:
        answer = ask(None)
        print_json_line(msgspec.to_builtins(answer))
        return answer
    screen = _Screen()
    try:
        return ask(screen.show)
    finally:
        screen.end_line()


class _Screen:
    """Shows text on stdout, and actions on stderr, each on a line of its own."""

    def __init__(self) -> None:
        self._in_line = False

    def show(self, event: str | ChatAction) -> None:
        """Show a piece of text, or an action."""
        if isinstance(event, str):
            click.echo(_CONTROL.sub("\N{REPLACEMENT CHARACTER}", event), nl=False)
            self._in_line = not event.endswith("\n")
            return
        self.end_line()
        said = f"{_MARKS.get(event.operation, ' ')} {event.tool}: {_said(event)}"
        note(_CONTROL.sub("\N{REPLACEMENT CHARACTER}", said))

    def end_line(self) -> None:
        """End the line of a text."""
        if self._in_line:
            click.echo()
            self._in_line = False


def _said(action: ChatAction) -> str:
    result = action.result
    if "error" in result:
        return str(result["error"])
    if "summary" in result:
        undo = f" (undo: {action.undo})" if action.undo else ""
        return f"{result['summary']}{undo}"
    return ", ".join(f"{name}={value}" for name, value in action.arguments.items()) or "done"

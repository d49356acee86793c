"""A project as a team might have it, for pictures of every view."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

from larder.domain.upstreams import Upstream
from tests.e2e.api import batch_lines, eventually
from tests.e2e.console.pdfs import pdf
from tests.e2e.space import Space
from tests.fakes.model_script import Rule
from tests.fakes.model_server import serving

if TYPE_CHECKING:
    from tests.e2e.api import Api
    from tests.e2e.projects import Operator, Project

DAY = 86400
BROKEN = batch_lines(30) + batch_lines(8) + b'{"custom_id": "line-39"}\nnot JSON\n'
CSV = b'id,customer,total\n1,"Adler, Ann",20.00\n2,Berg,31.50\n3,Costa,8.25\n'
RULES = "Never promise a refund. Hand over to a person when somebody asks for one.\n"
PROMPT = """You answer the customers of a bookshop.

* Be short and polite, and answer in the customer's language.
* If you do not know something, say so, and name the page that has it.
* Orders can be changed until they are packed. Ask for the order's number first.
"""
NO_SUCH_LANGUAGE = {"error": {"message": "The model does not speak this language."}}


def furnish(project: Project, operator: Operator) -> dict[str, str]:
    """Fill the project, and return the ids and addresses of what the views show."""
    operator.create_key(project.id, name="the nightly job", lifetime=90 * DAY)
    operator.create_key(project.id, frozenset({"read"}), name="the dashboard")
    rules = [Rule(status=400, body=NO_SUCH_LANGUAGE, path="/v1/chat/completions", times=2)]
    with project.api() as api, serving(rules) as models:
        _, webhook = operator.add_webhook(project.id, f"{models.base_url}/larder")
        operator.upstreams.put(Upstream("seen", models.base_url, ("seen-*",), created_at=0))
        shown = _files(api) | _artifacts(api) | {"webhook": webhook.url, "batch": _batch(api)}
        operator.upstreams.remove("seen")
    return shown


def _files(api: Api) -> dict[str, str]:
    space = Space(api)
    reports = space.make_folder("Reports")
    space.make_folder("2026", reports)
    space.make_folder("Evaluations")
    for name in ("interviews.md", "prompt.txt", "settings.json"):
        space.put(name, b"{}")
    prices = space.put("price list 2026.pdf", pdf("Price list 2026", "Orders"))
    space.put("a name that goes on and on until it has to be cut, final version (3).txt", b"x")
    orders = space.put("orders.csv", CSV, tags="finance,q4")
    space.change(orders["fileId"], favorite=True)
    space.put("summary.md", b"# Summary", folderId=reports)
    api.create_file(batch_lines(40), "questions.jsonl", "batch")
    broken = api.create_file(BROKEN, "broken.jsonl", "batch")
    for name in ("draft 1.txt", "draft 2.txt"):
        space.trash(space.put(name)["fileId"])
    ids = {"orders": orders["fileId"], "prices": prices["fileId"]}
    return ids | {"reports": reports, "broken": broken["id"]}


def _artifacts(api: Api) -> dict[str, str]:
    def create(kind: str, name: str, content: str, **more: str) -> str:
        body = {"artifact_type": kind, "content": content, "metadata": {"name": name}}
        made: str = api.json("POST", "/artifacts", version=2, json=body | more)["id"]
        return made

    schema = json.dumps({"type": "object", "properties": {"answer": {"type": "string"}}})
    rules = create("policy", "House rules", RULES)
    create("response_schema", "Answer", schema, content_media_type="application/json")
    create("checkpoint", "Before the review", "{}", retention_class="ephemeral")
    prompt = create("text_context", "Support, first line", PROMPT)
    api.json(
        "POST", "/artifacts", version=2, json={"artifact_type": "text_context", "content": "Hi."}
    )
    members = [{"artifact_id": each, "role": "system"} for each in (rules, prompt)]
    bundle = {"artifacts": members, "metadata": {"name": "Support"}}
    made: str = api.json("POST", "/bundles", version=2, json=bundle)["id"]
    return {"artifact": prompt, "bundle": made}


def _batch(api: Api) -> str:
    """Run a batch that has answers and errors."""
    file_id = api.create_file(batch_lines(12, model="seen-1"), "support.jsonl", "batch")["id"]
    asked = {"input_file_id": file_id, "endpoint": "/v1/chat/completions"}
    batch_id: str = api.json("POST", "/batches", json={**asked, "completion_window": "24h"})["id"]
    eventually(
        lambda: api.json("GET", f"/batches/{batch_id}")["status"],
        lambda status: status == "completed",
        120,
    )
    return batch_id


def conversation() -> dict[str, object]:
    """Return what the chat might answer: something found, done, refused, and a plan."""
    ids = [f"file-{number:024}" for number in range(12)]
    found = [
        {"id": each, "name": f"invoice {number:02}.pdf", "folder_id": "root"}
        for number, each in enumerate(ids[:3], 1)
    ]
    created = {"summary": "Create the folder 'March' in the root.", "changed": 1}
    summary = "Move 12 files: 'draft 01.txt', 'draft 02.txt', … and 9 more to the trash."
    refused = {"error": "The tag is longer than 64 characters. Nothing was done."}

    def action(tool: str, operation: str, result: object, **more: object) -> dict[str, object]:
        base = {"id": f"{tool}-{operation}", "tool": tool, "arguments": {"query": "invoice"}}
        return {**base, "operation": operation, "result": result, "undo": None, **more}

    return {
        "id": "chat_1",
        "response": "The folder March is there. Shall the twelve drafts go to the trash?",
        "actions": [
            action("search_files", "read", {"files": found}),
            action("tag_files", "refused", refused),
            action("create_folder", "write", created, undo="act_" + "0" * 24),
            action("trash_files", "held", {"needs_confirmation": True, "summary": summary}),
        ],
        "needs_confirmation": {
            "plan": "a plan",
            "summary": summary,
            "steps": [{"tool": "trash_files", "arguments": {}, "summary": summary}],
            "expires_at": int(time.time()) + 900,
        },
        "usage": {"input_tokens": 1, "output_tokens": 1, "total_tokens": 2},
    }

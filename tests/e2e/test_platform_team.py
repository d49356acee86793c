"""What a platform team does for another, from a key over HTTP to the event of a batch."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from openai import OpenAI

from tests.e2e.api import Api, assert_refused, eventually
from tests.e2e.batches import an_upstream, ended, lines_of
from tests.e2e.models import request_line
from tests.e2e.receiver import Server
from tests.fakes.model_script import Rule

if TYPE_CHECKING:
    from tests.e2e.projects import NewProject, Operator, Project

RULES = "Answer as the house's rules say: in one word, without a greeting."


def an_admin(operator: Operator, project: Project) -> Api:
    secret, _ = operator.create_key(project.id, frozenset({"admin"}), name="platform team")
    return Api(project.base_url, secret)


def test_a_team_gets_a_key_runs_a_batch_with_shared_rules_and_is_told(
    operator: Operator, new_project: NewProject
) -> None:
    # The model refuses every request that comes without the rules.
    script = (Rule(contains=RULES), Rule(status=400))
    with (
        an_upstream(operator, "platform-model", script) as models,
        an_admin(operator, new_project()) as admin,
        Server() as receiver,
    ):
        wanted = {"name": f"team-{receiver.server_port}", "limits": {"files": 10}}
        made = admin.send("POST", "/admin/projects", json=wanted).json()
        key = admin.send(
            "POST",
            "/admin/keys",
            json={
                "project": wanted["name"],
                "name": "nightly",
                "scopes": ["read", "write", "batches"],
            },
        ).json()
        secret, _ = operator.add_webhook(made["id"], receiver.url, "batch.completed")

        with Api(admin.base_url, key["secret"]) as team:
            assert_refused(
                team.send("GET", "/admin/projects"), 403, code="insufficient_permissions"
            )
            assert team.json("GET", "/keys/me")["name"] == "nightly"
            rules = team.json(
                "POST",
                "/artifacts",
                version=2,
                json={"artifact_type": "policy", "content": RULES},
            )
            client = OpenAI(base_url=team.base_url, api_key=team.key, webhook_secret=secret)
            file = client.files.create(
                file=("asked.jsonl", _requests(rules["id"])), purpose="batch"
            )
            batch = client.batches.create(
                input_file_id=file.id, endpoint="/v1/chat/completions", completion_window="24h"
            )
            # From its planning on, the batch has the rules itself.
            done = ended(team, batch.id)
            answers = lines_of(team, done["output_file_id"])
            eventually(lambda: len(receiver.got), lambda count: count == 2, 60)

        headers, body = receiver.got[-1]
        event: Any = client.webhooks.unwrap(body, headers)
        logged = admin.json("GET", "/admin/log", params={"limit": 10})["data"]

    assert (done["status"], done["errors"]) == ("completed", None)
    assert done["request_counts"] == {"total": 2, "completed": 2, "failed": 0}
    assert [each["custom_id"] for each in answers] == ["one", "two"]
    assert len(models.calls) == 2
    assert (event.type, event.data.id) == ("batch.completed", batch.id)
    assert {each["action"] for each in logged} >= {"project.create", "key.create"}


def _requests(artifact_id: str) -> bytes:
    lines = []
    for custom_id in ("one", "two"):
        request = json.loads(request_line(custom_id, model="platform-model"))
        rules = {"role": "system", "content": {"$artifact": artifact_id}}
        request["body"]["messages"].insert(0, rules)
        lines.append(json.dumps(request).encode() + b"\n")
    return b"".join(lines)

"""docs/operations.md as written, on a stack of its own: it ends in that stack's deletion."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from tests.e2e.api import Api, batch_lines, eventually
from tests.e2e.projects import Operator
from tests.e2e.stack import ROOT, Stack, started_stack
from tests.support.pages import OPERATED, OPERATIONS, examples, sections

if TYPE_CHECKING:
    from collections.abc import Iterator

SECTIONS = sections(ROOT / OPERATIONS)

# `make deploy` deploys to AWS; the same template is deployed to the emulator by the same program.
START = """set -eu -o pipefail
STACK=larder-local
make() { test "$1" = deploy && "$PYTHON" -m local deploy --state "$STATE"; }
"""


def blocks(section: str) -> list[str]:
    """Return the commands of a section of the page."""
    assert section in OPERATED
    return [each.code for each in examples(SECTIONS[section]) if each.reason is None]


class Shell:
    """A shell with the operator's credentials for the emulator."""

    def __init__(self, stack: Stack) -> None:
        ours = {name: value for name, value in stack.env.items() if name.startswith("AWS_")}
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("LARDER_", "AWS_"))
        }
        self._environment = (
            kept
            | ours
            | {
                "STATE": str(stack.env_file.parent),
                "PYTHON": sys.executable,
                "PATH": f"{Path(sys.executable).parent}:{kept['PATH']}",
            }
        )

    def run(self, *commands: str) -> str:
        done = subprocess.run(  # noqa: S603 - the commands under test
            ["bash", "-c", START + "".join(commands)],  # noqa: S607
            cwd=ROOT,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stdout
        return done.stdout


@pytest.fixture(scope="module")
def own_stack() -> Iterator[Stack]:
    with started_stack() as stack:
        yield stack


def test_a_deployment_is_audited_rotated_restored_and_deleted(own_stack: Stack) -> None:
    stack, shell, operator = own_stack, Shell(own_stack), Operator(own_stack)
    bucket = stack.env["LARDER_FILES_BUCKET"]
    project = operator.new_project()
    with project.api() as api:
        kept = api.create_file(b"kept")["id"]
        # As with KeepDeletedDays: the next file's bytes are kept when they are deleted.
        stack.s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
        deleted = api.create_file(batch_lines(2), "deleted.jsonl", "batch")["id"]
        lost = api.create_file(b"bytes that are gone for good")["id"]
        for file_id in (kept, deleted, lost):
            api.settled(file_id)
        report = api.json("GET", f"/files/{deleted}/validation")
        before = api.in_use()

        assert shell.run(*blocks("Upgrade")) == ""
        shell.run(*blocks("Audit"))

        shell.run(*blocks("Rotate the secrets"))
        assert api.content(kept).content == b"kept"
        rotated = operator.create_key(project.id)[0]

        restore_table, begin_again, audit = blocks("Restore")
        shell.run(restore_table)
        for file_id in (deleted, lost):
            assert api.json("DELETE", f"/files/{file_id}")["deleted"]
        since = api.create_file(b"created since")["id"]
        keys = [f"files/{project.id}/{file_id}" for file_id in (deleted, lost)]
        eventually(lambda: [key for key in keys if stack.stored(key)], lambda stored: not stored)
        purge(stack, bucket, keys[1])

    shell.run(begin_again)
    again = Stack.read(stack.env_file)
    found = shell.run(audit)

    assert [line for line in found.splitlines() if line.startswith("repaired  ")] == [
        f"repaired  deleted_bytes  {name(again, project.id)}  {keys[0]}",
        f"repaired  missing_bytes  {name(again, project.id)}  {keys[1]}",
        f"repaired  unclaimed_bytes  {name(again, project.id)}  files/{project.id}/{since}",
    ]
    with Api(again.base_url, project.key) as api, Api(again.base_url, rotated) as api_with_new_key:
        # Keys from before and after the rotation work at once, with both of their peppers.
        for each in (api_with_new_key, api):
            assert each.send("GET", "/usage").status_code == 200
        assert set(api.listed()) == {kept, deleted, since}
        assert api.content(deleted).content == batch_lines(2)
        assert api.json("GET", f"/files/{deleted}/validation") == report
        assert api.settled(since)["status"] == "processed"
        assert api.content(since).content == b"created since"
        assert api.in_use() == (
            before[0],
            before[1] - len(b"bytes that are gone for good") + len(b"created since"),
        )

    shell.run(*blocks("Delete a deployment with its data"))

    for left in (lambda: again.s3.head_bucket(Bucket=bucket), lambda: tables(again)):
        with pytest.raises(ClientError):
            left()
    with pytest.raises(ClientError):
        again.secrets.get_secret_value(SecretId=again.env["LARDER_PEPPER_SECRET_ID"])


def name(stack: Stack, project: str) -> str:
    """Return the name of a project, as an audit prints it."""
    entries = stack.dynamodb.query(
        TableName=stack.env["LARDER_STORE_TABLE"],
        KeyConditionExpression="pk = :projects",
        ExpressionAttributeValues={":projects": {"S": "PROJECTS"}},
    )["Items"]
    [found] = (entry["sk"]["S"] for entry in entries if entry["project"]["S"] == project)
    return found


def purge(stack: Stack, bucket: str, key: str) -> None:
    """Remove every version of an object, as the lifecycle does in the end."""
    found = stack.s3.list_object_versions(Bucket=bucket, Prefix=key)
    for version in [*found["Versions"], *found["DeleteMarkers"]]:
        stack.s3.delete_object(Bucket=bucket, Key=key, VersionId=version["VersionId"])


def tables(stack: Stack) -> None:
    stack.dynamodb.describe_table(TableName=stack.env["LARDER_STORE_TABLE"])

"""The template's tables, bucket, queues, secrets and state machine, on moto."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3

from larder.domain.parts import PART_THRESHOLD
from larder.runtime.settings import Settings
from tests.moto_copies import Saved, share_items
from tests.moto_values import look_up_types_once
from tests.support.template import RESOURCES

if TYPE_CHECKING:
    from collections.abc import Iterator

share_items()
look_up_types_once()

ROOT = Path(__file__).parent.parent
REGION = "us-east-1"
SERVICES = (
    *((name, REGION) for name in ("dynamodb", "sqs", "secretsmanager", "stepfunctions")),
    ("s3", "aws"),
)
MACHINE_ROLE = "larder-batches"

CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": REGION,
    "AWS_EC2_METADATA_DISABLED": "true",
}


@dataclass(frozen=True)
class MotoStack:
    """Names of what was made, and plain clients to look into it."""

    settings: Settings
    dynamodb: Any
    s3: Any
    sqs: Any

    def items(self) -> Iterator[dict[str, Any]]:
        """Yield every item of the Store table."""
        for page in self.dynamodb.get_paginator("scan").paginate(
            TableName=self.settings.store_table
        ):
            yield from page["Items"]

    def object_keys(self) -> set[str]:
        """Return the keys of all objects in the bucket."""
        listed = self.s3.list_objects_v2(Bucket=self.settings.files_bucket)
        return {entry["Key"] for entry in listed.get("Contents", [])}

    def logical_names(self) -> dict[str, str]:
        """Return what the template calls each resource, by its name here."""
        return {
            self.settings.store_table: "Store",
            self.settings.keys_table: "Keys",
            self.settings.rates_table: "Rates",
            self.settings.files_bucket: "FilesBucket",
            self.settings.events_queue_url: "Events",
            self.settings.pepper_secret_id: "Pepper",
            self.settings.cleanups_queue_url: "Cleanups",
            self.settings.cursor_secret_id: "CursorSecret",
            self.settings.batches_machine_arn: "BatchesMachine",
            self.settings.event_bus: "EventBus",
            self.settings.deliveries_queue_url: "Deliveries",
            self.settings.deliveries_dead_letters_url: "DeliveriesDeadLetters",
            self.settings.webhook_secret_id: "WebhookSecret",
        }

    def environment(self) -> dict[str, str]:
        """Return the variables that the template gives the functions."""
        return {
            "STORE_TABLE": self.settings.store_table,
            "KEYS_TABLE": self.settings.keys_table,
            "RATES_TABLE": self.settings.rates_table,
            "FILES_BUCKET": self.settings.files_bucket,
            "EVENTS_QUEUE_URL": self.settings.events_queue_url,
            "PEPPER_SECRET_ID": self.settings.pepper_secret_id,
            "CLEANUPS_QUEUE_URL": self.settings.cleanups_queue_url,
            "CURSOR_SECRET_ID": self.settings.cursor_secret_id,
            "BATCHES_MACHINE_ARN": self.settings.batches_machine_arn,
            "EVENT_BUS": self.settings.event_bus,
            "DELIVERIES_QUEUE_URL": self.settings.deliveries_queue_url,
            "DELIVERIES_DEAD_LETTERS_URL": self.settings.deliveries_dead_letters_url,
            "WEBHOOK_SECRET_ID": self.settings.webhook_secret_id,
            "PRIVATE_WEBHOOKS": "false",
            "STORAGE_ORIGIN": "https://larder-files.s3.us-east-1.amazonaws.com",
            "PART_THRESHOLD": str(self.settings.part_threshold),
            "BATCH_FILE_LIMIT": str(self.settings.batch_file_limit),
            "POWERTOOLS_SERVICE_NAME": "larder",
            "POWERTOOLS_METRICS_NAMESPACE": "Larder",
        }


@cache
def _client(service: str) -> Any:
    # Making a client costs more than all that a test does with it.
    return boto3.client(service, region_name=REGION)  # type: ignore[call-overload]


def _state_machine() -> str:
    """Create a machine whose executions do nothing for five minutes, and return its ARN."""
    nothing = {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 300, "End": True}}}
    machine = _client("stepfunctions").create_state_machine(
        name="larder-batches",
        definition=json.dumps(nothing),
        roleArn=f"arn:aws:iam::123456789012:role/{MACHINE_ROLE}",
    )
    arn: str = machine["stateMachineArn"]
    return arn


def moto_stack() -> MotoStack:
    """Return the resources as new; called inside `mock_aws` with `CREDENTIALS` set."""
    stack, saved = _created_once()
    saved.restore()
    return stack


@cache
def _created_once() -> tuple[MotoStack, Saved]:
    # Creating the stack takes ten times as long as copying it.
    return create_stack(), Saved.now(SERVICES)


def create_stack() -> MotoStack:
    """Create the resources on moto, or where `AWS_ENDPOINT_URL` leads."""
    dynamodb, s3, sqs = _client("dynamodb"), _client("s3"), _client("sqs")
    for name in ("Store", "Keys", "Rates"):
        properties = RESOURCES[name]["Properties"]
        dynamodb.create_table(
            TableName=name,
            **{
                part: properties[part]
                for part in (
                    "AttributeDefinitions",
                    "KeySchema",
                    "GlobalSecondaryIndexes",
                    "LocalSecondaryIndexes",
                    "BillingMode",
                )
                if part in properties
            },
        )
    s3.create_bucket(Bucket="larder-files")
    queue_url = sqs.create_queue(QueueName="larder-events")["QueueUrl"]
    cleanups_url = sqs.create_queue(QueueName="larder-cleanups")["QueueUrl"]
    _client("secretsmanager").create_secret(Name="pepper", SecretString="a pepper")
    _client("secretsmanager").create_secret(Name="cursor", SecretString="a cursor key")
    _client("secretsmanager").create_secret(Name="webhooks", SecretString="a secret")
    return MotoStack(
        Settings(
            store_table="Store",
            keys_table="Keys",
            rates_table="Rates",
            files_bucket="larder-files",
            events_queue_url=queue_url,
            pepper_secret_id="pepper",
            cleanups_queue_url=cleanups_url,
            cursor_secret_id="cursor",
            batches_machine_arn=_state_machine(),
            event_bus="default",
            deliveries_queue_url=sqs.create_queue(QueueName="larder-deliveries")["QueueUrl"],
            deliveries_dead_letters_url=sqs.create_queue(QueueName="larder-dead")["QueueUrl"],
            webhook_secret_id="webhooks",
            part_threshold=PART_THRESHOLD,
        ),
        dynamodb,
        s3,
        sqs,
    )

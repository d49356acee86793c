"""The settings that the template gives a function in its environment."""

from __future__ import annotations

import os
from dataclasses import dataclass

from larder.domain.limits import MAX_BATCH_FILE_BYTES
from larder.domain.parts import PART_THRESHOLD
from larder.domain.quota import DEFAULT_LIMIT


@dataclass(frozen=True, slots=True)
class Settings:
    """Names of the resources. A function gets only the ones that it uses."""

    store_table: str
    keys_table: str
    files_bucket: str
    events_queue_url: str
    pepper_secret_id: str
    cleanups_queue_url: str = ""
    cursor_secret_id: str = ""
    batches_machine_arn: str = ""
    rates_table: str = ""
    event_bus: str = ""
    deployment: str = ""
    deliveries_queue_url: str = ""
    deliveries_dead_letters_url: str = ""
    webhook_secret_id: str = ""
    private_webhooks: bool = False
    key_rate: int = 0
    total_rate: int = 0
    default_files: int = DEFAULT_LIMIT.files
    default_bytes: int = DEFAULT_LIMIT.bytes
    part_threshold: int = PART_THRESHOLD
    batch_file_limit: int = MAX_BATCH_FILE_BYTES
    chat_model: str = ""
    standard_artifact_days: int = 0
    extended_artifact_days: int = 0
    chat_bedrock_models: str = ""
    connect_early: bool = False

    @classmethod
    def from_environment(cls) -> Settings:
        """Read the variables that `template.yaml` sets. One that is not set is empty."""
        return cls(
            store_table=os.environ.get("STORE_TABLE", ""),
            keys_table=os.environ.get("KEYS_TABLE", ""),
            files_bucket=os.environ.get("FILES_BUCKET", ""),
            events_queue_url=os.environ.get("EVENTS_QUEUE_URL", ""),
            pepper_secret_id=os.environ.get("PEPPER_SECRET_ID", ""),
            cleanups_queue_url=os.environ.get("CLEANUPS_QUEUE_URL", ""),
            cursor_secret_id=os.environ.get("CURSOR_SECRET_ID", ""),
            batches_machine_arn=os.environ.get("BATCHES_MACHINE_ARN", ""),
            rates_table=os.environ.get("RATES_TABLE", ""),
            event_bus=os.environ.get("EVENT_BUS", ""),
            deliveries_queue_url=os.environ.get("DELIVERIES_QUEUE_URL", ""),
            deliveries_dead_letters_url=os.environ.get("DELIVERIES_DEAD_LETTERS_URL", ""),
            webhook_secret_id=os.environ.get("WEBHOOK_SECRET_ID", ""),
            private_webhooks=os.environ.get("PRIVATE_WEBHOOKS") == "true",
            # Powertools' name for the service, which is the stack's.
            deployment=os.environ.get("POWERTOOLS_SERVICE_NAME", ""),
            key_rate=int(os.environ.get("KEY_REQUESTS_PER_SECOND", "0")),
            total_rate=int(os.environ.get("TOTAL_REQUESTS_PER_SECOND", "0")),
            default_files=int(os.environ.get("DEFAULT_FILES_LIMIT", DEFAULT_LIMIT.files)),
            default_bytes=int(os.environ.get("DEFAULT_BYTES_LIMIT", DEFAULT_LIMIT.bytes)),
            part_threshold=int(os.environ.get("PART_THRESHOLD", PART_THRESHOLD)),
            batch_file_limit=int(os.environ.get("BATCH_FILE_LIMIT", MAX_BATCH_FILE_BYTES)),
            chat_model=os.environ.get("CHAT_MODEL", ""),
            standard_artifact_days=int(os.environ.get("STANDARD_ARTIFACT_DAYS", "0")),
            extended_artifact_days=int(os.environ.get("EXTENDED_ARTIFACT_DAYS", "0")),
            chat_bedrock_models=os.environ.get("CHAT_BEDROCK_MODELS", ""),
            # While a function starts it has a whole processor, later a part of one. A snapshot
            # would outlive a connection.
            connect_early=os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE") == "on-demand",
        )

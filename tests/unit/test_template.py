"""What the template promises, and the emulator cannot prove: read from template.yaml itself."""

from __future__ import annotations

import re
import tomllib
from typing import Any

import pytest

from larder.domain.parts import PART_THRESHOLD
from larder.domain.quota import DEFAULT_LIMIT, Amount
from tests.support.template import (
    ALARMS,
    FUNCTIONS,
    RESOURCES,
    ROOT,
    ROUTED,
    TEMPLATE,
    folder_of,
    listed,
    of_type,
    rendered,
)

each_function = pytest.mark.parametrize("function", FUNCTIONS.values(), ids=list(FUNCTIONS))


def statements(function: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        statement
        for policy in function.get("Policies", [])
        for statement in policy.get("Statement", [])
        if statement["Effect"] == "Allow"
    ]


def functions_allowed(action: str) -> set[str]:
    return {
        name
        for name, function in FUNCTIONS.items()
        if any(action in listed(statement["Action"]) for statement in statements(function))
    }


LISTS = [
    pytest.param(name, statement, id=name)
    for name, function in FUNCTIONS.items()
    for statement in statements(function)
    if "s3:ListBucket" in listed(statement["Action"])
]


def test_every_folder_is_a_function_of_its_name() -> None:
    folders = {path.parent.name for path in ROOT.glob("functions/*/app.py")}

    deployed = {folder_of(function) for function in FUNCTIONS.values()}

    assert deployed == folders
    for function in FUNCTIONS.values():
        name = folder_of(function)
        assert rendered(function["FunctionName"]) == {"Fn::Sub": "${AWS::StackName}-" + name}


@each_function
def test_permissions_name_actions_and_resources(function: dict[str, Any]) -> None:
    allowed = statements(function)

    assert allowed or folder_of(function) in {
        "console_page",
        "healthz",
        "reference",
        "unknown_route",
    }
    for statement in allowed:
        for action in listed(statement["Action"]):
            assert re.fullmatch(r"[a-z0-9]+:[A-Za-z]+", action)
        for resource in listed(statement["Resource"]):
            assert isinstance(resource, dict), f"{resource} is not one of the stack's resources"


@each_function
def test_the_statements_of_a_policy_have_names_of_their_own(function: dict[str, Any]) -> None:
    # IAM refuses a policy in which two have the same, and the deployment with it.
    names = [statement["Sid"] for statement in statements(function) if "Sid" in statement]

    assert len(set(names)) == len(names)


def test_permissions_on_objects_stop_at_a_prefix() -> None:
    for function in FUNCTIONS.values():
        for statement in statements(function):
            for action in listed(statement["Action"]):
                if action.startswith("s3:") and action != "s3:ListBucket":
                    for resource in listed(statement["Resource"]):
                        assert resource["Fn::Sub"] in {
                            "${FilesBucket.Arn}/batches/*",
                            "${FilesBucket.Arn}/files/*",
                            "${FilesBucket.Arn}/reports/*",
                            "${FilesBucket.Arn}/parts/*",
                        }


FINDING_PROJECTS = {
    *("AdminProjectsList", "AdminProjectsGet", "AdminProjectsUpdate"),
    *("AdminKeysList", "AdminKeysCreate"),
}
CHANGING_AS_OPERATORS = {
    *("AdminProjectsCreate", "AdminProjectsUpdate"),
    *("AdminKeysCreate", "AdminKeysRevoke", "AdminKeysRotate"),
}


def test_no_function_for_operators_reaches_what_a_project_stores() -> None:
    partitions = {
        key
        for name, function in FUNCTIONS.items()
        if name.startswith("Admin")
        for statement in statements(function)
        if "Store.Arn" in str(statement["Resource"])
        for key in statement["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"]
    }

    assert partitions == {"PROJECTS", "LOG", "U#*", "I#*"}
    assert not any(
        "FilesBucket" in str(function.get("Policies"))
        for name, function in FUNCTIONS.items()
        if name.startswith("Admin")
    )


def test_only_these_leave_the_partitions_of_projects() -> None:
    of_projects = ["P#*", "U#*", "L#*", "I#*"]
    beyond = {
        (name, key)
        for name, function in FUNCTIONS.items()
        for statement in statements(function)
        for resource in listed(statement["Resource"])
        if "Store.Arn" in str(resource) and "/stream/" not in str(resource)
        for key in statement["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"]
        if key not in of_projects
    }

    assert beyond == {
        *((name, "LOG") for name in CHANGING_AS_OPERATORS | {"AdminLogList"}),
        *((name, "PROJECTS") for name in FINDING_PROJECTS | {"AdminProjectsCreate"}),
        ("BatchRunShard", "R#*"),
        ("BatchRunShard", "UPSTREAMS"),
        ("Chat", "C#*"),
        ("Chat", "R#*"),
        ("Chat", "UPSTREAMS"),
        ("Mcp", "C#*"),
        *((name, "W#*") for name in ("OnChange", "OnDelivery", "Sweep")),
        *((name, "W#*") for name in ("WebhooksDeliveries", "WebhooksList")),
        ("Sweep", "SWEEP"),
        ("Sweep", "due#*"),
        ("UpstreamsList", "UPSTREAMS"),
    }


FOLDERS = {"files/*", "reports/*", "parts/*", "batches/*"}


@pytest.mark.parametrize(("name", "statement"), LISTS)
def test_a_list_of_the_bucket_is_limited_to_folders(name: str, statement: dict[str, Any]) -> None:
    function = FUNCTIONS[name]
    looks_for_objects = any(
        "s3:GetObject" in listed(other["Action"]) for other in statements(function)
    )

    [(operator, condition)] = statement["Condition"].items()
    none, prefixes = [], listed(condition["s3:prefix"])
    if looks_for_objects:
        # S3 may ask without a prefix whether it may say that an object is missing: ADR 21.
        none, prefixes = prefixes[:1], prefixes[1:]

    assert (operator, none) == (
        ("StringLikeIfExists", [""]) if looks_for_objects else ("StringLike", [])
    )
    assert prefixes
    assert set(prefixes) <= FOLDERS


def test_only_the_bucket_of_this_account_s_stack_may_announce_objects() -> None:
    [statement] = RESOURCES["EventsPolicy"]["Properties"]["PolicyDocument"]["Statement"]

    assert statement["Principal"] == {"Service": "s3.amazonaws.com"}
    assert statement["Condition"] == {
        "StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}},
        "ArnLike": {
            "aws:SourceArn": {"Fn::Sub": "arn:${AWS::Partition}:s3:::*filesbucket*"},
        },
    }
    # CloudFormation names it after the stack and its logical name, in small letters.
    assert "BucketName" not in RESOURCES["FilesBucket"]["Properties"]


@pytest.mark.parametrize("mapping", ["EventsToOnObjectCreated", "CleanupsToOnCleanup"])
def test_a_worker_takes_one_message_so_that_none_waits_behind_another(mapping: str) -> None:
    assert RESOURCES[mapping]["Properties"]["BatchSize"] == 1


def test_no_function_may_scan_a_table() -> None:
    assert functions_allowed("dynamodb:Scan") == set()


def test_only_the_authorizer_the_sign_in_and_what_shows_a_key_read_keys() -> None:
    with_keys = {
        name
        for name, function in FUNCTIONS.items()
        for statement in statements(function)
        if {"Fn::GetAtt": "Keys.Arn"} in listed(statement["Resource"])
    }

    signing_in = {"ConsoleSessionsCreate", "ConsoleSessionsDelete"}
    managing = {"AdminKeysCreate", "AdminKeysRevoke", "AdminKeysRotate"}
    assert with_keys == {"Authorize", "KeysMe", *signing_in, *managing}
    assert who_reads("Pepper") == {"Authorize", *signing_in, "AdminKeysCreate", "AdminKeysRotate"}


def test_the_authorizer_writes_nothing_but_the_last_use_of_a_key() -> None:
    [write] = [
        statement
        for statement in statements(FUNCTIONS["Authorize"])
        if "dynamodb:GetItem" not in listed(statement["Action"])
        and "dynamodb" in str(statement["Action"])
    ]

    assert write["Action"] == "dynamodb:UpdateItem"
    assert write["Condition"] == {
        "ForAllValues:StringEquals": {"dynamodb:Attributes": ["pk", "last_used_on"]}
    }


def test_only_lists_and_plans_read_what_they_are_signed_with() -> None:
    lists = {"FoldersList", "SpaceFilesList", "TagsList", "TrashList"}
    assert who_reads("CursorSecret") == {*lists, "Chat", "Mcp"}


def who_reads(secret: str) -> set[str]:
    return {
        name
        for name, function in FUNCTIONS.items()
        for statement in statements(function)
        if "secretsmanager:GetSecretValue" in listed(statement["Action"])
        and listed(statement["Resource"]) == [{"Fn::GetAtt": f"{secret}.Id"}]
    }


def test_only_workers_remove_bytes() -> None:
    removers = {
        name
        for name, function in FUNCTIONS.items()
        for statement in statements(function)
        if "s3:DeleteObject" in listed(statement["Action"])
        and {"Fn::Sub": "${FilesBucket.Arn}/parts/*"} not in listed(statement["Resource"])
    }

    assert removers == {"OnObjectCreated", "OnFileRemoved", "BatchFinish"}
    kept_by_batches = [
        statement["Resource"]
        for statement in statements(FUNCTIONS["BatchFinish"])
        if "s3:DeleteObject" in listed(statement["Action"])
    ]
    assert kept_by_batches == [{"Fn::Sub": "${FilesBucket.Arn}/batches/*"}]


@each_function
def test_logs_are_kept_for_the_chosen_time(function: dict[str, Any]) -> None:
    logging = TEMPLATE["Globals"]["Function"]["LoggingConfig"] | function.get("LoggingConfig", {})
    group = of_type("AWS::Logs::LogGroup")[logging["LogGroup"]["Ref"]]

    assert group["LogGroupName"] == {"Fn::Sub": "/larder/${AWS::StackName}"}
    assert group["RetentionInDays"] == {"Ref": "LogRetentionDays"}


@pytest.mark.parametrize("table", ["Store", "Keys"])
def test_tables_are_on_demand_and_can_be_restored(table: str) -> None:
    properties = RESOURCES[table]["Properties"]

    assert properties["BillingMode"] == "PAY_PER_REQUEST"
    assert properties["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}


def test_the_store_forgets_and_tells_what_it_forgot() -> None:
    properties = RESOURCES["Store"]["Properties"]

    assert properties["TimeToLiveSpecification"] == {"AttributeName": "ttl", "Enabled": True}
    assert properties["StreamSpecification"] == {"StreamViewType": "NEW_AND_OLD_IMAGES"}


@pytest.mark.parametrize("name", ["Store", "Keys", "Pepper", "WebhookSecret", "FilesBucket"])
def test_what_cannot_be_made_again_outlives_the_stack(name: str) -> None:
    assert RESOURCES[name]["DeletionPolicy"] == "RetainExceptOnCreate"
    assert RESOURCES[name]["UpdateReplacePolicy"] == "Retain"


def test_the_bucket_is_private() -> None:
    bucket = RESOURCES["FilesBucket"]["Properties"]

    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert len(bucket["PublicAccessBlockConfiguration"]) == 4
    assert bucket["OwnershipControls"]["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]


def test_the_bucket_refuses_everything_without_tls() -> None:
    policy = RESOURCES["FilesBucketPolicy"]["Properties"]

    assert policy["Bucket"] == {"Ref": "FilesBucket"}
    assert policy["PolicyDocument"]["Statement"] == [
        {
            "Sid": "TlsOnly",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [{"Fn::GetAtt": "FilesBucket.Arn"}, {"Fn::Sub": "${FilesBucket.Arn}/*"}],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
    ]


def test_objects_are_encrypted_so_that_their_etag_stays_the_md5() -> None:
    encryption = RESOURCES["FilesBucket"]["Properties"]["BucketEncryption"]

    assert encryption["ServerSideEncryptionConfiguration"] == [
        {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    ]


def test_abandoned_parts_outlive_a_sweeper_that_is_off_for_a_week() -> None:
    rules = RESOURCES["FilesBucket"]["Properties"]["LifecycleConfiguration"]["Rules"]
    named = {rule["Id"]: rule for rule in rules}
    multipart = named["AbortIncompleteUploads"]
    small, batches = named["ExpireParts"], named["ExpireBatches"]

    assert {rule["Status"] for rule in rules} == {"Enabled"}
    # Longer than the longest completion window, a week, and than any repair takes.
    assert (batches["Prefix"], batches["ExpirationInDays"]) == ("batches/", 45)
    assert multipart["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 7}
    assert "Prefix" not in multipart
    assert (small["Prefix"], small["ExpirationInDays"]) == ("parts/", 8)


def test_only_stored_files_raise_events() -> None:
    bucket = RESOURCES["FilesBucket"]["Properties"]

    (notification,) = bucket["NotificationConfiguration"]["QueueConfigurations"]
    assert notification["Event"] == "s3:ObjectCreated:*"
    assert notification["Queue"] == {"Fn::GetAtt": "Events.Arn"}
    assert notification["Filter"]["S3Key"]["Rules"] == [{"Name": "prefix", "Value": "files/"}]


def test_a_queued_event_is_not_delivered_twice_while_it_is_handled() -> None:
    timeout = FUNCTIONS["OnObjectCreated"]["Timeout"]

    assert RESOURCES["Events"]["Properties"]["VisibilityTimeout"] >= 6 * timeout


def test_every_asynchronous_path_ends_in_dead_letters() -> None:
    mappings = of_type("AWS::Lambda::EventSourceMapping")
    redrive = RESOURCES["Events"]["Properties"]["RedrivePolicy"]

    assert redrive["deadLetterTargetArn"] == {"Fn::GetAtt": "EventsDeadLetters.Arn"}
    assert redrive["maxReceiveCount"] == 5
    assert mappings["RemovalsToOnFileRemoved"]["DestinationConfig"] == {
        "OnFailure": {"Destination": {"Fn::GetAtt": "RemovedDeadLetters.Arn"}}
    }
    assert FUNCTIONS["Sweep"]["DeadLetterQueue"]["TargetArn"] == {
        "Fn::GetAtt": "SweepDeadLetters.Arn"
    }


def test_one_bad_record_does_not_send_a_batch_back() -> None:
    mappings = of_type("AWS::Lambda::EventSourceMapping").values()

    assert len(mappings) == 5
    assert all(m["FunctionResponseTypes"] == ["ReportBatchItemFailures"] for m in mappings)


def test_every_dead_letter_queue_raises_an_alarm() -> None:
    queues = {name for name in of_type("AWS::SQS::Queue") if name.endswith("DeadLetters")}

    watched = {
        dimension["Value"]["Fn::GetAtt"].removesuffix(".QueueName")
        for alarm in ALARMS.values()
        if alarm.get("MetricName") == "ApproximateNumberOfMessagesVisible"
        for dimension in alarm["Dimensions"]
    }
    assert watched == queues
    assert len(queues) == 6


def test_the_alarm_of_the_api_watches_whoever_a_request_waits_for() -> None:
    """API Gateway answers 5xx for a function that dies or is throttled."""
    alarm = ALARMS["ApiErrorsAlarm"]

    assert (alarm["Namespace"], alarm["MetricName"]) == ("AWS/ApiGateway", "5XXError")
    assert alarm["Dimensions"] == [
        {"Name": "ApiName", "Value": RESOURCES["Api"]["Properties"]["Name"]},
        {"Name": "Stage", "Value": RESOURCES["Api"]["Properties"]["StageName"]},
    ]
    assert (alarm["Statistic"], alarm["Threshold"]) == ("Sum", 0)


@pytest.mark.parametrize("metric", ["Errors", "Throttles"])
def test_every_function_that_is_no_route_raises_an_alarm_of_its_own(metric: str) -> None:
    watched = [
        each["MetricStat"]["Metric"]["Dimensions"][0]["Value"]["Ref"]
        for alarm in ALARMS.values()
        for each in alarm.get("Metrics", [])
        if each.get("MetricStat", {}).get("Metric", {}).get("MetricName") == metric
    ]

    assert sorted(watched) == sorted(FUNCTIONS.keys() - ROUTED)


@pytest.mark.parametrize("alarm", ALARMS.values(), ids=list(ALARMS))
def test_an_alarm_reaches_the_operator(alarm: dict[str, Any]) -> None:
    nothing = {"Ref": "AWS::NoValue"}

    assert alarm["AlarmActions"] == [
        {"Fn::If": ["HasAlarmTopic", {"Ref": "AlarmTopicArn"}, nothing]},
        {"Fn::If": ["HasAlarmEmail", {"Ref": "AlarmMails"}, nothing]},
    ]
    assert len(alarm.get("Metrics", [])) <= 11


@pytest.mark.parametrize(
    ("group_name", "folder"), [("layer", "larder"), ("documents", "documents")]
)
def test_a_layer_carries_what_uv_lock_pins(group_name: str, folder: str) -> None:
    lock = tomllib.loads((ROOT / "uv.lock").read_text())
    locked = {package["name"]: package.get("version") for package in lock["package"]}
    (larder,) = (package for package in lock["package"] if package["name"] == "larder")
    group = {each["name"] for each in larder["dev-dependencies"][group_name]}

    text = (ROOT / f"layers/{folder}/requirements.txt").read_text()
    pinned = dict(re.findall(r"^([a-z0-9-]+)==(\S+)", text, re.MULTILINE))

    assert group <= pinned.keys()
    assert pinned == {name: locked[name] for name in pinned}


@pytest.mark.parametrize(
    ("function", "parameter"),
    [("OnObjectCreated", "ReservedValidations"), ("UploadsComplete", "ReservedCompletions")],
)
def test_concurrency_is_set_aside_only_on_request(function: str, parameter: str) -> None:
    """A new account may have as little as 10: a reservation would fail its first deployment."""
    condition = parameter.replace("Reserved", "Reserves")

    assert TEMPLATE["Parameters"][parameter]["Default"] == 0
    assert TEMPLATE["Conditions"][condition] == {
        "Fn::Not": [{"Fn::Equals": [{"Ref": parameter}, 0]}]
    }
    assert FUNCTIONS[function]["ReservedConcurrentExecutions"] == {
        "Fn::If": [condition, {"Ref": parameter}, {"Ref": "AWS::NoValue"}]
    }


def test_a_refused_key_leaves_a_method_to_the_others() -> None:
    rates = {
        name: TEMPLATE["Parameters"][name]["Default"]
        for name in ("KeyRequestsPerSecond", "RequestsPerSecond")
    }

    assert rates["RequestsPerSecond"] >= 10 * rates["KeyRequestsPerSecond"]


def test_a_project_may_have_200_files_and_256_mib_unless_the_owner_says_otherwise() -> None:
    parameters = TEMPLATE["Parameters"]

    limit = Amount(
        files=parameters["DefaultFilesLimit"]["Default"],
        bytes=parameters["DefaultBytesLimit"]["Default"],
    )

    assert limit == DEFAULT_LIMIT == Amount(files=200, bytes=256 * 2**20)


def test_an_upload_comes_in_parts_from_64_mib_on_and_in_one_put_up_to_5_gib() -> None:
    threshold = TEMPLATE["Parameters"]["PartThreshold"]

    assert threshold["Default"] == PART_THRESHOLD == 64 * 2**20
    assert threshold["MaxValue"] == 5 * 2**30

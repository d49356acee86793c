"""Checks of what a stack has created, through the APIs of AWS."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from larder_cli import __version__
from larder_operator.doctor.findings import Finding, failed, good, warning
from larder_operator.doctor.preflight import WORKERS, judge_concurrency

if TYPE_CHECKING:
    from collections.abc import Callable

    from larder_operator.doctor.stack import DeployedStack

DEPLOY_AGAIN = "Deploy again: 'make deploy'. CloudFormation's drift detection shows what changed."
RUNBOOK = "docs/runbook.md says how to look at its messages and send them again."

_LAMBDAS_LEVELS = {"WARNING": "WARN"}


def check_version(stack: DeployedStack) -> Finding:
    """Compare the deployed template's version with this command's."""
    status = stack.description["StackStatus"]
    deployed = stack.outputs.get("TemplateVersion")
    if not status.endswith("_COMPLETE") or status.startswith(("ROLLBACK", "DELETE")):
        return failed(
            f"the stack is {status}", "Read its events in CloudFormation, and deploy again."
        )
    if deployed != __version__:
        return failed(
            f"the stack has version {deployed or 'before 0.1.0'}, this command {__version__}",
            "Deploy this version, or use the command of that one.",
        )
    return good(f"{__version__}, {status}")


def check_permissions(stack: DeployedStack) -> Finding:
    """Read what `larder project` and `larder key` read."""
    ports = stack.deployment.ports
    projects = len(list(ports.projects.list()))
    _ = ports.pepper
    caller = stack.client("sts").get_caller_identity()
    return good(f"{caller['Arn']} may read {projects} projects and the pepper")


def check_ttl(stack: DeployedStack) -> Finding:
    """Look whether DynamoDB deletes what has expired, and announces what is deleted."""
    table = stack.outputs["StoreTable"]
    client = stack.client("dynamodb")
    ttl = client.describe_time_to_live(TableName=table)["TimeToLiveDescription"]
    description = client.describe_table(TableName=table)["Table"]
    view = description.get("StreamSpecification", {}).get("StreamViewType")
    if ttl["TimeToLiveStatus"] not in {"ENABLED", "ENABLING"} or ttl["AttributeName"] != "ttl":
        return failed(f"TTL of {table} is {ttl['TimeToLiveStatus']}", DEPLOY_AGAIN)
    if view != "NEW_AND_OLD_IMAGES":
        return failed(f"the stream of {table} is {view}: nothing is cleaned up", DEPLOY_AGAIN)
    return good("TTL and stream are on")


def check_backups(stack: DeployedStack) -> Finding:
    """Look whether both tables can be restored to any second."""
    client = stack.client("dynamodb")
    for table in (stack.outputs["StoreTable"], stack.outputs["KeysTable"]):
        backups = client.describe_continuous_backups(TableName=table)[
            "ContinuousBackupsDescription"
        ]
        status = backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"]
        if status != "ENABLED":
            return failed(f"point-in-time recovery of {table} is {status}", DEPLOY_AGAIN)
    return good("both tables have point-in-time recovery")


def check_notifications(stack: DeployedStack) -> Finding:
    """Look whether the bucket announces the objects of files to the queue."""
    configuration = stack.client("s3").get_bucket_notification_configuration(
        Bucket=stack.outputs["FilesBucket"]
    )
    queue = stack.outputs["EventsQueueUrl"].rpartition("/")[2]
    for each in configuration.get("QueueConfigurations", []):
        rules = each.get("Filter", {}).get("Key", {}).get("FilterRules", [])
        values = [rule["Value"] for rule in rules]
        if each["QueueArn"].endswith(f":{queue}") and values == ["files/"]:
            return good(f"files/ are announced to {queue}")
    return failed(f"the bucket does not announce files to {queue}: none is validated", DEPLOY_AGAIN)


def check_cors(stack: DeployedStack) -> Finding:
    """Compare the bucket's CORS rules with the parameter."""
    try:
        rules = stack.client("s3").get_bucket_cors(Bucket=stack.outputs["FilesBucket"])["CORSRules"]
    except ClientError as error:
        if error.response["Error"].get("Code") != "NoSuchCORSConfiguration":
            raise
        rules = []
    allowed = sorted({each for rule in rules for each in rule["AllowedOrigins"]})
    if allowed != [stack.origin]:
        return failed(
            f"pages of {', '.join(allowed) or 'nobody'} may use it, not those of {stack.origin}",
            DEPLOY_AGAIN,
        )
    return good(f"pages of {stack.origin} may use the bucket")


def check_dead_letters(stack: DeployedStack) -> Finding:
    """Count what no worker could handle."""
    client, waiting = stack.client("sqs"), {}
    for name, url in stack.resources.items():
        if name.endswith("DeadLetters"):
            asked = client.get_queue_attributes(
                QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"]
            )
            waiting[name] = int(asked["Attributes"]["ApproximateNumberOfMessages"])
    if not waiting:
        return failed("the stack has no dead-letter queues", DEPLOY_AGAIN)
    if any(waiting.values()):
        full = ", ".join(f"{name}: {count}" for name, count in waiting.items() if count)
        return failed(f"messages that failed: {full}", RUNBOOK)
    return good(f"{len(waiting)} queues are empty")


def check_log_level(stack: DeployedStack) -> Finding:
    """Compare what Lambda lets through with the parameter."""
    chosen = stack.parameters.get("LogLevel", "")
    wanted = _LAMBDAS_LEVELS.get(chosen, chosen)
    configuration = stack.client("lambda").get_function_configuration(
        FunctionName=f"{stack.name}-files_get", Qualifier="live"
    )
    actual = configuration.get("LoggingConfig", {}).get("ApplicationLogLevel")
    if actual != wanted:
        return failed(f"Lambda logs from {actual} on, LogLevel is {chosen}", DEPLOY_AGAIN)
    return good(f"functions log from {chosen} on")


def check_alarms(stack: DeployedStack) -> Finding:
    """Look whether alarms reach anybody."""
    chosen = stack.parameters
    if chosen.get("Alarms") == "false":
        return good("there are none: Alarms=false")
    topic = chosen.get("AlarmTopicArn") or stack.resources.get("AlarmMails")
    if not topic:
        return warning(
            "alarms reach nobody", "Deploy with an address: make deploy ALARM_EMAIL=you@example.com"
        )
    listed = stack.client("sns").list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    confirmed = [each for each in listed if each["SubscriptionArn"] != "PendingConfirmation"]
    if not confirmed:
        return warning(
            f"nobody has confirmed to receive what {topic} sends",
            "Open the link in the mail that AWS sent, or deploy again for another one.",
        )
    return good(f"{topic} has {len(confirmed)} receivers")


def check_concurrency(stack: DeployedStack) -> Finding:
    """Compare the account's concurrency with what workers may take."""
    settings = stack.client("lambda").get_account_settings()["AccountLimit"]
    chosen = stack.parameters
    return judge_concurrency(
        limit=settings["ConcurrentExecutions"],
        unreserved=settings["UnreservedConcurrentExecutions"],
        # What is reserved is not among the unreserved any more.
        reserved=0,
        workers=sum(int(chosen.get(name, default)) for name, default in WORKERS.items()),
    )


def check_throttle(stack: DeployedStack) -> Finding:
    """Compare the stage's throttle with the parameters, and with the account's own."""
    client = stack.client("apigateway")
    stage = client.get_stage(restApiId=stack.resources["Api"], stageName="prod")
    settings = stage.get("methodSettings", {}).get("*/*", {})
    wanted = [int(stack.parameters[name]) for name in ("RequestsPerSecond", "RequestBurst")]
    actual = [int(settings.get(f"throttling{name}Limit", -1)) for name in ("Rate", "Burst")]
    if actual != wanted:
        return failed(
            f"a method takes {actual[0]} requests a second and {actual[1]} at once, "
            f"the parameters say {wanted[0]} and {wanted[1]}",
            DEPLOY_AGAIN,
        )
    account = client.get_account().get("throttleSettings", {})
    rate, burst = int(account.get("rateLimit", 0)), int(account.get("burstLimit", 0))
    if rate < wanted[0] or burst < wanted[1]:
        return warning(
            f"all APIs of this region take {rate} requests a second, and {burst} at once: fewer "
            "than RequestsPerSecond and RequestBurst",
            "Ask for a higher quota of API Gateway, or lower the parameters.",
        )
    return good(f"{wanted[0]} a second for each method, {rate} for all APIs of the region")


RESOURCES: list[tuple[str, Callable[[DeployedStack], Finding]]] = [
    ("template version", check_version),
    ("permissions", check_permissions),
    ("TTL", check_ttl),
    ("backups", check_backups),
    ("notifications", check_notifications),
    ("CORS", check_cors),
    ("dead letters", check_dead_letters),
    ("alarms", check_alarms),
    ("log level", check_log_level),
    ("Lambda concurrency", check_concurrency),
    ("API throttle", check_throttle),
]
"""The checks, in the order of their output."""

"""`larder upstream …`: the model servers that batches may ask."""

from __future__ import annotations

import time
from dataclasses import asdict

import click

from larder.domain.upstreams import (
    DEFAULT_CONCURRENCY,
    DEFAULT_TIMEOUT,
    Auth,
    Upstream,
    checked_upstream,
)
from larder_cli.failures import OperatorError
from larder_cli.shared.arguments import argument
from larder_cli.shared.groups import Group
from larder_cli.shared.output import counted, note, print_json
from larder_cli.shared.tables import columns, print_table
from larder_operator.deployment import find_deployment
from larder_operator.options import json_option, stack_options

SECRETS = "larder/upstreams/"  # pragma: allowlist secret
"""The prefix of the secrets that the template lets the batch worker read."""


@click.group(cls=Group)
def upstream() -> None:
    """Name the model servers that answer batches."""


name_argument = argument(
    "name", metavar="NAME", help="1 to 63 lowercase letters, digits and hyphens."
)


@upstream.command()
@name_argument
@click.option(
    "--base-url",
    required=True,
    metavar="URL",
    help="The address of an OpenAI-compatible API; it usually ends in /v1.",
)
@click.option(
    "--models",
    required=True,
    metavar="PATTERNS",
    help="The models that it serves, separated by commas, such as 'gpt-*,o*' or '*'. "
    "The most specific pattern of all upstreams wins.",
)
@click.option(
    "--auth",
    default=Auth.NONE.value,
    type=click.Choice([each.value for each in Auth]),
    help="How requests identify themselves to the server.",
)
@click.option(
    "--secret-id",
    metavar="ID",
    help="With --auth bearer: the name of the secret in Secrets Manager that holds the "
    f"server's API key. It must begin with '{SECRETS}': batches may read no other.",
)
@click.option(
    "--service",
    metavar="NAME",
    help="With --auth sigv4: the AWS service to sign requests for, such as 'bedrock'.",
)
@click.option(
    "--model-name",
    metavar="NAME",
    help="The model to ask for. Default: the one that the request names.",
)
@click.option(
    "--concurrency",
    default=DEFAULT_CONCURRENCY,
    type=click.IntRange(min=1),
    metavar="N",
    help="Requests in flight, for each worker.",
)
@click.option(
    "--rpm",
    type=click.IntRange(min=1),
    metavar="N",
    help="Requests per minute, over all batches. Default: no limit.",
)
@click.option(
    "--tpm",
    type=click.IntRange(min=1),
    metavar="N",
    help="Tokens per minute, over all batches. Default: no limit.",
)
@click.option(
    "--timeout",
    default=DEFAULT_TIMEOUT,
    type=click.IntRange(min=1),
    metavar="SECONDS",
    help="How long one answer may take.",
)
@stack_options
@json_option
def add(  # noqa: PLR0913, PLR0917 - one for each option
    name: str,
    base_url: str,
    models: str,
    auth: str,
    secret_id: str | None,
    service: str | None,
    model_name: str | None,
    concurrency: int,
    rpm: int | None,
    tpm: int | None,
    timeout: int,
    stack: str | None,
    profile: str | None,
    region: str | None,
    as_json: bool,
) -> None:
    """Add an upstream, or replace the one of that name."""
    if (secret_id is not None) != (auth == Auth.BEARER):
        message = "--auth bearer and --secret-id belong together."
        raise click.UsageError(message)
    if (service is not None) != (auth == Auth.SIGV4):
        message = "--auth sigv4 and --service belong together."
        raise click.UsageError(message)
    if secret_id is not None and not secret_id.startswith(SECRETS):
        message = f"--secret-id must begin with '{SECRETS}': batches may read no other secret."
        raise click.UsageError(message)
    ports = find_deployment(stack, profile, region).ports
    before = next((each for each in ports.upstreams.list() if each.name == name), None)
    upstream = checked_upstream(
        Upstream(
            name=name,
            base_url=base_url,
            models=tuple(pattern.strip() for pattern in models.split(",")),
            # Of two equally specific patterns, the older upstream's wins: a change keeps the age.
            created_at=before.created_at if before else int(ports.clock()),
            auth=Auth(auth),
            secret_id=secret_id,
            service=service,
            model_name=model_name,
            concurrency=concurrency,
            requests_per_minute=rpm,
            tokens_per_minute=tpm,
            timeout=timeout,
        )
    )
    ports.upstreams.put(upstream)
    if as_json:
        print_json(asdict(upstream))
        return
    note(f"{name} is {'replaced' if before else 'added'}. It serves {', '.join(upstream.models)}.")


@upstream.command("list")
@stack_options
@json_option
def list_(stack: str | None, profile: str | None, region: str | None, as_json: bool) -> None:
    """List all upstreams, oldest first."""
    upstreams = find_deployment(stack, profile, region).ports.upstreams.list()
    if as_json:
        print_json([asdict(upstream) for upstream in upstreams])
        return
    table = columns(
        "name",
        "models",
        "base URL",
        "auth",
        "in flight",
        "rpm",
        "tpm",
        "timeout",
        drop=("timeout", "tpm", "rpm", "in flight", "auth"),
    )
    for each in upstreams:
        models = ", ".join(each.models) + (f" → {each.model_name}" if each.model_name else "")
        table.add_row(
            each.name,
            models,
            each.base_url,
            " ".join(filter(None, (each.auth, each.secret_id, each.service))),
            str(each.concurrency),
            _limit(each.requests_per_minute),
            _limit(each.tokens_per_minute),
            f"{each.timeout} s",
        )
    print_table(table)


@upstream.command()
@name_argument
@stack_options
@json_option
def remove(
    name: str, stack: str | None, profile: str | None, region: str | None, as_json: bool
) -> None:
    """Remove an upstream.

    Requests of running batches whose model no other upstream serves then fail.
    """
    if not find_deployment(stack, profile, region).ports.upstreams.remove(name):
        raise _unknown(name)
    if as_json:
        print_json({"name": name, "removed": True})
    else:
        note(f"{name} is removed.")


@upstream.command("test")
@name_argument
@stack_options
@json_option
def try_(
    name: str, stack: str | None, profile: str | None, region: str | None, as_json: bool
) -> None:
    """Ask an upstream for its list of models, from this machine.

    Secrets and signatures need your AWS credentials. Batches use those of the deployment.
    """
    ports = find_deployment(stack, profile, region).ports
    upstream = next((each for each in ports.upstreams.list() if each.name == name), None)
    if upstream is None:
        raise _unknown(name)
    began = time.monotonic()
    models = ports.count_models(upstream)
    seconds = time.monotonic() - began
    if as_json:
        print_json({"name": name, "models": models, "seconds": round(seconds, 3)})
    else:
        note(f"{name} answered in {seconds:.2f} s. It lists {counted(models, 'model')}.")


def _unknown(name: str) -> OperatorError:
    return OperatorError(f"There is no upstream '{name}'. 'larder upstream list' shows them all.")


def _limit(per_minute: int | None) -> str:
    return "-" if per_minute is None else str(per_minute)

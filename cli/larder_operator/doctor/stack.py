"""A deployed stack, as the checks see it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import botocore.session
from botocore.config import Config
from botocore.exceptions import ClientError

from larder_cli.failures import OperatorError

if TYPE_CHECKING:
    from larder_operator.deployment import Deployment

_CONFIG = Config(
    connect_timeout=3, read_timeout=20, retries={"mode": "standard", "total_max_attempts": 3}
)


@dataclass
class DeployedStack:
    """The resources, parameters and outputs of a stack, and clients for its account."""

    deployment: Deployment

    def __post_init__(self) -> None:
        self._session = botocore.session.get_session()
        self._clients: dict[str, Any] = {}

    @property
    def name(self) -> str:
        """The stack's name."""
        return self.deployment.stack

    @property
    def emulated(self) -> bool:
        """Whether the stack is on an emulator."""
        return "AWS_ENDPOINT_URL" in os.environ

    @property
    def region(self) -> str:
        """The stack's region."""
        return str(self.client("cloudformation").meta.region_name)

    def client(self, service: str) -> Any:  # noqa: ANN401 - each service has its own
        """Return the client of a service."""
        if service not in self._clients:
            self._clients[service] = self._session.create_client(service, config=_CONFIG)
        return self._clients[service]

    @cached_property
    def description(self) -> dict[str, Any]:
        """What CloudFormation says about the stack.

        Raises:
            OperatorError: there is no such stack.
        """
        try:
            stacks = self.client("cloudformation").describe_stacks(StackName=self.name)
        except ClientError as error:
            if error.response["Error"].get("Code") != "ValidationError":
                raise
            message = f"There is no stack '{self.name}' in {self.region}."
            raise OperatorError(message) from error
        found: dict[str, Any] = stacks["Stacks"][0]
        return found

    @cached_property
    def outputs(self) -> dict[str, str]:
        """The stack's outputs."""
        listed = self.description.get("Outputs", [])
        return {each["OutputKey"]: each["OutputValue"] for each in listed}

    @cached_property
    def parameters(self) -> dict[str, str]:
        """The stack's parameters."""
        listed = self.description.get("Parameters", [])
        return {each["ParameterKey"]: each["ParameterValue"] for each in listed}

    @cached_property
    def resources(self) -> dict[str, str]:
        """The physical ids of the stack's resources, by their names in the template."""
        pages = self.client("cloudformation").get_paginator("list_stack_resources")
        return {
            each["LogicalResourceId"]: each["PhysicalResourceId"]
            for page in pages.paginate(StackName=self.name)
            for each in page["StackResourceSummaries"]
        }

    @property
    def origin(self) -> str:
        """The origin of the pages that may use the bucket; `*` is any API of the region."""
        chosen = self.parameters.get("CorsOrigin")
        return chosen or f"https://*.execute-api.{self.region}.{self._suffix}"

    @property
    def base_url(self) -> str:
        """The API's address, which ends in /v1."""
        if self.emulated:
            return os.environ["LARDER_BASE_URL"]
        return self.outputs["ApiUrl"]

    @property
    def s3_host(self) -> str:
        """The host that a presigned URL has to name."""
        return f"{self.outputs['FilesBucket']}.s3.{self.region}.{self._suffix}"

    @property
    def _suffix(self) -> str:
        """The domain of AWS in the stack's partition."""
        if self.emulated:
            return "amazonaws.com"
        # S3's own address has no region in us-east-1.
        host = urlsplit(self.client("cloudformation").meta.endpoint_url).hostname or ""
        return host.partition(f".{self.region}.")[2]

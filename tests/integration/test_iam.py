"""The tests' own IAM: it denies what a policy does not allow, and records what is used."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from larder.domain.ids import FileId
from tests.integration.iam import role_of, unused, used_so_far

if TYPE_CHECKING:
    from larder.domain.ids import TenantId
    from larder.runtime.composition import Composition
    from tests.moto_stack import MotoStack

FILE = FileId("file-0123456789abcdef01234567")


def test_a_function_is_denied_what_its_policy_does_not_allow(
    stack: MotoStack, ports: Composition, tenant: TenantId
) -> None:
    with role_of("files_get", stack.logical_names()):
        assert ports.files.get(tenant, FILE) is None
        with pytest.raises(ClientError, match="files_get may not s3:GetObject"):
            ports.objects.stat(tenant, FILE)
        with pytest.raises(ClientError, match="files_get may not dynamodb:Query"):
            list(ports.deadlines.expired(tenant, 0))


def test_a_function_is_denied_partitions_that_are_no_project_s(
    stack: MotoStack, ports: Composition, tenant: TenantId
) -> None:
    with role_of("sweep", stack.logical_names()):
        assert ports.files.get(tenant, FILE) is None
        with pytest.raises(ClientError, match="sweep may not dynamodb:Query on Store"):
            list(ports.projects.list())


def test_a_function_lists_only_its_own_prefix(
    stack: MotoStack, ports: Composition, tenant: TenantId
) -> None:
    client = ports.objects._client  # type: ignore[attr-defined]

    with role_of("uploads_cancel", stack.logical_names()):
        client.list_objects_v2(Bucket=stack.settings.files_bucket, Prefix=f"parts/{tenant}/")
        with pytest.raises(ClientError, match="uploads_cancel may not s3:ListBucket"):
            client.list_objects_v2(Bucket=stack.settings.files_bucket, Prefix=f"files/{tenant}/")


def test_signing_a_url_needs_the_permissions_of_the_url(
    stack: MotoStack, ports: Composition, tenant: TenantId
) -> None:
    params = {"Bucket": stack.settings.files_bucket, "Key": f"files/{tenant}/{FILE}"}
    client = ports.objects._client  # type: ignore[attr-defined]

    with role_of("files_url", stack.logical_names()):
        assert client.generate_presigned_url("get_object", Params=params)
        with pytest.raises(ClientError, match="files_url may not s3:PutObject"):
            client.generate_presigned_url("put_object", Params=params)


def test_a_permission_is_unused_until_a_function_uses_it(
    stack: MotoStack, ports: Composition, tenant: TenantId
) -> None:
    permission = ("files_get", "dynamodb:GetItem", "Store")

    with role_of("files_get", stack.logical_names()):
        ports.files.get(tenant, FILE)

    assert permission in unused(set())
    assert permission not in unused(used_so_far())

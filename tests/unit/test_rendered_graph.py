"""The order in which CloudFormation creates the rendered template's resources."""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter
from typing import Any

import pytest

from tests.support.rendered import needed_by, translated

RESOURCES: dict[str, Any] = translated()["Resources"]


def test_no_resource_waits_for_itself() -> None:
    """Neither `sam validate` nor cfn-lint follows all ways: docs/adr and the bucket's CORS."""
    order = list(TopologicalSorter(needed_by(RESOURCES)).static_order())

    assert sorted(order) == sorted(RESOURCES)


def test_a_bucket_that_names_the_api_would_be_found() -> None:
    bucket = RESOURCES["FilesBucket"]["Properties"]
    origin = {"Fn::Sub": "https://${Api}.execute-api.${AWS::Region}.amazonaws.com"}
    circular = RESOURCES | {"FilesBucket": {"Properties": bucket | {"CorsConfiguration": origin}}}

    with pytest.raises(CycleError):
        TopologicalSorter(needed_by(circular)).prepare()


def test_notifications_wait_for_the_policy_that_lets_them_in() -> None:
    assert "EventsPolicy" in needed_by(RESOURCES)["FilesBucket"]

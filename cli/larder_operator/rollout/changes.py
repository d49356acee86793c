"""What a change set of CloudFormation would do, in a few lines."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

WITH_DATA = frozenset(
    {"AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::SecretsManager::Secret", "AWS::SQS::Queue"}
)
"""Types whose replacement begins empty."""

_VERBS = {"Add": "creates", "Modify": "changes", "Remove": "deletes", "Import": "imports"}


@dataclass(frozen=True)
class Changes:
    """The changes of a change set."""

    entries: tuple[Mapping[str, Any], ...]

    @classmethod
    def of(cls, pages: Iterable[Mapping[str, Any]]) -> Changes:
        """Read the pages of DescribeChangeSet."""
        return cls(tuple(each["ResourceChange"] for page in pages for each in page["Changes"]))

    def lines(self) -> list[str]:
        """Return a line for each kind of change, with how many resources of which types."""
        found = []
        for action, verb in _VERBS.items():
            types = Counter(
                str(each["ResourceType"]).removeprefix("AWS::")
                for each in self.entries
                if each["Action"] == action
            )
            if types:
                listed = ", ".join(f"{count} {kind}" for kind, count in types.most_common())
                found.append(f"{verb} {types.total()}: {listed}")
        return found

    def losing_data(self) -> list[str]:
        """Return the names of resources whose data the new ones would not have."""
        return [
            f"{each['LogicalResourceId']} ({each['ResourceType']})"
            for each in self.entries
            if each["ResourceType"] in WITH_DATA
            and (each["Action"] == "Remove" or each.get("Replacement") == "True")
        ]

"""The query parameters of the lists of artifacts and bundles."""

from __future__ import annotations

from typing import Annotated

from larder.api.http.params import MayBeEmpty, Query
from larder.domain.artifacts import ArtifactType
from larder.domain.ids import ARTIFACT_PREFIX, BUNDLE_PREFIX, id_pattern
from larder.services.artifacts.list import MAX_PAGE

Limit = Annotated[
    int,
    Query(
        description="Most of them on the page",
        json_schema_extra={"minimum": 1, "maximum": MAX_PAGE},
    ),
    MayBeEmpty,
]
AfterArtifact = Annotated[
    str | None,
    Query(
        description="The last artifact id of the previous page",
        json_schema_extra={"pattern": id_pattern(ARTIFACT_PREFIX)},
    ),
    MayBeEmpty,
]
AfterBundle = Annotated[
    str | None,
    Query(
        description="The last bundle id of the previous page",
        json_schema_extra={"pattern": id_pattern(BUNDLE_PREFIX)},
    ),
    MayBeEmpty,
]
OfType = Annotated[
    str | None,
    Query(
        description="Only artifacts of this type", json_schema_extra={"enum": list(ArtifactType)}
    ),
    MayBeEmpty,
]

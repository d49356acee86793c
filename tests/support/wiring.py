"""Production's wiring of use cases, on the ports of a test."""

from __future__ import annotations

from functools import partial
from inspect import Parameter, signature
from typing import TYPE_CHECKING, Any, overload

from larder.domain.parts import PART_THRESHOLD
from larder.runtime.wiring import Wiring

if TYPE_CHECKING:
    from collections.abc import Callable

    from _typeshed import DataclassInstance


class Wired(Wiring):
    """What makes use cases of the ports that a subclass has: functions as well as classes."""

    part_threshold = PART_THRESHOLD

    @overload
    def make[UseCase: DataclassInstance](  # type: ignore[overload-overlap]
        self, use_case: type[UseCase]
    ) -> UseCase: ...
    @overload
    def make[Result](self, use_case: Callable[..., Result]) -> Callable[..., Result]: ...
    def make(self, use_case: Any) -> Any:
        """Return the use case with its ports: by name, a function's as well."""
        if isinstance(use_case, type):
            return super().make(use_case)
        ports = {
            name: getattr(self, name)
            for name, parameter in signature(use_case).parameters.items()
            if parameter.kind is Parameter.KEYWORD_ONLY and hasattr(self, name)
        }
        return partial(use_case, **ports)

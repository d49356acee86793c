"""Tags: the words that people file by."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from larder.domain.errors import InvalidParameterError

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_TAGS = 50
MAX_TAG = 64

_REFUSED_CATEGORIES = frozenset({"Cc", "Cs", "Zl", "Zp"})


def checked_tag(raw: str, *, param: str) -> str:
    """Return `raw` as a tag, without the spaces around it.

    Raises:
        InvalidParameterError: it is empty, longer than `MAX_TAG` characters, or has a comma
            (which separates tags in forms) or a control character.
    """
    tag = unicodedata.normalize("NFC", raw.strip())
    if not tag:
        raise InvalidParameterError("A tag is empty: send at least one character.", param=param)
    if len(tag) > MAX_TAG:
        raise InvalidParameterError(
            f"The tag '{tag[:16]}…' is {len(tag)} characters long: send one of at most {MAX_TAG}.",
            param=param,
        )
    for character in tag:
        if character == "," or unicodedata.category(character) in _REFUSED_CATEGORIES:
            raise InvalidParameterError(
                f"A tag contains the character U+{ord(character):04X}: "
                "send printable characters other than commas.",
                param=param,
            )
    return tag


def checked_tags(raw: Iterable[str], *, param: str) -> tuple[str, ...]:
    """Return the tags, each once, in the order given.

    Raises:
        InvalidParameterError: one is not acceptable, or there are more than `MAX_TAGS`.
    """
    tags = tuple(dict.fromkeys(checked_tag(tag, param=param) for tag in raw))
    if len(tags) > MAX_TAGS:
        raise InvalidParameterError(
            f"A file has at most {MAX_TAGS} tags; this would make {len(tags)}.", param=param
        )
    return tags

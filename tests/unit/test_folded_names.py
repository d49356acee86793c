"""What folding does to every character: names are compared, and sorted by DynamoDB, when folded."""

from __future__ import annotations

import sys
import unicodedata

import pytest

from larder.domain.filenames import folded
from tests.samples import WORST_CHARACTER


def is_assigned(character: str) -> bool:
    return unicodedata.category(character) not in {"Cn", "Co", "Cs"}


@pytest.fixture(scope="module")
def characters() -> list[str]:
    """All characters to which Unicode assigns a meaning: one in seven code points."""
    return list(filter(is_assigned, map(chr, range(sys.maxunicode + 1))))


def size(text: str) -> int:
    return len(text.encode())


def test_folding_changes_no_unassigned_character() -> None:
    unassigned = "".join(
        each for each in map(chr, range(sys.maxunicode + 1)) if not is_assigned(each)
    )

    assert folded(unassigned) == unassigned


def test_folding_twice_changes_nothing_more(characters: list[str]) -> None:
    assert [each for each in characters if folded(folded(each)) != folded(each)] == []


def test_all_cases_and_forms_of_a_character_fold_alike(characters: list[str]) -> None:
    def variants(character: str) -> set[str]:
        forms = {unicodedata.normalize(form, character) for form in ("NFC", "NFD")}
        return {character, character.casefold(), *forms}

    assert [each for each in characters if len(set(map(folded, variants(each)))) > 1] == []


def test_folding_triples_a_character_at_worst(characters: list[str]) -> None:
    growth = {each: size(folded(each)) / size(each) for each in characters}

    assert max(growth.values()) == growth[WORST_CHARACTER] == 3


def test_characters_together_do_not_fold_to_more_than_apart(characters: list[str]) -> None:
    # A folded name is composed of the parts of its characters. No character's parts are more than
    # three times its size, and composing never makes them longer.
    for character in characters:
        parts = unicodedata.normalize("NFD", character)
        assert size(unicodedata.normalize("NFC", parts)) <= size(parts)
        folded_parts = unicodedata.normalize("NFD", parts.casefold())
        assert size(folded_parts) <= 3 * size(character), character

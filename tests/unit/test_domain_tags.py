"""Tags: their form and their number."""

from __future__ import annotations

import pytest

from larder.domain.errors import InvalidParameterError
from larder.domain.tags import MAX_TAG, MAX_TAGS, checked_tag, checked_tags


@pytest.mark.parametrize("raw", ["a", "Q3 2026", "naïve", "日本", "a;b|c", "👩‍🚀", "-", "#x"])
def test_a_tag_is_kept_unchanged(raw: str) -> None:
    assert checked_tag(raw, param="tags") == raw


def test_spaces_around_a_tag_are_removed() -> None:
    assert checked_tag(" \t\u3000a b\n", param="tags") == "a b"


def test_two_unicode_forms_of_a_tag_are_one_tag() -> None:
    assert checked_tags(["caf\u00e9", "cafe\u0301"], param="tags") == ("caf\u00e9",)


def test_tags_that_differ_in_case_are_different_tags() -> None:
    assert checked_tags(["a", "A"], param="tags") == ("a", "A")


@pytest.mark.parametrize("raw", ["", " ", "\u3000", "\n"])
def test_an_empty_tag_is_refused(raw: str) -> None:
    with pytest.raises(InvalidParameterError, match="empty") as refused:
        checked_tag(raw, param="add_tags")

    assert refused.value.param == "add_tags"


@pytest.mark.parametrize("character", ["a", "é", "日", "🍏"])
def test_a_tag_has_at_most_64_characters(character: str) -> None:
    longest = character * MAX_TAG

    assert checked_tag(f"  {longest}  ", param="tags") == longest
    with pytest.raises(InvalidParameterError, match="65 characters long"):
        checked_tag(longest + character, param="tags")


def test_the_length_of_the_stored_form_counts() -> None:
    assert checked_tag("e\u0301" * MAX_TAG, param="tags") == "é" * MAX_TAG


@pytest.mark.parametrize(
    "character", [",", "\x00", "\n", "\x7f", "\x85", "\u2028", "\u2029", "\ud800"]
)
def test_commas_and_control_characters_are_refused(character: str) -> None:
    with pytest.raises(InvalidParameterError, match=f"U\\+{ord(character):04X}"):
        checked_tag(f"a{character}b", param="tags")


def test_each_tag_is_kept_once_in_the_given_order() -> None:
    assert checked_tags(["b", "a", " b", "c", "a"], param="tags") == ("b", "a", "c")


def test_a_file_has_at_most_50_tags_each_counted_once() -> None:
    most = [f"tag {number}" for number in range(MAX_TAGS)]

    assert checked_tags([*most, *most], param="tags") == tuple(most)
    with pytest.raises(InvalidParameterError, match="at most 50 tags; this would make 51"):
        checked_tags([*most, "one more"], param="tags")

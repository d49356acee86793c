from __future__ import annotations

import pytest

from larder.domain.filenames import InvalidFilenameError, checked_name, clean_filename


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        ("", "The name is empty: send one such as"),
        *((raw, "has nothing but dots and spaces") for raw in (" ", "\u3000", ".", "...", ". .")),
        *((raw, r"'\.\.' has nothing but dots") for raw in ("..", "a/..", "C:\\..")),
        *((raw, "ends in a separator") for raw in ("dir/", "dir\\", "/", "\\", "../")),
    ],
)
def test_what_leaves_no_name_is_refused_and_said(raw: str, says: str) -> None:
    with pytest.raises(InvalidFilenameError, match=says):
        clean_filename(raw)


@pytest.mark.parametrize(
    "raw",
    ["a\x00b", "a\nb", "a\tb", "a\x1bb", "a\x7fb", "a\x85b", "a\u2028b", "a\u2029b", "a\ud800b"],
)
def test_control_characters_are_refused(raw: str) -> None:
    with pytest.raises(InvalidFilenameError, match=f"U\\+{ord(raw[1]):04X}"):
        clean_filename(raw)


@pytest.mark.parametrize(
    "character",
    ["a", "é", "日", "🍏"],
)
def test_a_name_may_take_255_bytes_and_no_more(character: str) -> None:
    longest = character * (255 // len(character.encode()))
    assert clean_filename("dir/" * 100 + longest) == longest

    with pytest.raises(InvalidFilenameError, match="at most 255 bytes"):
        clean_filename(longest + character)


@pytest.mark.parametrize("name", ["e\u0301.txt", "é.txt", ".env", "a..", "  spaced  ", "👩‍🚀.txt"])
def test_a_name_is_kept_exactly_as_sent(name: str) -> None:
    assert clean_filename(name) == name


@pytest.mark.parametrize("name", ["a b.txt", "日本.txt", ".env", "a..", "  spaced  ", "a:b?*|"])
def test_a_name_that_a_person_gives_is_kept_exactly(name: str) -> None:
    assert checked_name(name, param="name") == name


@pytest.mark.parametrize("name", ["a/b", "/", "a/", "/a", "a\\b", "\\", "../a"])
def test_a_name_that_a_person_gives_has_no_separators(name: str) -> None:
    with pytest.raises(InvalidFilenameError, match="contains '/' or") as refused:
        checked_name(name, param="name")

    assert refused.value.param == "name"


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("", "name is empty"),
        *((name, f"'{name}' has nothing but dots") for name in (" ", ".", "..", ". .", "\u3000")),
    ],
)
def test_a_name_that_a_person_gives_is_not_empty(name: str, says: str) -> None:
    with pytest.raises(InvalidFilenameError) as refused:
        checked_name(name, param="name")

    assert says in refused.value.message


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("a\x00", "the control character U+0000"),
        ("a\ud800", "U+D800, half of a character, which UTF-8 cannot write"),
        ("a\u2028", "the line separator U+2028"),
        ("a\u2029", "the paragraph separator U+2029"),
    ],
)
def test_a_character_that_no_name_has_is_called_what_it_is(name: str, says: str) -> None:
    with pytest.raises(InvalidFilenameError) as refused:
        clean_filename(name)

    assert says in refused.value.message


@pytest.mark.parametrize("character", ["\x00", "\n", "\x7f", "\x85", "\u2028", "\u2029", "\ud800"])
def test_a_name_that_a_person_gives_has_no_control_characters(character: str) -> None:
    with pytest.raises(InvalidFilenameError, match=f"U\\+{ord(character):04X}"):
        checked_name(f"a{character}b", param="name")


@pytest.mark.parametrize("character", ["a", "é", "日", "🍏"])
def test_a_name_that_a_person_gives_may_take_255_bytes_and_no_more(character: str) -> None:
    longest = character * (255 // len(character.encode()))

    assert checked_name(longest, param="name") == longest
    with pytest.raises(InvalidFilenameError, match="at most 255 bytes"):
        checked_name(longest + character, param="name")

from __future__ import annotations

import pytest

from larder.domain.filenames import InvalidFilenameError, clean_filename


@pytest.mark.parametrize(
    "raw",
    ["", " ", "\u3000", ".", "..", "...", ". .", "dir/", "dir\\", "a/..", "/", "\\"],
)
def test_a_name_of_nothing_but_dots_and_segments_is_refused(raw: str) -> None:
    with pytest.raises(InvalidFilenameError, match="name is empty"):
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

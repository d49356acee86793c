"""What the files of a batch are called."""

from __future__ import annotations

import pytest

from larder.domain.batch_files import output_names, retry_name
from larder.domain.filenames import MAX_FILENAME_BYTES, clean_filename


@pytest.mark.parametrize(
    ("name", "output"),
    [("q.jsonl", "q_output.jsonl"), ("q", "q_output.jsonl"), ("q.txt", "q.txt_output.jsonl")],
)
def test_output_files_are_named_after_their_input(name: str, output: str) -> None:
    assert output_names(name) == (output, output.replace("_output", "_error"))


@pytest.mark.parametrize(
    ("name", "retried"),
    [
        ("q.jsonl", "q_retry.jsonl"),
        ("q_retry.jsonl", "q_retry.jsonl"),
        ("q_retry", "q_retry.jsonl"),
        ("q.txt", "q.txt_retry.jsonl"),
    ],
)
def test_a_retry_s_input_is_named_after_the_first_one(name: str, retried: str) -> None:
    assert retry_name(name) == retried


@pytest.mark.parametrize("letter", ["x", "ü", "漢", "🥫"])
@pytest.mark.parametrize("shift", range(4))
def test_a_long_name_is_cut_between_two_characters(letter: str, shift: int) -> None:
    longest = MAX_FILENAME_BYTES - len(".jsonl") - shift
    name = "a" * shift + letter * (longest // len(letter.encode())) + ".jsonl"

    for made in (*output_names(name), retry_name(name)):
        stem, _, ending = made.rpartition("_")
        assert ending in {"output.jsonl", "error.jsonl", "retry.jsonl"}
        assert name.startswith(stem)
        assert clean_filename(made) == made
        assert len(made.encode()) > MAX_FILENAME_BYTES - 4

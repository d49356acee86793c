"""The names of the files that a batch leaves, after its input's."""

from __future__ import annotations

from larder.domain.filenames import MAX_FILENAME_BYTES

_SUFFIX = ".jsonl"


def output_names(input_name: str) -> tuple[str, str]:
    """Return the names of the output and the error file for an input of that name."""
    return _named(input_name, "_output"), _named(input_name, "_error")


def retry_name(input_name: str) -> str:
    """Return the name of the input that retries lines of an input of that name."""
    return _named(input_name.removesuffix(_SUFFIX).removesuffix("_retry"), "_retry")


def _named(input_name: str, kind: str) -> str:
    """Return the name with its kind, cut before that where it would be longer than a name may be.

    A character is kept whole or left out.
    """
    ending = f"{kind}{_SUFFIX}"
    stem = input_name.removesuffix(_SUFFIX).encode()[: MAX_FILENAME_BYTES - len(ending)]
    return stem.decode(errors="ignore") + ending

"""What a filename may be, for every surface that takes one."""

import re
import unicodedata
from urllib.parse import quote

from larder.domain.errors import InvalidParameterError

MAX_FILENAME_BYTES = 255
"""Length limit in bytes of UTF-8: the NAME_MAX of the file systems that people download to."""

_PATH_SEPARATORS = re.compile(r"[/\\]")

_REFUSED = {
    "Cc": "the control character U+{:04X}: send a name of printable characters",
    "Cs": "U+{:04X}, half of a character, which UTF-8 cannot write: send a name in UTF-8",
    "Zl": "the line separator U+{:04X}: send a name of one line",
    "Zp": "the paragraph separator U+{:04X}: send a name of one line",
}
"""What is refused, by Unicode category, and what to send instead."""


class InvalidFilenameError(InvalidParameterError):
    """A filename that cannot be stored; the message says what to send instead."""


def clean_filename(raw: str, *, param: str = "filename") -> str:
    r"""Return the last path segment of `raw`, or refuse it.

    Both ``/`` and ``\`` separate segments, so that neither a Unix nor a Windows path leaks into
    the store. What remains is kept exactly as sent: it is not normalised to NFC, because people
    expect the name back that they gave, so code that compares names has to fold both sides.
    `param` is the request's field that carried the name.

    Raises:
        InvalidFilenameError: nothing is left but dots and spaces, a character is a control
            character, a line separator or a lone surrogate, or the name is over
            `MAX_FILENAME_BYTES` in UTF-8.
    """
    name = _PATH_SEPARATORS.split(raw)[-1]
    if raw and not name:
        message = (
            f"'{raw[-64:]}' ends in a separator, and only what follows the last one is kept as the "
            "name: send one such as 'requests.jsonl'."
        )
        raise InvalidFilenameError(message, param=param)
    return _checked(name, param)


def checked_name(raw: str, *, param: str) -> str:
    r"""Return `raw` as the name that a person gives a file or a folder, or refuse it.

    As `clean_filename`, but a name with ``/`` or ``\`` is refused rather than cut: who renames a
    file means all of what they typed.

    Raises:
        InvalidFilenameError: see `clean_filename`.
    """
    if _PATH_SEPARATORS.search(raw):
        message = "The name contains '/' or '\\': send one of other characters."
        raise InvalidFilenameError(message, param=param)
    return _checked(raw, param)


def numbered(name: str, number: int) -> str:
    """Return the name with a number after it, cut where it would be too long: `Notes (2)`."""
    suffix = f" ({number})"
    kept = name.encode()[: MAX_FILENAME_BYTES - len(suffix)].decode(errors="ignore")
    return kept + suffix


def folded(name: str) -> str:
    """Return what two names have in common that differ only in case or in Unicode's forms.

    Unicode's caseless matching (The Unicode Standard 3.13, definition D145).
    """
    decomposed = unicodedata.normalize("NFD", name).casefold()
    return unicodedata.normalize("NFC", decomposed)


def _checked(name: str, param: str) -> str:
    if not name.replace(".", "").strip():
        fault = f"'{name[:64]}' has nothing but dots and spaces" if name else "is empty"
        message = f"The name {fault}: send one such as 'requests.jsonl'."
        raise InvalidFilenameError(message, param=param)
    for character in name:
        refused = _REFUSED.get(unicodedata.category(character))
        if refused is not None:
            message = f"The name contains {refused.format(ord(character))}."
            raise InvalidFilenameError(message, param=param)
    size = len(name.encode())
    if size > MAX_FILENAME_BYTES:
        message = (
            f"The name is {size} bytes long in UTF-8: "
            f"send one of at most {MAX_FILENAME_BYTES} bytes."
        )
        raise InvalidFilenameError(message, param=param)
    return name


def attachment(filename: str) -> str:
    """Return the Content-Disposition that saves a download as `filename` (RFC 6266, 8187)."""
    plain = "".join(c if " " <= c <= "~" and c not in '"\\%' else "_" for c in filename)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(filename, safe='')}"

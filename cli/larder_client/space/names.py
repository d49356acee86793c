"""Names of files and folders, as the Space compares them."""

import unicodedata


def folded(name: str) -> str:
    """Return what two names have in common that differ only in case or in Unicode's forms.

    Unicode's caseless matching (The Unicode Standard 3.13, definition D145), as the server does it.
    """
    decomposed = unicodedata.normalize("NFD", name).casefold()
    return unicodedata.normalize("NFC", decomposed)

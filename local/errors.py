"""The error that ends a run."""


class LocalError(Exception):
    """An error that the user can fix; the message says what happened and what to do."""

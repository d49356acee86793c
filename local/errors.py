"""What stops a run."""


class LocalError(Exception):
    """Something that the reader can put right; the message says what happened and what to do."""

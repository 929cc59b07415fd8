"""Why a check could not say, and what is wrong with the code of a check."""

from __future__ import annotations


class Error(Exception):
    """Why a check could not say: neither pass nor fail.

    Raise it in `run` for whatever keeps the check from a conclusion; its message is the reason of the result. What a
    query could not answer arrives as one, too.

    >>> str(Error("`orders` has no rows: there is no percentage of nothing"))
    '`orders` has no rows: there is no percentage of nothing'
    """

    def __init__(self, message: str, *, code: str | None = None, retryable: bool = False) -> None:
        super().__init__(message)
        #: The code of the problem behind it, for example `denied`; none when it is the check's own.
        self.code = code
        #: Whether the very same query may succeed later in this run.
        self.retryable = retryable


class DefinitionError(TypeError):
    """The code of a check says something that cannot be meant. Raised while the component is built."""

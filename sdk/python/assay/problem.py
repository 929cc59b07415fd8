"""Something wrong with a settings document."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SettingProblem:
    """Something wrong with a settings document, at a place.

    >>> SettingProblem("/fail_below", "expected at most `warn_below`").path
    '/fail_below'
    """

    #: JSON Pointer to the place (RFC 6901); empty for the document. A nested dataclass tells it from itself on.
    path: str
    message: str

    def under(self, pointer: str) -> SettingProblem:
        """The same, seen from the document in which the pointer leads here."""
        return SettingProblem(pointer + self.path, self.message)


def token(key: str) -> str:
    """A key as a token of a JSON Pointer, with its slash.

    >>> token("a/b~c")
    '/a~1b~0c'
    """
    return "/" + key.replace("~", "~0").replace("/", "~1")

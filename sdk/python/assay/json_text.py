"""A JSON document that a column holds."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn

from assay.error import Error

# Levels of lists and objects. A component's stack is small, and running out of it would be a trap without a word.
_DEPTH_MAX = 200

# Texts, to pass over what stands in them, and whatever begins or ends a level.
_LEVEL = re.compile(r'"(?:[^"\\]|\\.)*"|[\[{]|[\]}]', re.DOTALL)


@dataclass(frozen=True)
class Json:
    """A JSON document that a column holds, read when it is asked for: most are only looked at in part, or never.

    >>> Json('{"tags": ["a", "b"]}').parse()["tags"]
    ['a', 'b']
    """

    text: str

    def parse(self) -> Any:
        """What it says. Raises `Error` when it is not JSON; NaN and infinities are not."""
        try:
            return parse(self.text)
        except ValueError as error:
            raise Error(f"a document is not JSON: {error}") from None


def parse(text: str, pairs: Callable[[list[tuple[str, Any]]], Any] | None = None) -> Any:
    """What a JSON text says; objects by `pairs`, if given.

    Raises `ValueError` when it is not JSON, which NaN and infinities are not, or is nested too deeply.
    """
    # Counted exactly only where there may be too many: texts and neighbours begin levels as well.
    if text.count("[") + text.count("{") > _DEPTH_MAX and _is_deep(text):
        raise ValueError(f"nested more than {_DEPTH_MAX} levels deep")
    return json.loads(text, parse_constant=_no_constant, object_pairs_hook=pairs)


def _is_deep(text: str) -> bool:
    depth = 0
    for found in _LEVEL.finditer(text):
        if found[0] in "[{":
            depth += 1
            if depth > _DEPTH_MAX:
                return True
        elif found[0] in "]}":
            depth -= 1
    return False


def _no_constant(word: str) -> NoReturn:
    raise ValueError(f"`{word}` is not a JSON number")

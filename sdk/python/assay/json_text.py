"""A JSON document that a column holds."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, NoReturn

from assay.error import Error


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
            return json.loads(self.text, parse_constant=_no_constant)
        except (ValueError, RecursionError) as error:
            raise Error(f"a document is not JSON: {error}") from None


def _no_constant(word: str) -> NoReturn:
    raise ValueError(f"`{word}` is not a JSON number")

"""Names of tables and columns that settings bring into a statement."""

from __future__ import annotations

import re

from assay.error import Error

_WORD = r"[A-Za-z_][A-Za-z0-9_]{0,127}"

#: A column, as a regular expression.
COLUMN = _WORD
#: A table of one to three parts, as a regular expression.
TABLE = rf"{_WORD}(\.{_WORD}){{0,2}}"

# What could end the quoting, or be taken for a template's own.
_UNQUOTABLE = re.compile(r"[`\\{}\x00-\x1f\x7f-\x9f]")


def quote_identifier(name: str) -> str:
    """A dotted name in backticks, part by part. For names only: values are bound.

    Raises `Error` when a part is empty or holds a character that could end the quoting.

    >>> quote_identifier("sales.orders")
    '`sales`.`orders`'
    """
    parts = name.split(".")
    if not all(parts) or _UNQUOTABLE.search(name):
        raise Error(f"{name!r} is not a name")
    return ".".join(f"`{part}`" for part in parts)

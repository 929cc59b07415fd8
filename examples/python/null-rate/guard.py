"""The edge between Python's exceptions and the contract's two ways of not saying: an error and a trap."""

import traceback
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from componentize_py_types import Err
from wit_world.imports import query, report

P = ParamSpec("P")
R = TypeVar("R")

# Innermost frames that are told: the host keeps 4 KiB.
_FRAMES = 20


def guarded(export: Callable[P, R]) -> Callable[P, R]:
    """Lets nothing that leaves an export lose its words.

    A problem of a query that nobody handled keeps the check from saying, and its message is the reason. Any other
    exception becomes a trap without a word, so that its text is passed on first.
    """

    @wraps(export)
    def told(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return export(*args, **kwargs)
        except Err as error:
            match error.value:
                case str():
                    raise
                case query.Problem(message=message):
                    raise Err(message) from None
            report.aborting(_text(error))
            raise
        except BaseException as error:
            report.aborting(_text(error))
            raise

    return told


def _text(error: BaseException) -> str:
    # Not `traceback.format_exc`: it reads source files, and there are none.
    frames = [
        f"  {frame.f_code.co_filename}:{line} in {frame.f_code.co_qualname}"
        for frame, line in traceback.walk_tb(error.__traceback__)
    ]
    return "\n".join([f"{type(error).__name__}: {error}", *frames[-_FRAMES:]])

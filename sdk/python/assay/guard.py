"""The edge between Python's exceptions and the contract's two ways of not saying: an error and a trap."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from functools import wraps
from typing import NoReturn, ParamSpec, TypeVar

from componentize_py_types import Err
from wit_world.imports import report

from assay.error import Error

P = ParamSpec("P")
R = TypeVar("R")


class Trap(Exception):
    """Stands for an exception whose words were passed on."""


# Innermost frames that are told: the host keeps 4 KiB.
_FRAMES = 20


def concluding(export: Callable[P, R]) -> Callable[P, R]:
    """For the export that may fail: an `Error` becomes the reason why the check could not say.

    Any other exception becomes a trap, which has no words of its own: they are passed on first.
    """

    @wraps(export)
    def told(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return export(*args, **kwargs)
        except Error as error:
            raise Err(str(error)) from None
        except BaseException as error:
            _abort(error)

    return told


def trapping(export: Callable[P, R]) -> Callable[P, R]:
    """For an export that cannot fail: any exception becomes a trap, and its words are passed on first."""

    @wraps(export)
    def told(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return export(*args, **kwargs)
        except BaseException as error:
            _abort(error)

    return told


def _abort(error: BaseException) -> NoReturn:
    """Passes an exception's words on, and traps."""
    report.aborting(_text(error))
    # One of its own, without the frames: the runtime prints what it gets before it traps, at a price in fuel.
    raise Trap(type(error).__name__) from None


def _text(error: BaseException) -> str:
    # Not `traceback.format_exc`: it reads source files, and there are none.
    frames = [
        f"  {frame.f_code.co_filename}:{line} in {frame.f_code.co_qualname}"
        for frame, line in traceback.walk_tb(error.__traceback__)
    ]
    return "\n".join([f"{type(error).__name__}: {error}", *frames[-_FRAMES:]])

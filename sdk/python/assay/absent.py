"""What a check does not have says so, where it would trap without a word."""

from __future__ import annotations

import builtins
import os
import sys
import time
from importlib.machinery import PathFinder
from typing import Any, NoReturn

from assay.report import log


class _Output:
    """Where `print` writes: whole lines go to the run's log."""

    def __init__(self) -> None:
        self._line = ""

    def write(self, text: str) -> int:
        *lines, self._line = (self._line + text).split("\n")
        for line in lines:
            log("info", line)
        return len(text)

    def flush(self) -> None:
        """Nothing waits but a line that has not ended."""


class _NoModules:
    """Stands where modules are looked for in folders."""

    @staticmethod
    def find_spec(name: str, *_: object) -> NoReturn:
        raise ModuleNotFoundError(
            f"the module `{name}` was not there when the component was built: import it at the top of `check.py`",
            name=name,
        )


def _absent(what: str, instead: str) -> Any:
    def refuse(*_: object, **__: object) -> NoReturn:
        raise RuntimeError(f"a check has no {what}: {instead}")

    return refuse


def tell() -> None:
    """From now on files, the clock, random bytes and further modules are refused with words, and `print` writes a log."""
    output: Any = _Output()
    sys.stdout = sys.stderr = output
    # Modules that are built into the interpreter are still found.
    finder: Any = _NoModules
    sys.meta_path[:] = [finder if found is PathFinder else found for found in sys.meta_path]
    builtins.open = _absent("files", "what it knows comes from queries, and from modules that are built in")
    builtins.input = _absent("keyboard", "what it is to know are settings")
    for name in ("time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns", "sleep"):
        setattr(time, name, _absent("clock", "the day it is about is `context.target_date`"))
    os.urandom = _absent("random bytes", "seed `random.Random` with `context.seed`")

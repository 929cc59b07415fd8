"""What a check is, and its exports."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Mapping
from typing import Generic, TypeVar

from wit_world.imports import types

from assay.context import Context
from assay.error import DefinitionError, Error
from assay.manifest import Manifest
from assay.problem import SettingProblem
from assay.settings import SettingsReader
from assay.verdict import Verdict

S = TypeVar("S")
Run = Callable[[Context, S], Verdict]


class Check(Generic[S]):
    """A check, made by `check`. Called, it is the function that it was made of."""

    def __init__(self, run: Run[S], settings: type[S]) -> None:
        self._run = run
        self._settings = SettingsReader(settings)

    def __call__(self, context: Context, settings: S) -> Verdict:
        return self._run(context, settings)

    def describe(self, manifest: Manifest) -> types.Metadata:
        """The `describe` export."""
        return types.Metadata(
            id=manifest.id,
            version=manifest.version,
            title=manifest.title,
            description=manifest.description,
            owner=manifest.owner,
            settings_schema=json.dumps(self._settings.schema(f"Settings of {manifest.id}")),
            limits=[types.LimitRequest(name, value) for name, value in manifest.limits.items()],
        )

    def validate(self, document: str) -> list[types.SettingProblem]:
        """The `validate` export."""
        _, problems = self._settings.read(document)
        return [types.SettingProblem(problem.path, problem.message) for problem in problems]

    def conclude(self, context: types.Context, document: str) -> types.Verdict:
        """The `run` export. Raises `Error` with what kept the check from saying."""
        settings, problems = self._settings.read(document)
        if settings is None:
            raise Error("bad settings: " + "; ".join(_told(problem) for problem in problems))
        verdict = self._run(Context.of(context), settings)
        if not isinstance(verdict, Verdict):
            raise TypeError(f"the check returned {verdict!r}, expected a Verdict")
        return verdict.told()


def check(settings: type[S]) -> Callable[[Run[S]], Check[S]]:
    """Makes a check of a function of the context and the settings; a module has one.

    The settings are a dataclass. Its `validate`, if it has one, tells what types and ranges cannot say.

    ```python
    @dataclass(frozen=True)
    class Settings:
        warn_below: Annotated[float, Range(0), "Fewer are a warning."] = 80.0
        fail_below: Annotated[float, Range(0), "Fewer are a failure."] = 50.0

        def validate(self) -> Iterator[SettingProblem]:
            if self.fail_below > self.warn_below:
                yield SettingProblem("/fail_below", "expected at most `warn_below`")

    @check(Settings)
    def run(context: Context, settings: Settings) -> Verdict:
        ...
    ```

    Raises `DefinitionError` for settings that are no dataclass or say something that settings cannot be, and for a
    function that does not take a context and settings.
    """
    if inspect.isfunction(settings):
        raise DefinitionError(f"`{settings.__name__}` needs settings: write `@check(Settings)` with their dataclass")

    def made(run: Run[S]) -> Check[S]:
        if not inspect.isfunction(run):
            raise DefinitionError(f"{run!r} cannot be run: write `@check(Settings)` above a function")
        try:
            inspect.signature(run).bind(None, None)
        except TypeError:
            raise DefinitionError(
                f"`{run.__name__}` does not take two arguments: write `def {run.__name__}(context, settings)`"
            ) from None
        if inspect.iscoroutinefunction(run) or inspect.isgeneratorfunction(run):
            raise DefinitionError(f"`{run.__name__}` does not return a verdict at once: write a plain function")
        return Check(run, settings)

    return made


def only_check(module: Mapping[str, object]) -> Check[object]:
    """The one check that a module has, by its names. Raises `DefinitionError` when there is none, or more."""
    found = {id(value): (name, value) for name, value in module.items() if isinstance(value, Check)}
    if not found:
        raise DefinitionError("the module `check` has no check: write a function with `@check(Settings)` above it")
    if len(found) > 1:
        names = ", ".join(f"`{name}`" for name, _ in found.values())
        raise DefinitionError(f"the module `check` has {len(found)} checks: {names}; a component is one")
    return next(iter(found.values()))[1]


def _told(problem: SettingProblem) -> str:
    return f"{problem.path}: {problem.message}" if problem.path else problem.message

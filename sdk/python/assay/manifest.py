"""Who a check is: what `check.toml` says, as the build hands it over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from assay.error import DefinitionError

_TEXTS = ("id", "version", "title", "description", "owner")


@dataclass(frozen=True)
class Manifest:
    """Who a check is.

    >>> Manifest.of({"id": "a", "version": "1.0.0", "title": "t", "description": "d", "owner": "o"}).limits
    {}
    """

    id: str
    version: str
    title: str
    #: What it verifies, in Markdown.
    description: str
    #: Whom to tell when the check itself breaks.
    owner: str
    #: Limits it asks for, by the host's names and in base units: bytes, milliseconds or things.
    limits: Mapping[str, int]

    @classmethod
    def of(cls, given: Mapping[str, object]) -> Manifest:
        """From `MANIFEST` of the generated module. Raises `DefinitionError` when something is missing or amiss."""
        texts = {name: given.get(name) for name in _TEXTS}
        if wrong := [name for name, text in texts.items() if not isinstance(text, str)]:
            raise DefinitionError(f"the manifest does not say {', '.join(f'`{name}`' for name in wrong)}")
        limits = given.get("limits", {})
        if not isinstance(limits, Mapping) or not all(type(value) is int and value >= 0 for value in limits.values()):
            raise DefinitionError(f"the manifest asks for the limits {limits!r}, expected whole numbers by name")
        return cls(**{name: str(text) for name, text in texts.items()}, limits=dict(limits))

"""The exports of the contract: what a component of a check in Python is made from.

`check` is the author's module, `assay_manifest` is written by the build from `check.toml`.
"""

from __future__ import annotations

import check
import wit_world
from assay_manifest import MANIFEST
from wit_world.imports import types

from assay import absent
from assay.entry import only_check
from assay.guard import concluding, trapping
from assay.manifest import Manifest

_CHECK = only_check(vars(check))
_METADATA = _CHECK.describe(Manifest.of(MANIFEST))


class WitWorld(wit_world.WitWorld):
    """The exports of the contract.

    Each begins with what is absent, and not this module: while the component is built there are files, from which the
    runtime imports what it needs once this module is there.
    """

    @trapping
    def describe(self) -> types.Metadata:
        absent.tell()
        return _METADATA

    @trapping
    def validate(self, settings: str) -> list[types.SettingProblem]:
        absent.tell()
        return _CHECK.validate(settings)

    @concluding
    def run(self, context: types.Context, settings: str) -> types.Verdict:
        absent.tell()
        return _CHECK.conclude(context, settings)

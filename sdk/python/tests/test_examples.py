"""The examples in docstrings say what comes of them."""

import doctest
import importlib
import json
import pkgutil
import sys
import unittest
from pathlib import Path
from types import ModuleType

import answers
from wit_world.imports import report, types
from wit_world.imports.query import Kind

import assay
from assay.entry import only_check


def load_tests(loader: unittest.TestLoader, tests: unittest.TestSuite, pattern: str | None) -> unittest.TestSuite:
    for module in pkgutil.iter_modules(assay.__path__, "assay."):
        tests.addTest(doctest.DocTestSuite(importlib.import_module(module.name)))
    return tests


def block(text: str, name: str) -> ModuleType:
    """The module that the first block of code of a text is."""
    module = ModuleType(name)
    # Dataclasses look their module up.
    sys.modules[name] = module
    exec(text.split("```python\n")[1].split("```")[0], module.__dict__)
    return module


class Readable(unittest.TestCase):
    """What stands in the README and at the head of the package runs as it stands."""

    def setUp(self) -> None:
        report.clear()

    def test_the_readme(self) -> None:
        text = Path(__file__).parent.with_name("README.md").read_text()
        check = only_check(vars(block(text, "readme_check")))
        settings = json.dumps({"table": "events", "days": 3})
        answers.answer({"day": Kind.DATE, "n": Kind.INT64}, [(20_483, 5)])
        verdict = check.conclude(answers.context(), settings)
        self.assertEqual(verdict.summary, "2 of 3 days are missing: 2026-01-28..2026-01-29")
        self.assertEqual(report.reported[0].remediation, "backfill 2026-01-28..2026-01-29")
        answers.answer({"day": Kind.DATE, "n": Kind.INT64}, [(20_481 + n, 5) for n in range(3)])
        verdict = check.conclude(answers.context(), settings)
        self.assertEqual(verdict, types.Verdict(types.Outcome.PASS, "all 3 days have rows", 15))

    def test_the_package(self) -> None:
        check = only_check(vars(block(assay.__doc__ or "", "package_check")))
        for n, outcome in ((0, types.Outcome.FAIL), (3, types.Outcome.PASS)):
            answers.answer({"n": Kind.INT64}, [(n,)])
            self.assertEqual(check.conclude(answers.context(), '{"table": "t"}').outcome, outcome)


if __name__ == "__main__":
    unittest.main()

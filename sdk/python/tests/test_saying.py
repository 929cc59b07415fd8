"""Findings, metrics, the log and verdicts."""

import builtins
import importlib
import os
import sys
import time
import unittest
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from unittest import mock

from wit_world.imports import report as contract
from wit_world.imports import types

from assay import Finding, Verdict, absent, log, metric
from assay.finding import _weight


@dataclass(frozen=True)
class Day:
    day: date
    n: int | None


def size(told: contract.Finding) -> int:
    """Bytes as the host counts them."""
    cells = [cell for row in told.samples for cell in row]
    texts = sum(len(cell.name.encode()) + len((cell.value or "").encode()) for cell in cells)
    return _weight(told) + 16 * len(told.samples) + 16 * len(cells) + texts


class Saying(unittest.TestCase):
    def setUp(self) -> None:
        contract.clear()

    def test_nothing_is_said_before_report(self) -> None:
        finding = Finding("few_rows", "3 of 9 rows")
        self.assertEqual(contract.reported, [])
        self.assertTrue(finding.report())
        self.assertEqual(len(contract.reported), 1)

    def test_all_that_can_be_said(self) -> None:
        Finding(
            "few_rows",
            "3 of 9 rows",
            severity="low",
            source="local",
            table="t",
            column="c",
            date=date(2026, 1, 30),
            partition="north",
            observed=3,
            expected=Decimal("9.5"),
            unit="rows",
            affected=6,
            samples=[Day(date(2026, 1, 30), None), {"n": 3}],
            remediation="backfill 2026-01-30",
            attributes={"rule": "r1"},
        ).report()
        self.assertEqual(
            contract.reported,
            [
                contract.Finding(
                    "few_rows",
                    contract.Severity.LOW,
                    "3 of 9 rows",
                    contract.Subject("local", "t", "c", "2026-01-30", "north"),
                    contract.Measure_Number(3.0),
                    contract.Measure_Number(9.5),
                    "rows",
                    6,
                    [
                        [contract.Cell("day", "2026-01-30"), contract.Cell("n", None)],
                        [contract.Cell("n", "3")],
                    ],
                    "backfill 2026-01-30",
                    [contract.Attribute("rule", "r1")],
                )
            ],
        )

    def test_texts_are_measures_too(self) -> None:
        told = Finding("c", "m", observed="x", expected="y").told()
        self.assertEqual((told.observed, told.expected), (contract.Measure_Text("x"), contract.Measure_Text("y")))
        self.assertRaises(TypeError, Finding("c", "m", observed=True).told)
        self.assertRaises(TypeError, Finding("c", "m", samples=[3]).told)

    def test_a_code_is_in_snake_case(self) -> None:
        for code in ("", "Few", "few-rows", "9", "few_rows\n"):
            self.assertRaises(ValueError, Finding, code, "m")

    def test_a_finding_is_never_too_large_to_be_kept(self) -> None:
        rows = [{"k": "é" * 1_000, "v": str(n)} for n in range(100)]
        told = Finding("c", "ä" * 9_000, remediation="x" * 9_000, samples=rows, attributes={"a": "y" * 9_000}).told()
        self.assertLessEqual(size(told), 4_096)
        self.assertGreater(len(told.samples), 5)
        self.assertEqual(told.samples[0][0].value, "é" * 60 + "…")
        self.assertEqual(told.message, "ä" * 512 + "…")
        fuller = Finding("c", "m", samples=rows).told()
        self.assertGreater(len(fuller.samples), len(told.samples))
        self.assertLessEqual(size(fuller), 4_096)

    def test_what_is_no_utf_8_is_said_anyway(self) -> None:
        self.assertEqual(Finding("c", "a\ud800b").told().message, "a?b")

    def test_metrics_and_the_log(self) -> None:
        metric("rows", 7, "rows", region="north")
        log("warn", "odd")
        self.assertEqual(contract.measured, [("rows", 7.0, "rows", [contract.Attribute("region", "north")])])
        self.assertEqual(contract.logged, [(contract.Level.WARN, "odd")])

    def test_what_a_check_does_not_have_says_so(self) -> None:
        kept = [mock.patch.object(sys, name, getattr(sys, name)) for name in ("stdout", "stderr")]
        kept += [mock.patch.object(builtins, name, getattr(builtins, name)) for name in ("open", "input")]
        clocks = ("time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns", "sleep")
        kept += [mock.patch.object(time, name, getattr(time, name)) for name in clocks]
        kept.append(mock.patch.object(os, "urandom", os.urandom))
        kept.append(mock.patch.object(sys, "meta_path", list(sys.meta_path)))
        for patch in kept:
            patch.start()
        try:
            absent.tell()
            print("one\ntwo", 3)
            found = []
            for ask in (lambda: open("x"), time.time, lambda: date.today(), lambda: os.urandom(1)):
                with self.assertRaises(RuntimeError) as caught:
                    ask()
                found.append(str(caught.exception).split(":")[0])
            with self.assertRaisesRegex(ModuleNotFoundError, "^the module `antigravity` was not there when"):
                importlib.import_module("antigravity")
        finally:
            for patch in kept:
                patch.stop()
        self.assertEqual(found, ["a check has no files", *2 * ["a check has no clock"], "a check has no random bytes"])
        self.assertEqual(contract.logged, [(contract.Level.INFO, "one"), (contract.Level.INFO, "two 3")])


class Concluding(unittest.TestCase):
    def test_in_the_form_of_the_contract(self) -> None:
        for verdict, expected in (
            (Verdict.passed("s", examined=3), types.Verdict(types.Outcome.PASS, "s", 3)),
            (Verdict.passed("s", examined=0), types.Verdict(types.Outcome.PASS, "s", 0)),
            (Verdict.warn("s"), types.Verdict(types.Outcome.WARN, "s", None)),
            (Verdict.fail("s", 0), types.Verdict(types.Outcome.FAIL, "s", 0)),
            (Verdict.skip("no match day"), types.Verdict(types.Outcome.SKIP, "no match day", None)),
        ):
            self.assertEqual(verdict.told(), expected)

    def test_examined_is_a_number_of_rows(self) -> None:
        for examined in (-1, True, 1.0, "1", 1 << 64):
            self.assertRaises(ValueError, Verdict.passed, "s", examined)
        self.assertRaises(TypeError, Verdict.passed, "s")


if __name__ == "__main__":
    unittest.main()

"""A check, its context and its exports."""

import importlib.util
import json
import unittest
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import answers
from componentize_py_types import Err
from wit_world.imports import query as contract
from wit_world.imports import report, types
from wit_world.imports.query import Kind

from assay import Check, Context, DefinitionError, Error, SettingProblem, Verdict, check, quote_identifier
from assay.entry import only_check
from assay.guard import Trap, concluding, trapping
from assay.manifest import Manifest

MANIFEST = {
    "id": "a-b",
    "version": "1.2.3",
    "title": "t",
    "description": "d",
    "owner": "o",
    "limits": {"memory": 1 << 25},
}


@dataclass(frozen=True)
class Settings:
    n: int = 1

    def validate(self) -> Iterator[SettingProblem]:
        if self.n == 13:
            yield SettingProblem("/n", "unlucky")


@check(Settings)
def run(context: Context, settings: Settings) -> Verdict:
    """Says what it was given."""
    if settings.n == 2:
        raise Error("there is nothing to say of 2")
    if settings.n == 3:
        return None  # type: ignore[return-value]
    return Verdict.passed(f"{context.check} {settings.n}", examined=settings.n)


class Exports(unittest.TestCase):
    def test_describe(self) -> None:
        told = run.describe(Manifest.of(MANIFEST))
        self.assertEqual(
            (told.id, told.version, told.title, told.description, told.owner), ("a-b", "1.2.3", "t", "d", "o")
        )
        self.assertEqual(told.limits, [types.LimitRequest("memory", 1 << 25)])
        schema = json.loads(told.settings_schema)
        self.assertEqual(
            (schema["title"], schema["properties"]), ("Settings of a-b", {"n": {"type": "integer", "default": 1}})
        )

    def test_validate(self) -> None:
        self.assertEqual(run.validate('{"n": 5}'), [])
        self.assertEqual(run.validate('{"n": 13}'), [types.SettingProblem("/n", "unlucky")])

    def test_run(self) -> None:
        verdict = run.conclude(answers.context(), '{"n": 5}')
        self.assertEqual(verdict, types.Verdict(types.Outcome.PASS, "orders 5", 5))
        for document, message in (
            ('{"n": 2}', "there is nothing to say of 2"),
            ('{"n": 13}', "bad settings: /n: unlucky"),
            ("[]", "bad settings: expected an object"),
        ):
            with self.assertRaises(Error) as caught:
                run.conclude(answers.context(), document)
            self.assertEqual(str(caught.exception), message)
        with self.assertRaisesRegex(TypeError, "the check returned None, expected a Verdict"):
            run.conclude(answers.context(), '{"n": 3}')

    def test_a_check_is_still_a_function(self) -> None:
        self.assertEqual(run(Context.of(answers.context()), Settings(9)).summary, "orders 9")

    def test_a_manifest_says_everything(self) -> None:
        for change, message in (
            ({"title": None}, "the manifest does not say `title`"),
            ({"id": 3, "owner": None}, "the manifest does not say `id`, `owner`"),
            ({"limits": {"memory": "32 MiB"}}, "the manifest asks for the limits"),
            ({"limits": {"memory": True}}, "the manifest asks for the limits"),
        ):
            with self.assertRaisesRegex(DefinitionError, message):
                Manifest.of(MANIFEST | change)


class Author(unittest.TestCase):
    def test_the_module_has_one_check(self) -> None:
        self.assertIs(only_check({"run": run, "again": run, "x": 1}), run)
        with self.assertRaisesRegex(DefinitionError, "has no check: write a function with `@check"):
            only_check({"x": 1})
        other: Check[Any] = check(Settings)(lambda context, settings: Verdict.skip("x"))
        with self.assertRaisesRegex(DefinitionError, "has 2 checks: `run`, `other`"):
            only_check({"run": run, "other": other})

    def test_what_is_no_check(self) -> None:
        def nothing() -> None: ...

        def three(a: Any, b: Any, c: Any) -> Any: ...

        async def later(context: Any, settings: Any) -> Any: ...

        def bit_by_bit(context: Any, settings: Any) -> Any:
            yield

        for made, message in (
            (lambda: check(nothing), "`nothing` needs settings: write `@check\\(Settings\\)`"),
            (lambda: check(int)(run._run), "write a dataclass"),
            (lambda: check(Settings)(nothing), "write `def nothing\\(context, settings\\)`"),
            (lambda: check(Settings)(three), "write `def three\\(context, settings\\)`"),
            (lambda: check(Settings)(later), "write a plain function"),
            (lambda: check(Settings)(bit_by_bit), "write a plain function"),
            (lambda: check(Settings)(Settings), "write `@check\\(Settings\\)` above a function"),
        ):
            with self.assertRaisesRegex(DefinitionError, message):
                made()


class Guard(unittest.TestCase):
    def setUp(self) -> None:
        report.clear()

    def test_an_error_is_the_reason_and_anything_else_is_told_before_the_trap(self) -> None:
        def raises(error: BaseException) -> Any:
            def export() -> None:
                raise error

            return export

        with self.assertRaises(Err) as caught:
            concluding(raises(Error("why")))()
        self.assertEqual((caught.exception.value, report.aborted), ("why", []))
        for guarded in (concluding, trapping):
            report.clear()
            with self.assertRaises(Trap) as trapped:
                guarded(raises(KeyError("x")))()
            self.assertEqual((str(trapped.exception), trapped.exception.__suppress_context__), ("KeyError", True))
            self.assertRegex(
                report.aborted[0], r"^KeyError: 'x'\n.*guard.py:\d+ in .*\n.*test_check.py:\d+ in .*export$"
            )
        report.clear()
        self.assertRaises(Trap, trapping(raises(Error("why"))))
        self.assertTrue(report.aborted[0].startswith("Error: why"))
        self.assertEqual(concluding(lambda: 3)(), 3)

    def test_the_innermost_frames_are_told(self) -> None:
        def deep(n: int) -> int:
            return deep(n - 1) if n else 1 // 0

        self.assertRaises(Trap, trapping(lambda: deep(100)))
        self.assertEqual(len(report.aborted[0].splitlines()), 21)


class Time(unittest.TestCase):
    def test_of_the_contract(self) -> None:
        context = Context.of(answers.context())
        self.assertEqual(context.target_date, date(2026, 1, 30))
        self.assertEqual(context.scheduled_for, datetime(2026, 1, 31, 0, 0, 0, 1, tzinfo=UTC))
        self.assertEqual((context.window_start.hour, context.window_start.tzinfo), (23, UTC))
        self.assertEqual(context.window_end, datetime(2026, 1, 30, 23, tzinfo=UTC))
        self.assertEqual((context.seed, context.attempt, context.dry_run, context.sources), (7, 1, False, ("local",)))

    def test_the_source_to_ask(self) -> None:
        context = Context.of(answers.context())
        self.assertEqual((context.source(), context.source("other")), ("local", "other"))
        for sources, count in (((), 0), (("a", "b"), 2)):
            with self.assertRaisesRegex(Error, f"name a source in the settings: {count} are granted"):
                replace(context, sources=sources).source()

    def test_the_last_days(self) -> None:
        context = Context.of(answers.context())
        last = date(2026, 1, 30)
        for count, first in ((0, last), (1, last), (30, date(2026, 1, 1)), (10_000_000, date.min)):
            self.assertEqual(context.last_days(count), (first, last))

    def test_the_day_it_is_after_some_minutes(self) -> None:
        context = Context.of(answers.context(scheduled_micros=20_483 * 86_400_000_000 + 22 * 3_600_000_000))
        self.assertEqual(context.local_date_after(59), date(2026, 1, 30))
        self.assertEqual(context.local_date_after(60), date(2026, 1, 31))


class Names(unittest.TestCase):
    def test_names_are_quoted_and_nothing_gets_out(self) -> None:
        for name, quoted in (("t", "`t`"), ("ds.t", "`ds`.`t`"), ("my table", "`my table`"), ("x;--", "`x;--`")):
            self.assertEqual(quote_identifier(name), quoted)
        for bad in ("", "a.", ".a", "a`b", "a\\", "a\nb", "a..b", "{rows}", "a\x85"):
            self.assertRaises(Error, quote_identifier, bad)


def load(path: str, name: str) -> Any:
    """The module of a check that stands elsewhere."""
    spec = importlib.util.spec_from_file_location(name, Path(__file__).parent / path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # Dataclasses look their module up.
    import sys

    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


class Template(unittest.TestCase):
    """The check that a new folder begins with."""

    check = only_check(vars(load("../template/check.py", "template_check")))

    def setUp(self) -> None:
        report.clear()
        contract.host.answers.clear()
        contract.host.asked.clear()

    def conclude(self, days: dict[int, int] | list[tuple[int, int]], **settings: Any) -> types.Verdict:
        rows = [(20_483 + offset, n) for offset, n in (days.items() if isinstance(days, dict) else days)]
        answers.answer({"day": Kind.DATE, "n": Kind.INT64}, rows)
        return self.check.conclude(answers.context(), json.dumps({"table": "events", "lookback_days": 3} | settings))

    def told(self) -> list[tuple[Any, ...]]:
        return [(f.code, f.subject.date, f.observed.value, f.affected, f.remediation) for f in report.reported]

    def test_all_have_their_rows(self) -> None:
        verdict = self.conclude({0: 80, -1: 90, -2: 80})
        self.assertEqual(verdict, types.Verdict(types.Outcome.PASS, "all 3 days have their rows", 250))
        self.assertEqual((report.reported, report.measured), ([], [("rows", 250.0, "rows", [])]))
        source, sql, params = contract.host.asked[0]
        self.assertEqual(source, "local")
        self.assertEqual(
            sql,
            "SELECT CAST(`day` AS DATE) AS day, COUNT(*) AS n FROM `events` "
            "WHERE CAST(`day` AS DATE) BETWEEN @start AND @end GROUP BY 1 ORDER BY 1",
        )
        self.assertEqual(
            params,
            [contract.Param("start", contract.Value_Date(20_481)), contract.Param("end", contract.Value_Date(20_483))],
        )

    def test_the_edges(self) -> None:
        self.assertEqual(
            self.conclude({0: 79, -1: 50, -2: 80}),
            types.Verdict(types.Outcome.WARN, "2 of 3 days are short: 2026-01-29..2026-01-30", 209),
        )
        self.assertEqual(
            self.told(), [("few_rows", "2026-01-29", 50.0, 30, None), ("few_rows", "2026-01-30", 79.0, 1, None)]
        )
        self.assertEqual({finding.severity for finding in report.reported}, {report.Severity.LOW})
        self.assertEqual(report.reported[0].samples, [])

    def test_a_gap_is_told_as_one_span(self) -> None:
        verdict = self.conclude({-3: 80, -1: 49, 0: 60}, lookback_days=6)
        summary = "4 of 6 days are wrong: 2026-01-25..2026-01-26, 2026-01-28..2026-01-29"
        self.assertEqual(verdict, types.Verdict(types.Outcome.FAIL, summary, 189))
        self.assertEqual(
            self.told(),
            [
                ("missing_day", "2026-01-25", 0.0, 80, "backfill 2026-01-25..2026-01-26"),
                ("missing_day", "2026-01-26", 0.0, 80, "backfill 2026-01-25..2026-01-26"),
                ("missing_day", "2026-01-28", 0.0, 80, "backfill 2026-01-28"),
                ("too_few_rows", "2026-01-29", 49.0, 31, "backfill 2026-01-29"),
                ("few_rows", "2026-01-30", 60.0, 20, None),
            ],
        )

    def test_nothing_is_no_pass_of_its_own(self) -> None:
        self.assertEqual(self.conclude({}).outcome, types.Outcome.FAIL)
        verdict = self.conclude({}, warn_below=0, fail_below=0)
        self.assertEqual((verdict.outcome, verdict.examined), (types.Outcome.PASS, 0))

    def test_an_answer_that_cannot_be(self) -> None:
        for days, message in (
            ([(0, 80), (0, 80)], "the query returned 2026-01-30 twice"),
            ([(1, 80)], "the query returned 2026-01-31, which was not asked for"),
        ):
            with self.assertRaises(Error) as caught:
                self.conclude(days)
            self.assertEqual(str(caught.exception), message)

    def test_settings(self) -> None:
        for given, expected in (
            ({"table": "t"}, []),
            ({"table": "t", "fail_below": 80}, []),
            ({"table": "t", "fail_below": 80.5}, [("/fail_below", "expected at most `warn_below`")]),
            ({"table": "t", "lookback_days": 401}, [("/lookback_days", "expected a whole number from 1 to 400")]),
            ({"table": "t", "warn_below": -1}, [("/warn_below", "expected a number of at least 0")]),
            ({}, [("", "missing setting `table`")]),
        ):
            self.assertEqual([(p.path, p.message) for p in self.check.validate(json.dumps(given))], expected)


class NullRate(unittest.TestCase):
    """The example."""

    check = only_check(vars(load("../../../examples/python/null-rate/check.py", "null_rate_check")))

    def conclude(self, rows: int, nulls: int, bound: float) -> types.Verdict:
        report.clear()
        answers.answer({"n_rows": Kind.INT64, "n_nulls": Kind.INT64}, [(rows, nulls)])
        settings = {"table": "games", "column": "winner", "max_percent": bound}
        return self.check.conclude(answers.context(), json.dumps(settings))

    def test_as_many_as_the_bound_still_pass(self) -> None:
        summary = "1 of 4 values of `winner` are null: 25 %, at most 25 %"
        self.assertEqual(self.conclude(4, 1, 25), types.Verdict(types.Outcome.PASS, summary, 4))
        self.assertEqual(self.conclude(4, 1, 24.9).outcome, types.Outcome.FAIL)
        finding = report.reported[0]
        self.assertEqual((finding.code, finding.observed.value, finding.affected), ("null_rate", 25.0, 1))
        with self.assertRaisesRegex(Error, "`games` has no rows: there is no percentage of nothing"):
            self.conclude(0, 0, 100)


if __name__ == "__main__":
    unittest.main()

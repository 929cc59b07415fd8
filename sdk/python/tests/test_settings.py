"""Settings: what is read, what is told, and what an author cannot mean."""

import json
import unittest
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, Any, ClassVar, Literal

from assay import Column, DefinitionError, Length, Pattern, Range, SettingProblem, Source, Table, Thresholds
from assay.settings import SettingsReader


@dataclass(frozen=True)
class Rule:
    column: Annotated[str, Column, "The column."]
    at_most: Annotated[float, Range(maximum=10)] = 1

    def validate(self) -> Iterator[SettingProblem]:
        if self.column == "bad":
            yield SettingProblem("/column", "not that one")


@dataclass(frozen=True)
class Settings:
    """What is verified.

    At length.
    """

    table: Annotated[str, Table, "The table."]
    days: Annotated[int, Range(1, 400), "Days."] = 7
    share: Annotated[float, Range(0, 100)] = 5.0
    strict: bool = False
    since: date = date(2026, 1, 1)
    severity: Literal["low", "high"] = "low"
    level: Literal[1, 2] = 1
    columns: Annotated[tuple[Annotated[str, Column], ...], Length(1, 2)] = ("id",)
    rules: list[Rule] = field(default_factory=list)
    weights: Annotated[dict[str, float], Length(maximum=2)] = field(default_factory=dict)
    code: Annotated[str, Pattern("[a-z]{2}", "two small letters"), Length(maximum=9)] = "ab"
    thresholds: Thresholds = Thresholds(80, 50)
    source: Annotated[str | None, Source, "The source."] = None
    known: ClassVar[int] = 1

    def validate(self) -> Iterator[SettingProblem]:
        if self.days > self.share * 100:
            yield SettingProblem("/days", "too many for the share")


READER = SettingsReader(Settings)


def problems(**given: Any) -> list[tuple[str, str]]:
    _, found = READER.read(json.dumps({"table": "t"} | given))
    return [(problem.path, problem.message) for problem in found]


class Reading(unittest.TestCase):
    def test_what_is_left_out_has_its_default(self) -> None:
        self.assertEqual(READER.read('{"table": "a.b.c"}'), (Settings("a.b.c"), []))

    def test_everything_is_read_as_its_type(self) -> None:
        given = {
            "table": "t",
            "days": 400,
            "share": 0,
            "strict": True,
            "since": "2026-02-28",
            "severity": "high",
            "level": 2,
            "columns": ["a", "b"],
            "rules": [{"column": "c", "at_most": -3}],
            "weights": {"x": 1},
            "code": "zz",
            "thresholds": {"warn": 1, "fail": 2, "direction": "above"},
            "source": "local",
        }
        settings, found = READER.read(json.dumps(given | {"days": 0 + 1, "share": 100}))
        self.assertEqual(found, [])
        assert settings is not None
        self.assertEqual((settings.columns, settings.rules), (("a", "b"), [Rule("c", -3.0)]))
        self.assertEqual((settings.since, settings.thresholds), (date(2026, 2, 28), Thresholds(1.0, 2.0, "above")))
        self.assertIs(type(settings.share), float)
        self.assertEqual((settings.weights, settings.source, settings.level), ({"x": 1.0}, "local", 2))

    def test_the_edges_of_ranges_are_inside(self) -> None:
        for given in ({"days": 1}, {"days": 400}, {"share": 5, "days": 1}, {"share": 100}):
            self.assertEqual(problems(**given), [], given)
        days, share = "expected a whole number from 1 to 400", "expected a number from 0 to 100"
        for given, expected in (
            ({"days": 0}, ("/days", days)),
            ({"days": 401}, ("/days", days)),
            ({"days": 7.0}, ("/days", days)),
            ({"days": True}, ("/days", days)),
            ({"days": "7"}, ("/days", days)),
            ({"days": None}, ("/days", days)),
            ({"share": -0.001}, ("/share", share)),
            ({"share": 100.001}, ("/share", share)),
            ({"share": False}, ("/share", share)),
            ({"share": 10**400}, ("/share", share)),
            ({"strict": 1}, ("/strict", "expected true or false")),
            ({"since": "2026-02-30"}, ("/since", "expected a day, for example 2026-01-30")),
            ({"since": "20260228"}, ("/since", "expected a day, as 2026-02-28")),
            ({"since": 3}, ("/since", "expected a day, for example 2026-01-30")),
            ({"severity": "medium"}, ("/severity", "expected one of low, high")),
            ({"level": True}, ("/level", "expected one of 1, 2")),
            ({"level": 1.0}, ("/level", "expected one of 1, 2")),
            ({"columns": []}, ("/columns", "expected 1 to 2 things")),
            ({"columns": ["a", "b", "c"]}, ("/columns", "expected 1 to 2 things")),
            ({"columns": "a"}, ("/columns", "expected a list")),
            ({"columns": ["a", "b`"]}, ("/columns/1", "not the name of a column: letters, digits and `_`")),
            ({"rules": [{"column": "a"}, {}]}, ("/rules/1", "missing setting `column`")),
            ({"rules": [{"column": "a", "at_most": 11}]}, ("/rules/0/at_most", "expected a number of at most 10")),
            ({"rules": [{"column": "bad"}]}, ("/rules/0/column", "not that one")),
            ({"weights": {"a/b~": "x"}}, ("/weights/a~1b~0", "expected a number")),
            ({"weights": {"a": 1, "b": 2, "c": 3}}, ("/weights", "expected at most 2 things")),
            ({"weights": []}, ("/weights", "expected values by name")),
            ({"code": "ABC"}, ("/code", "two small letters")),
            ({"code": "ab\n"}, ("/code", "two small letters")),
            ({"thresholds": {"warn": 1, "fail": 2}}, ("/thresholds/fail", "expected at most `warn`")),
            ({"thresholds": 3}, ("/thresholds", "expected an object")),
            ({"source": None}, ("/source", "expected the name of a source")),
            ({"source": ""}, ("/source", "expected the name of a source")),
            ({"share": 0, "days": 1}, ("/days", "too many for the share")),
        ):
            self.assertEqual(problems(**given), [expected], given)

    def test_names_that_could_leave_their_quotes_are_refused(self) -> None:
        message = "not the name of a table: letters, digits and `_`, at most three parts"
        for bad in ("", "a`b", "a.", "a.b.c.d", "a b", "1a", "a\n", "é", "a;--", "x" * 129):
            self.assertEqual(problems(table=bad), [("/table", message)], bad)

    def test_everything_wrong_is_told_at_once(self) -> None:
        self.assertEqual(
            problems(dayz=1, days=0, share="x", rules=[{"column": "`"}, 3]),
            [
                ("/dayz", problems(dayz=1)[0][1]),
                ("/days", "expected a whole number from 1 to 400"),
                ("/share", "expected a number from 0 to 100"),
                ("/rules/0/column", "not the name of a column: letters, digits and `_`"),
                ("/rules/1", "expected an object"),
            ],
        )
        self.assertTrue(problems(dayz=1)[0][1].startswith("unknown setting, expected one of table, days, share, "))

    def test_what_is_not_a_settings_document_is_told(self) -> None:
        for document, message in (
            ("[]", "expected an object"),
            ("{}", "missing setting `table`"),
            ('{"table": "t", "share": NaN}', "not JSON: `NaN` is not a JSON number"),
            ('{"table": "t", "share": -Infinity}', "not JSON: `-Infinity` is not a JSON number"),
            ('{"table": "t", "table": "u"}', "not JSON: a setting is there twice"),
            ("{", "not JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
        ):
            settings, found = READER.read(document)
            self.assertIsNone(settings)
            self.assertEqual(found, [SettingProblem("", message)], document)
        self.assertEqual(
            READER.read('{"table": "t", "share": 1e999}')[1],
            [SettingProblem("/share", "expected a number from 0 to 100")],
        )
        self.assertEqual(READER.read("[" * 100_000)[1][0].path, "")

    def test_a_dataclass_may_refuse_its_values(self) -> None:
        @dataclass(frozen=True)
        class Even:
            n: int

            def __post_init__(self) -> None:
                if self.n % 2:
                    raise ValueError("expected an even number")

        self.assertEqual(SettingsReader(Even).read('{"n": 1}'), (None, [SettingProblem("", "expected an even number")]))


class Schema(unittest.TestCase):
    def test_it_says_what_is_read(self) -> None:
        schema = READER.schema("Settings of x")
        self.assertEqual(schema["$schema"], "https://json-schema.org/draft/2020-12/schema")
        self.assertEqual((schema["title"], schema["description"]), ("Settings of x", "What is verified."))
        self.assertEqual((schema["required"], schema["additionalProperties"]), (["table"], False))
        known = schema["properties"]
        self.assertEqual(
            known["days"],
            {"type": "integer", "minimum": 1, "maximum": 400, "description": "Days.", "default": 7},
        )
        self.assertEqual(known["share"], {"type": "number", "minimum": 0, "maximum": 100, "default": 5.0})
        self.assertEqual(known["strict"], {"type": "boolean", "default": False})
        self.assertEqual(known["since"], {"type": "string", "format": "date", "default": "2026-01-01"})
        self.assertEqual(known["severity"], {"enum": ["low", "high"], "default": "low"})
        self.assertEqual(known["columns"]["items"]["pattern"], "^(?:[A-Za-z_][A-Za-z0-9_]{0,127})$")
        self.assertEqual((known["columns"]["minItems"], known["columns"]["default"]), (1, ["id"]))
        self.assertEqual(known["rules"]["items"]["required"], ["column"])
        self.assertEqual(known["rules"]["items"]["additionalProperties"], False)
        self.assertEqual(known["weights"]["additionalProperties"], {"type": "number"})
        self.assertEqual(known["thresholds"]["default"], {"warn": 80, "fail": 50, "direction": "below"})
        self.assertEqual(known["source"]["description"], "The source.")
        self.assertNotIn("default", known["source"])
        json.dumps(schema, allow_nan=False)

    def test_a_dataclass_without_words_has_no_description(self) -> None:
        @dataclass
        class Plain:
            n: int = 1

        schema = SettingsReader(Plain).schema("t")
        self.assertNotIn("description", schema)
        self.assertNotIn("required", schema)


class Author(unittest.TestCase):
    """What an author cannot mean is told when the module is imported, with the field and what to write."""

    def told(self, annotation: Any, *default: Any) -> str:
        made: dict[str, Any] = {"__annotations__": {"x": annotation}}
        if default:
            made["x"] = default[0]
        with self.assertRaises(DefinitionError) as caught:
            SettingsReader(dataclass(type("Settings", (), made)))
        return str(caught.exception)

    def test_types(self) -> None:
        for annotation in (Any, set[str], bytes, list, list[Any], dict[int, str], tuple[int, str], complex, object):
            with self.subTest(annotation):
                told = self.told(annotation)
                self.assertTrue(told.startswith("setting `Settings.x` is "), told)
                self.assertIn("write one of `str`, `int`, ", told)
        self.assertIn("is one of several types", self.told(int | str))
        self.assertIn("a choice of other things", self.told(Literal[True]))
        self.assertIn("values that may be None", self.told(list[int | None]))

    def test_constraints(self) -> None:
        self.assertIn(
            "is `str`, to which Range(minimum=0, maximum=1) says nothing", self.told(Annotated[str, Range(0, 1)])
        )
        self.assertIn("is `int`, to which Pattern(", self.told(Annotated[int, Table]))
        self.assertIn("more than one Range", self.told(Annotated[int, Range(0), Range(1)]))
        self.assertIn("more than one Pattern", self.told(Annotated[str, Table, Column]))
        self.assertIn("has 2 descriptions", self.told(Annotated[int, "a", "b"]))
        for wrong in (
            lambda: Range(),
            lambda: Range(2, 1),
            lambda: Range(float("nan")),
            lambda: Range(True),
            lambda: Length(),
            lambda: Length(-1),
            lambda: Length(3, 2),
            lambda: Pattern("(", "x"),
        ):
            self.assertRaises(DefinitionError, wrong)

    def test_defaults(self) -> None:
        for annotation, default, told in (
            (Annotated[float, Range(0, 10)], 11.0, "has the default 11: expected a number from 0 to 10"),
            (Annotated[float, Range(0, 10)], float("nan"), "has the default nan: expected a number from 0 to 10"),
            (int, "7", "has the default '7': expected a whole number"),
            (int, True, "has the default True: expected a whole number"),
            (int, None, "has the default None: expected a whole number"),
            (Literal["a"], "b", "has the default 'b': expected one of a"),
            (date, "2026-1-1", "has the default '2026-1-1': expected a day, for example 2026-01-30"),
            (Thresholds, Thresholds(1, 2), ": /fail expected at most `warn`"),
            (tuple[int, ...], (1, "x"), "has the default (1, 'x'): /1 expected a whole number"),
            (str | None, "x", "may be None, but is 'x' when left out: write `= None`"),
        ):
            with self.subTest(told):
                self.assertIn(told, self.told(annotation, default))
        self.assertIn("may be None and has no default: write `= None`", self.told(str | None))

    def test_what_is_no_dataclass(self) -> None:
        class Plain:
            x: int

        for wrong in (Plain, int, dict[str, int], Rule("a"), None):
            with self.assertRaises(DefinitionError) as caught:
                SettingsReader(wrong)  # type: ignore[type-var, arg-type]
            self.assertIn("write a dataclass", str(caught.exception))

    def test_what_cannot_be_built(self) -> None:
        @dataclass
        class Unset:
            x: int = field(init=False, default=1)

        with self.assertRaisesRegex(DefinitionError, r"`.*Unset\.x` has `init=False`"):
            SettingsReader(Unset)

        @dataclass
        class Lost:
            x: "Nowhere"  # type: ignore[name-defined]  # noqa: F821

        with self.assertRaisesRegex(DefinitionError, "the types of `.*Lost` cannot be read: name 'Nowhere'"):
            SettingsReader(Lost)
        with self.assertRaisesRegex(DefinitionError, "`Endless` holds itself"):
            SettingsReader(Endless)


@dataclass
class Endless:
    inner: "list[Endless]"


if __name__ == "__main__":
    unittest.main()

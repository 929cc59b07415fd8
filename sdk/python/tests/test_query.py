"""Queries, batches, rows and parameters."""

import math
import unittest
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any

from answers import answer, bits, column, cursor
from wit_world.imports import query as contract
from wit_world.imports.query import Kind

from assay import DefinitionError, Error, Json, Query, query
from assay.batch import check_shape, decode
from assay.parameter import parameter


@dataclass(frozen=True)
class Day:
    day: date
    n: int


DAYS = {"day": Kind.DATE, "n": Kind.INT64}


def ask() -> Query:
    return query("local", "SELECT day, n FROM t")


class Asking(unittest.TestCase):
    def setUp(self) -> None:
        contract.host.answers.clear()
        contract.host.asked.clear()

    def test_a_statement_goes_to_its_source_with_its_parameters(self) -> None:
        answer(DAYS)
        statement = (
            query("local", "SELECT @a, @B", a=1)
            .bind("b", "x")
            .bind_if_named("b2", 2)
            .bind_if_named("", 4)
            .bind_if_named("B", 3)
        )
        self.assertEqual(list(statement.rows(Day)), [])
        expected = [("a", contract.Value_Int64(1)), ("b", contract.Value_Text("x")), ("B", contract.Value_Int64(3))]
        source, sql, params = contract.host.asked[0]
        self.assertEqual((source, sql), ("local", "SELECT @a, @B"))
        self.assertEqual([(param.name, param.value) for param in params], expected)

    def test_rows_are_dataclasses_over_all_batches(self) -> None:
        opened = answer(DAYS, [(20_483, 3), (20_484, 4)], [], [(0, -1)])
        rows = ask().rows(Day)
        self.assertEqual(rows.columns, ("day", "n"))
        self.assertEqual(list(rows), [Day(date(2026, 1, 30), 3), Day(date(2026, 1, 31), 4), Day(date(1970, 1, 1), -1)])
        self.assertTrue(opened.closed)

    def test_rows_are_read_once(self) -> None:
        answer(DAYS, [(1, 2)])
        rows = ask().rows(Day)
        list(rows)
        with self.assertRaisesRegex(RuntimeError, "the rows have been read already"):
            list(rows)

    def test_an_answer_that_breaks_off_is_an_error(self) -> None:
        opened = answer(DAYS, [(1, 2)], contract.Problem("failed", "`t.csv` ends in line 3", None, True))
        seen = []
        with self.assertRaises(Error) as caught:
            for row in ask().rows(Day):
                seen.append(row)
        self.assertEqual(len(seen), 1)
        error = caught.exception
        self.assertEqual((str(error), error.code, error.retryable), ("`t.csv` ends in line 3", "failed", True))
        self.assertTrue(opened.closed)

    def test_a_refused_statement_is_an_error(self) -> None:
        contract.host.answers.append(contract.Problem("denied", "`t` is not granted", "ask for it", False))
        with self.assertRaises(Error) as caught:
            ask().rows(Day)
        self.assertEqual((str(caught.exception), caught.exception.code), ("`t` is not granted", "denied"))

    def test_only_row_is_exactly_one(self) -> None:
        for batches, message in (
            ([], "the query returned no row where one was expected"),
            ([[(1, 2), (3, 4)]], "the query returned more than one row"),
            ([[(1, 2)], [(3, 4)]], "the query returned more than one row"),
        ):
            answer(DAYS, *batches)
            with self.assertRaises(Error) as caught:
                ask().only_row(Day)
            self.assertEqual(str(caught.exception), message)
        answer(DAYS, [(1, 2)])
        self.assertEqual(ask().only_row(Day), Day(date(1970, 1, 2), 2))
        answer(DAYS, [(1, 2)], contract.Problem("failed", "gone", None, False))
        with self.assertRaisesRegex(Error, "gone"):
            ask().only_row(Day)
        answer(DAYS, [(1, 2)])
        self.assertEqual(ask().only_row()["n"], 2)

    def test_what_is_missing_is_told_even_of_no_rows(self) -> None:
        answer({"n": Kind.INT64, "DAY": Kind.DATE})
        self.assertEqual(list(ask().rows(Day)), [], "capitals do not matter")
        answer({"n": Kind.INT64, "date": Kind.DATE})
        with self.assertRaisesRegex(Error, "^the query returns no column `day`; it returns `n`, `date`$"):
            ask().rows(Day)

    def test_capitals_matter_where_names_differ_in_nothing_else(self) -> None:
        answer({"N": Kind.INT64, "n": Kind.INT64}, [(1, 2)])
        row = ask().only_row()
        self.assertEqual((row["n"], row["N"]), (2, 1))

    def test_a_null_is_an_error_unless_it_was_asked_for(self) -> None:
        @dataclass
        class Maybe:
            n: int | None

        answer(DAYS, [(1, 7), (2, None)])
        with self.assertRaises(Error) as caught:
            list(ask().rows(Day))
        self.assertEqual(str(caught.exception), "column `n` holds null where a whole number was expected")
        answer(DAYS, [(1, 7), (2, None)])
        self.assertEqual(list(ask().rows(Maybe)), [Maybe(7), Maybe(None)])
        answer({"n": Kind.OTHER}, [(None,)])
        self.assertEqual(list(ask().rows(Maybe)), [Maybe(None)], "a null has no type")

    def test_dataclasses_by_keyword(self) -> None:
        @dataclass(kw_only=True)
        class Keyed:
            n: int
            held: int = field(init=False, default=5)

        answer(DAYS, [(1, 7)])
        self.assertEqual(ask().only_row(Keyed), Keyed(n=7))

    def test_what_cannot_hold_a_row(self) -> None:
        @dataclass
        class Nothing:
            pass

        @dataclass
        class Several:
            n: int | str

        @dataclass
        class Wrong:
            n: list[int]

        for made, message in (
            (Nothing, "it has no field"),
            (int, "write a dataclass, a field for each column"),
            (Several, r"`.*Several\.n` is int \| str, which no column has: write one of `int`, "),
            (Wrong, r"`.*Wrong\.n` is list\[int\], which no column has"),
        ):
            with self.assertRaisesRegex(DefinitionError, message):
                ask().rows(made)


class Conversion(unittest.TestCase):
    """Values convert without loss, or not at all."""

    def value(self, kind: Kind, value: Any, wanted: Any) -> Any:
        answer({"c": kind}, [(value,)])
        return ask().only_row().get("c", wanted)

    def test_every_kind_has_its_type(self) -> None:
        noon = 20_483 * 86_400_000_000 + 43_200_000_001
        for kind, held, expected in (
            (Kind.INT64, -(1 << 63), -(1 << 63)),
            (Kind.FLOAT64, 1.5, 1.5),
            (Kind.TEXT, "Größe", "Größe"),
            (Kind.BOOLEAN, True, True),
            (Kind.BYTES, b"\x00\xff", b"\x00\xff"),
            (Kind.DATE, -1, date(1969, 12, 31)),
            (Kind.TIME, 86_399_999_999, time(23, 59, 59, 999_999)),
            (Kind.DATETIME, noon, datetime(2026, 1, 30, 12, 0, 0, 1)),
            (Kind.TIMESTAMP, -1, datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)),
            (Kind.DECIMAL, "0.10", Decimal("0.10")),
            (Kind.JSON, "[1]", Json("[1]")),
            (Kind.OTHER, "POINT(1 2)", "POINT(1 2)"),
        ):
            found = self.value(kind, held, type(expected))
            self.assertEqual((found, type(found)), (expected, type(expected)), kind)
            self.assertIsNone(self.value(kind, None, type(expected) | None))
            with self.assertRaisesRegex(Error, "column `c` holds null where "):
                self.value(kind, None, type(expected))

    def test_without_loss(self) -> None:
        for kind, held, wanted, expected in (
            (Kind.DECIMAL, "12.00", int, 12),
            (Kind.DECIMAL, "12.5", float, 12.5),
            (Kind.DECIMAL, "0.0000001", str, "0.0000001"),
            (Kind.INT64, 3, float, 3.0),
            (Kind.INT64, 3, Decimal, Decimal(3)),
            (Kind.JSON, "{}", str, "{}"),
        ):
            found = self.value(kind, held, wanted)
            self.assertEqual((found, type(found)), (expected, wanted))
        self.assertTrue(math.isnan(self.value(Kind.FLOAT64, math.nan, float)), "NaN is a value, not null")

    def test_not_at_all(self) -> None:
        for kind, held, wanted, message in (
            (Kind.DECIMAL, "12.5", int, "column `c`: 12.5 is not a whole number"),
            (Kind.DECIMAL, "1" + 400 * "0", float, "column `c`: the number is beyond what a double holds"),
            (Kind.DECIMAL, "many", Decimal, "column `c`: 'many' is not a decimal number"),
            (Kind.FLOAT64, 1.0, int, "column `c` holds float64 where a whole number was expected"),
            (Kind.INT64, 1, str, "column `c` holds int64 where text was expected"),
            (Kind.INT64, 1, bool, "column `c` holds int64 where a truth value was expected"),
            (Kind.BOOLEAN, True, int, "column `c` holds boolean where a whole number was expected"),
            (Kind.BOOLEAN, True, float, "column `c` holds boolean where a number was expected"),
            (Kind.TIMESTAMP, 0, date, "column `c` holds datetime where a date was expected"),
            (Kind.DATE, 0, datetime, "column `c` holds date where a date and time was expected"),
            (Kind.TEXT, "1", int, "column `c` holds text where a whole number was expected"),
            (Kind.TEXT, "{}", Json, "column `c` holds text where a JSON document was expected"),
            (Kind.TEXT, b"\xff", str, "column `c` holds text that is not UTF-8"),
            (
                Kind.TIME,
                86_400_000_000,
                time,
                "column `c`: 86400000000 microseconds since midnight is not a time of day",
            ),
            (
                Kind.DATE,
                2_932_897,
                date,
                "column `c`: the day 2932897 days from 1970-01-01 is outside of the years 1 to 9999",
            ),
            (Kind.DATE, -(1 << 31), date, "column `c`: the day -2147483648 days from 1970-01-01 is outside"),
            (Kind.DATETIME, (1 << 63) - 1, datetime, "column `c`: the moment 9223372036854775807 microseconds"),
            (Kind.TIMESTAMP, -(1 << 63), datetime, "column `c`: the moment -9223372036854775808 microseconds"),
        ):
            with self.assertRaises(Error) as caught:
                self.value(kind, held, wanted)
            self.assertTrue(str(caught.exception).startswith(message), str(caught.exception))

    def test_json_is_read_when_it_is_asked_for(self) -> None:
        document = self.value(Kind.JSON, '{"a": NaN}', Json)
        with self.assertRaisesRegex(Error, "a document is not JSON: `NaN` is not a JSON number"):
            document.parse()
        for text in ("[" * 100_000, "[" * 201 + "]" * 201):
            with self.assertRaisesRegex(Error, "a document is not JSON: nested more than 200 levels deep"):
                Json(text).parse()
        for text in ("[" * 200 + "]" * 200, "[" + "{}," * 300 + "[]]", '["' + "[" * 300 + '\\"{"]'):
            Json(text).parse()
        self.assertEqual(Json('{"a": [1.5, null]}').parse(), {"a": [1.5, None]})


class Batches(unittest.TestCase):
    def test_a_batch_that_lies_about_its_shape_is_refused(self) -> None:
        text = lambda offsets, held: contract.Data_Text(contract.VarData(offsets, held))  # noqa: E731
        for kind, rows, validity, data in (
            (Kind.INT64, 1, b"", contract.Data_Int64([])),
            (Kind.INT64, 1, b"", contract.Data_Int64([1, 2])),
            (Kind.INT64, 1, b"", contract.Data_Float64([1.0])),
            (Kind.DATE, 1, b"", contract.Data_Micros([1])),
            (Kind.INT64, 9, b"\xff", contract.Data_Int64([0] * 9)),
            (Kind.BOOLEAN, 9, b"", contract.Data_Bits(b"\xff")),
            (Kind.TEXT, 1, b"", text([], b"")),
            (Kind.TEXT, 1, b"", text([0], b"")),
            (Kind.TEXT, 1, b"", text([0, 9], b"a")),
            (Kind.TEXT, 1, b"", text([1, 1], b"a")),
            (Kind.TEXT, 1, b"", text([0, 1], b"ab")),
            (Kind.TEXT, 2, b"", text([0, 2, 1], b"a")),
            (Kind.TEXT, 0xFFFF_FFFF, b"", text([], b"")),
        ):
            batch = contract.Batch(rows, [contract.Column(validity, data)])
            with self.assertRaisesRegex(Error, "the host sent a batch that does not fit its columns"):
                check_shape([contract.ColumnInfo("c", kind, "", True)], batch)
        with self.assertRaises(Error):
            check_shape([contract.ColumnInfo("c", Kind.INT64, "", True)], contract.Batch(0, []))

    def test_it_is_refused_though_no_one_asks_for_the_column(self) -> None:
        opened = cursor(DAYS | {"other": Kind.TEXT}, [(1, 2, "x")])
        opened.steps[0].columns[2] = contract.Column(b"", contract.Data_Text(contract.VarData([0, 5], b"x")))
        contract.host.answers.append(opened)
        with self.assertRaises(Error):
            list(ask().rows(Day))

    def test_bits_are_read_from_the_least(self) -> None:
        values = [True, False, None] * 6
        made = column(Kind.BOOLEAN, values)
        info = contract.ColumnInfo("c", Kind.BOOLEAN, "", True)
        self.assertEqual(decode(info, made, len(values)), values)
        self.assertEqual(bits([True, False, True]), b"\x05")

    def test_what_stands_in_for_a_null_is_never_read(self) -> None:
        for kind, value, expected in (
            (Kind.TIME, 1, time(0, 0, 0, 1)),
            (Kind.TIMESTAMP, 0, datetime(1970, 1, 1, tzinfo=UTC)),
            (Kind.TEXT, "é", "é"),
            (Kind.DECIMAL, "1", Decimal(1)),
        ):
            made = column(kind, [None, value, None])
            self.assertEqual(decode(contract.ColumnInfo("c", kind, "", True), made, 3), [None, expected, None])


class Samples(unittest.TestCase):
    def test_a_row_as_text(self) -> None:
        kinds = {
            "n": Kind.INT64,
            "b": Kind.BOOLEAN,
            "t": Kind.TIMESTAMP,
            "x": Kind.BYTES,
            "j": Kind.JSON,
            "z": Kind.DATE,
        }
        answer(kinds, [(1, False, 0, b"\x01", "{}", None)])
        expected = {"n": "1", "b": "false", "t": "1970-01-01T00:00:00Z", "x": "01", "j": "{}", "z": None}
        self.assertEqual(ask().only_row().sample(), expected)


class Parameters(unittest.TestCase):
    def test_values(self) -> None:
        east = timezone(timedelta(hours=2))
        for value, expected in (
            (True, contract.Value_Boolean(True)),
            (1, contract.Value_Int64(1)),
            (1.5, contract.Value_Float64(1.5)),
            ("x", contract.Value_Text("x")),
            (b"x", contract.Value_Bytes(b"x")),
            (date(1970, 1, 3), contract.Value_Date(2)),
            (datetime(1970, 1, 1, 0, 0, 1), contract.Value_Datetime(1_000_000)),
            (datetime(1970, 1, 1, 2, tzinfo=east), contract.Value_Timestamp(0)),
            (Decimal("1E-3"), contract.Value_Decimal("0.001")),
            ([1, 2], contract.Value_Int64Array([1, 2])),
            ([1, 2.5], contract.Value_Float64Array([1.0, 2.5])),
            (("a",), contract.Value_TextArray(["a"])),
            ([date(1970, 1, 2)], contract.Value_DateArray([1])),
            ([datetime(1970, 1, 1, tzinfo=UTC)], contract.Value_TimestampArray([0])),
        ):
            self.assertEqual(parameter("p", value).value, expected)
        self.assertEqual(parameter("p", None, of=date).value, contract.Value_Null(Kind.DATE))
        for of, expected in ((str, contract.Value_TextArray([])), (int, contract.Value_Int64Array([]))):
            self.assertEqual(parameter("p", [], of=of).value, expected)

    def test_what_cannot_be_bound(self) -> None:
        for value, message in (
            (None, "`@p` is None: say of which type"),
            ([], "`@p` is an empty list: say of what"),
            (time(1), "`@p` is a time, which cannot be bound"),
            ({}, "`@p` is a dict, which cannot be bound"),
            ([True], "`@p` is a list of bool, which cannot be bound"),
            ([1, "a"], "`@p` is a list of int and str, which cannot be bound"),
            ([datetime(1970, 1, 1)], "`@p` is a list of datetime, which cannot be bound"),
        ):
            with self.assertRaises(TypeError) as caught:
                parameter("p", value)
            self.assertTrue(str(caught.exception).startswith(message), str(caught.exception))
        for number in (
            1 << 63,
            -(1 << 63) - 1,
            [1 << 63],
            Decimal("NaN"),
            Decimal("1E80"),
            Decimal("1E-80"),
            Decimal("1" * 77),
        ):
            self.assertRaises(Error, parameter, "p", number)
        self.assertEqual(parameter("p", Decimal("1E75")).value.value, "1" + 75 * "0")


if __name__ == "__main__":
    unittest.main()

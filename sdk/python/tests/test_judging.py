"""Thresholds, the spine of days and baselines."""

import math
import unittest
from datetime import date

from assay import Baseline, DateSpine, Error, Thresholds


def day(n: int) -> date:
    return date(2026, 1, n)


class Judging(unittest.TestCase):
    def test_a_threshold_itself_is_fine(self) -> None:
        below, above = Thresholds(80, 50), Thresholds(5, 10, "above")
        for value, expected in ((80, "fine"), (79.9, "warn"), (50, "warn"), (49.9, "fail"), (-math.inf, "fail")):
            self.assertEqual(below.judge(value), expected, value)
        for value, expected in ((5, "fine"), (5.1, "warn"), (10, "warn"), (10.1, "fail"), (math.inf, "fail")):
            self.assertEqual(above.judge(value), expected, value)
        self.assertEqual(Thresholds(5, 5).judge(4), "fail", "the same for both leaves no warning")

    def test_unknown_is_never_fine(self) -> None:
        with self.assertRaisesRegex(Error, "there is no judging what is not a number"):
            Thresholds(80, 50).judge(math.nan)
        for wrong in (
            Thresholds(50, 80),
            Thresholds(80, 50, "above"),
            Thresholds(math.nan, 1),
            Thresholds(1, math.nan),
        ):
            with self.assertRaisesRegex(Error, "does not lie beyond"):
                wrong.judge(1)
            self.assertEqual([problem.path for problem in wrong.validate()], ["/fail"])
        self.assertEqual(list(Thresholds(80, 80).validate()), [])


class Spine(unittest.TestCase):
    def test_missing_days_are_noticed(self) -> None:
        spine = DateSpine(day(1), day(5))
        self.assertEqual((len(spine), list(spine)), (5, [day(n) for n in range(1, 6)]))
        self.assertEqual(spine.missing([day(2), day(9), day(4)]), [day(1), day(3), day(5)])
        self.assertEqual(spine.missing(spine), [])
        self.assertIn(day(5), spine)
        self.assertNotIn(day(6), spine)
        self.assertEqual(len(DateSpine(day(1), day(1))), 1)

    def test_spans_run_over_gaps(self) -> None:
        spine = DateSpine(day(18), date(2026, 2, 2))
        gap = [date(2026, 2, 1), day(24), day(18), day(20), day(19), day(31), day(19)]
        self.assertEqual(spine.spans(gap), "2026-01-18..2026-01-20, 2026-01-24, 2026-01-31..2026-02-01")
        self.assertEqual(spine.spans([]), "")
        each = spine.around(gap)
        self.assertEqual((each[day(19)], each[day(24)]), ("2026-01-18..2026-01-20", "2026-01-24"))
        self.assertEqual(len(each), 6)
        self.assertEqual(spine.around([]), {})
        with self.assertRaisesRegex(Error, "2026-01-17 is not one of the days of 2026-01-18..2026-02-02"):
            spine.spans([day(17)])
        self.assertRaises(Error, spine.around, [day(17)])

    def test_adjacency_counts_in_days_of_the_spine(self) -> None:
        working = DateSpine(day(1), day(31), weekdays={1, 2, 3, 4, 5})
        self.assertEqual(working.spans([day(2), day(5)]), "2026-01-02..2026-01-05", "a Friday and a Monday")
        self.assertNotIn(day(3), working)
        self.assertEqual(len(DateSpine(day(3), day(4), weekdays=[1])), 0)

    def test_what_is_no_window(self) -> None:
        with self.assertRaisesRegex(Error, "the first day 2026-01-02 comes after the last day 2026-01-01"):
            DateSpine(day(2), day(1))
        for weekdays in ([], [0], [8]):
            self.assertRaises(ValueError, DateSpine, day(1), day(2), weekdays)


class Usual(unittest.TestCase):
    def test_of_earlier_values(self) -> None:
        usual = Baseline.of([1, 2, 3, 4, 100], at_least=5)
        self.assertEqual((usual.count, usual.median, usual.mad, usual.mean), (5, 3.0, 1.0, 22.0))
        self.assertAlmostEqual(usual.standard_deviation, 43.6177, 4)
        self.assertEqual(usual.deviation(3), 0)
        self.assertAlmostEqual(usual.deviation(1), -1.349)
        self.assertEqual((usual.change_percent(6), usual.change_percent(0)), (100.0, -100.0))
        even = Baseline.of(iter([4, 1, 3, 2]), at_least=1)
        self.assertEqual((even.median, even.mad), (2.5, 1.0))
        self.assertEqual(Baseline.of([-10], at_least=1).change_percent(-5), 50.0, "more is more below 0, too")

    def test_all_the_same(self) -> None:
        same = Baseline.of([7, 7, 7], at_least=3)
        self.assertEqual((same.deviation(7), same.deviation(8), same.deviation(6)), (0.0, math.inf, -math.inf))
        self.assertEqual(same.standard_deviation, 0.0)
        self.assertEqual(Baseline.of([7], at_least=0).standard_deviation, 0.0)

    def test_too_little_history_is_an_error(self) -> None:
        for values, least, message in (
            ([], 1, "not enough history: 0 earlier values where at least 1 are needed"),
            ([], 0, "not enough history: 0 earlier values where at least 1 are needed"),
            ([1, 2], 3, "not enough history: 2 earlier values where at least 3 are needed"),
            ([1, math.nan], 1, "an earlier value is not a finite number"),
            ([1, math.inf], 1, "an earlier value is not a finite number"),
        ):
            with self.assertRaises(Error) as caught:
                Baseline.of(values, at_least=least)
            self.assertEqual(str(caught.exception), message)

    def test_what_cannot_be_compared(self) -> None:
        usual = Baseline.of([0, 0, 1], at_least=1)
        self.assertRaises(Error, usual.deviation, math.nan)
        with self.assertRaisesRegex(Error, "the median of the earlier values is 0"):
            usual.change_percent(5)
        self.assertRaises(Error, Baseline.of([1], at_least=1).change_percent, math.nan)

    def test_the_largest_doubles(self) -> None:
        with self.assertRaisesRegex(Error, "the earlier values lie too far apart for a baseline"):
            Baseline.of([1.7e308, 1.7e308, -1.7e308], at_least=1)
        self.assertEqual(Baseline.of([1.7e308, 1.7e308], at_least=1).median, 1.7e308)


if __name__ == "__main__":
    unittest.main()

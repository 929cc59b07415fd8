"""Every day of a window, so that a missing one is noticed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import date

from assay.error import Error


class DateSpine:
    """Every day of a window, or of given weekdays in it, so that a missing one is noticed.

    Weekdays are ISO: 1 is Monday, 7 is Sunday. Days are adjacent when no day of the spine lies between them: on working
    days, Friday and Monday are.

    >>> spine = DateSpine(date(2026, 1, 18), date(2026, 1, 24))
    >>> gap = spine.missing([date(2026, 1, 21), date(2026, 1, 22), date(2026, 1, 23)])
    >>> spine.spans(gap)
    '2026-01-18..2026-01-20, 2026-01-24'
    >>> spine.around(gap)[date(2026, 1, 19)]
    '2026-01-18..2026-01-20'
    >>> len(DateSpine(date(2026, 1, 18), date(2026, 1, 24), weekdays={1, 2, 3, 4, 5}))
    5
    """

    def __init__(self, start: date, end: date, weekdays: Collection[int] = range(1, 8)) -> None:
        """From the first day to the last, both included. Raises `Error` when the first comes after the last."""
        if start > end:
            raise Error(f"the first day {start} comes after the last day {end}")
        if not weekdays or any(day not in range(1, 8) for day in weekdays):
            raise ValueError(f"weekdays are {list(weekdays)}, expected some of 1 (Monday) to 7 (Sunday)")
        self.start = start
        self.end = end
        ordinals = range(start.toordinal(), end.toordinal() + 1)
        days = (date.fromordinal(ordinal) for ordinal in ordinals)
        self.days: tuple[date, ...] = tuple(day for day in days if day.isoweekday() in weekdays)
        self._places = {day: place for place, day in enumerate(self.days)}

    def __iter__(self) -> Iterator[date]:
        return iter(self.days)

    def __len__(self) -> int:
        return len(self.days)

    def __contains__(self, day: object) -> bool:
        return day in self._places

    def missing(self, seen: Iterable[date]) -> list[date]:
        """The days of the spine that were not seen, in order."""
        seen = set(seen)
        return [day for day in self.days if day not in seen]

    def spans(self, days: Iterable[date]) -> str:
        """Days as text, adjacent ones as one span. Raises `Error` for a day that the spine does not have."""
        return ", ".join(_text(span) for span in self._spans(days))

    def around(self, days: Iterable[date]) -> dict[date, str]:
        """The span around each of some days, as text. Raises `Error` as `spans` does."""
        return {day: text for span in self._spans(days) for text in (_text(span),) for day in span}

    def _spans(self, days: Iterable[date]) -> list[list[date]]:
        spans: list[list[date]] = []
        last = None
        for place in sorted({self._place(day) for day in days}):
            if last is None or place != last + 1:
                spans.append([])
            spans[-1].append(self.days[place])
            last = place
        return spans

    def _place(self, day: date) -> int:
        try:
            return self._places[day]
        except KeyError:
            raise Error(f"{day} is not one of the days of {self.start}..{self.end} that are looked at") from None


def _text(span: list[date]) -> str:
    return span[0].isoformat() if len(span) == 1 else f"{span[0]}..{span[-1]}"

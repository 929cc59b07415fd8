"""Days and instants: between the contract's counts since 1970 and Python's `datetime`."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from assay.error import Error

_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
_EPOCH = datetime(1970, 1, 1)
_EPOCH_UTC = _EPOCH.replace(tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_DAY_MICROS = 86_400_000_000


def date_of(days: int) -> date:
    """The day, from days since 1970-01-01. Raises `Error` outside of the years 1 to 9999.

    >>> date_of(20_483)
    datetime.date(2026, 1, 30)
    """
    try:
        return date.fromordinal(days + _EPOCH_ORDINAL)
    except (ValueError, OverflowError):
        raise Error(f"the day {days} days from 1970-01-01 is outside of the years 1 to 9999") from None


def days_of(day: date) -> int:
    """Days since 1970-01-01."""
    return day.toordinal() - _EPOCH_ORDINAL


def datetime_of(micros: int) -> datetime:
    """The time in no zone, from microseconds since 1970-01-01 00:00. Raises `Error` outside of the years 1 to 9999."""
    try:
        return _EPOCH + timedelta(microseconds=micros)
    except OverflowError:
        raise _beyond(micros) from None


def timestamp_of(micros: int) -> datetime:
    """The instant, in UTC, from microseconds since 1970-01-01 00:00 UTC. Raises `Error` as `datetime_of` does."""
    try:
        return _EPOCH_UTC + timedelta(microseconds=micros)
    except OverflowError:
        raise _beyond(micros) from None


def micros_of(moment: datetime) -> int:
    """Microseconds since 1970-01-01 00:00: in UTC for a moment with a zone, else in no zone."""
    return (moment - (_EPOCH if moment.tzinfo is None else _EPOCH_UTC)) // _MICROSECOND


def time_of(micros: int) -> time:
    """The time of day, from microseconds since midnight. Raises `Error` for 24:00 and beyond."""
    if not 0 <= micros < _DAY_MICROS:
        raise Error(f"{micros} microseconds since midnight is not a time of day")
    return datetime_of(micros).time()


def _beyond(micros: int) -> Error:
    return Error(f"the moment {micros} microseconds from 1970-01-01 is outside of the years 1 to 9999")

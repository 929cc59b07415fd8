"""What a run may know of time and identity."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from wit_world.imports import types

from assay.error import Error
from assay.instant import date_of, timestamp_of


@dataclass(frozen=True)
class Context:
    """What a run may know of time and identity.

    A check never asks for today: the same context, settings and data give the same findings.

    >>> from datetime import UTC
    >>> midnight = datetime(2026, 1, 30, tzinfo=UTC)
    >>> context = Context(
    ...     run_id="r", check="orders-complete", attempt=1, scheduled_for=midnight, target_date=date(2026, 1, 30),
    ...     window_start=midnight, window_end=midnight + timedelta(days=1), time_zone="UTC", utc_offset_seconds=0,
    ...     seed=1, dry_run=False, sources=("local",))
    >>> context.last_days(7)
    (datetime.date(2026, 1, 24), datetime.date(2026, 1, 30))
    >>> context.source()
    'local'
    """

    #: Identity of the run.
    run_id: str
    #: Configured name of the check.
    check: str
    #: 1 for the first attempt.
    attempt: int
    #: The instant the run was due, in UTC.
    scheduled_for: datetime
    #: The day the run is about, in the time zone of the schedule.
    target_date: date
    #: First instant of the target date in its time zone, told in UTC.
    window_start: datetime
    #: First instant after the target date in its time zone, told in UTC.
    window_end: datetime
    #: IANA name of the schedule's time zone.
    time_zone: str
    #: Offset of the time zone at the scheduled instant, seconds east of UTC.
    utc_offset_seconds: int
    #: For sampling; the same for every attempt.
    seed: int
    #: Nothing of the run is stored.
    dry_run: bool
    #: Names of the granted sources, in the order of the configuration.
    sources: tuple[str, ...]

    @classmethod
    def of(cls, given: types.Context) -> Context:
        """From the contract's form."""
        return cls(
            run_id=given.run_id,
            check=given.check,
            attempt=given.attempt,
            scheduled_for=timestamp_of(given.scheduled_micros),
            target_date=date_of(given.target_date),
            window_start=timestamp_of(given.window_start_micros),
            window_end=timestamp_of(given.window_end_micros),
            time_zone=given.time_zone,
            utc_offset_seconds=given.utc_offset_seconds,
            seed=given.seed,
            dry_run=given.dry_run,
            sources=tuple(given.sources),
        )

    def source(self, named: str | None = None) -> str:
        """The source to ask: the one that settings name, or the only one granted.

        Raises `Error` when none is named and not exactly one is granted.
        """
        if named is not None:
            return named
        if len(self.sources) != 1:
            raise Error(f"name a source in the settings: {len(self.sources)} are granted")
        return self.sources[0]

    def last_days(self, count: int) -> tuple[date, date]:
        """The last `count` days up to and including the target date: first and last. At least one day."""
        before = min(max(count, 1), self.target_date.toordinal()) - 1
        return self.target_date - timedelta(days=before), self.target_date

    def local_date_after(self, minutes: int) -> date:
        """The day it is in the schedule's time zone some minutes after the scheduled instant."""
        offset = timedelta(seconds=self.utc_offset_seconds, minutes=minutes)
        return (self.scheduled_for.replace(tzinfo=None) + offset).date()

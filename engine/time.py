"""Instants, spans, durations and the calendar of a zone: integers in, integers out, no clock.

An instant is a number of microseconds since 1970-01-01T00:00:00Z.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

Instant = int
SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

FIRST_YEAR, LAST_YEAR = 1900, 2200
BEGINNING: Instant = -(2**62)
"""Before all events: where what nothing opens has been open since."""
NEVER: Instant = 2**62
"""After all instants."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_INSTANT, _END_OF_TIME = (
    (datetime(year, 1, 1, tzinfo=UTC) - _EPOCH) // timedelta(microseconds=1) for year in (FIRST_YEAR, LAST_YEAR + 1)
)
_RFC3339 = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2}):(\d{2})(?:\.(\d+))?(?:([Zz])|([+-])(\d{2}):(\d{2}))?", re.ASCII
)
_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})", re.ASCII)


class TimeError(ValueError):
    """A time that cannot be taken; the message says why, in the user's words."""


def parse_instant(text: str) -> Instant:
    """RFC 3339 with an offset -> microseconds. Raises TimeError for anything else."""
    found = _RFC3339.fullmatch(text)
    if not found:
        raise TimeError(f'"{text}" is not a time like 2026-04-12T09:30:00+03:00')
    year, month, day, hour, minute, second, fraction, zulu, sign, off_hour, off_minute = found.groups()
    if second == "60":
        raise TimeError(f'"{text}": leap seconds are not taken')
    if fraction and len(fraction) > 6:
        raise TimeError(f'"{text}" is finer than a microsecond')
    if not zulu and not sign:
        raise TimeError(f'"{text}" has no offset')
    _check_year(int(year), text)
    if hour > "23" or minute > "59" or second > "59":
        raise TimeError(f'"{text}" is no time of the calendar')
    days = _day(int(year), int(month), int(day), text).toordinal() - _EPOCH.toordinal()
    micro = ((days * 24 + int(hour)) * 60 + int(minute)) * MINUTE + int(second) * SECOND
    if fraction:
        micro += int(fraction.ljust(6, "0"))
    if zulu:
        return micro
    if off_hour > "23" or off_minute > "59":
        raise TimeError(f'"{text}" has an impossible offset')
    offset = int(off_hour) * HOUR + int(off_minute) * MINUTE
    return within_years(micro - offset if sign == "+" else micro + offset, text)


def within_years(instant: Instant, text: str) -> Instant:
    """The same instant, if its year in UTC, in which it is written out, can be read again. Raises TimeError."""
    if not _FIRST_INSTANT <= instant < _END_OF_TIME:
        raise TimeError(f'"{text}" lies, in UTC, outside the years {FIRST_YEAR} to {LAST_YEAR}')
    return instant


def parse_date(text: str) -> date:
    """`2026-04-12` -> date. Raises TimeError."""
    found = _DATE.fullmatch(text)
    if not found:
        raise TimeError(f'"{text}" is not a date like 2026-04-12')
    _check_year(int(found[1]), text)
    return _day(int(found[1]), int(found[2]), int(found[3]), text)


def _day(year: int, month: int, day: int, text: str) -> date:
    try:
        return date(year, month, day)
    except ValueError as error:
        raise TimeError(f'"{text}" is no day of the calendar') from error


def _check_year(year: int, text: str) -> None:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise TimeError(f'"{text}" lies outside the years {FIRST_YEAR} to {LAST_YEAR}')


def looks_like_date(text: str) -> bool:
    return _DATE.fullmatch(text) is not None


@lru_cache(maxsize=65536)
def format_instant(instant: Instant) -> str:
    """UTC with Z; fractions only where there are any."""
    moment = _EPOCH + timedelta(microseconds=instant)
    text = moment.strftime("%Y-%m-%dT%H:%M:%S").rjust(19, "0")
    return f"{text}.{moment.microsecond:06d}Z" if moment.microsecond else f"{text}Z"


DurationUnit = Literal["minute", "hour", "day", "working day", "week", "month", "year"]
_EXACT: dict[str, int] = {"minute": MINUTE, "hour": HOUR, "day": DAY, "week": 7 * DAY}


@dataclass(frozen=True, slots=True)
class Duration:
    """`100 days`, `48 hours`, `10 working days`. Calendar or exact is decided by where it stands."""

    count: int
    unit: DurationUnit

    @property
    def is_clock(self) -> bool:
        """Hours and minutes are always exact."""
        return self.unit in ("minute", "hour")

    @property
    def exact(self) -> int:
        """Microseconds, a day being 24 hours. Months, years and working days have no exact length."""
        return self.count * _EXACT[self.unit]

    def __str__(self) -> str:
        return f"{self.count} {self.unit}" + ("" if self.count == 1 else "s")


_DURATION = re.compile(r"(\d{1,6}) (minute|hour|day|working day|week|month|year)(s?)", re.ASCII)


def parse_duration(text: str, *, zero_days: bool = False) -> Duration:
    """`100 days` -> Duration. Raises TimeError. `zero_days` lets `0 days` through (only `within` may)."""
    found = _DURATION.fullmatch(text)
    if not found:
        raise TimeError(f'"{text}" is not a duration like "100 days", "48 hours" or "10 working days"')
    count = int(found[1])
    if count == 0 and not (zero_days and found[2] == "day"):
        raise TimeError(f'"{text}": a duration is at least 1')
    return Duration(count, found[2])  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Due:
    """A deadline. `exclusive`: the midnight that ends the last day (in time iff before it); otherwise the last instant
    that is in time."""

    at: Instant
    exclusive: bool

    def in_time(self, instant: Instant) -> bool:
        return instant < self.at if self.exclusive else instant <= self.at


class Calendar:
    """Days, weeks, months, working days of one zone."""

    def __init__(self, zone: str, weekend: frozenset[int] = frozenset({5, 6}), holidays: frozenset[date] = frozenset()):
        self.zone = zone
        self._tz = ZoneInfo(zone)
        self._weekend = weekend
        self._holidays = holidays
        self._starts: dict[date, Instant] = {}

    def date_of(self, instant: Instant) -> date:
        return (_EPOCH + timedelta(microseconds=instant)).astimezone(self._tz).date()

    def start_of(self, day: date) -> Instant:
        """The first instant of a day (of a day whose midnight a clock change skips: the change)."""
        known = self._starts.get(day)
        if known is None:
            midnight = datetime(day.year, day.month, day.day, tzinfo=self._tz)
            known = (midnight.astimezone(UTC) - _EPOCH) // timedelta(microseconds=1)
            self._starts[day] = known
        return known

    def end_of(self, day: date) -> Instant:
        """The midnight that ends a day: the first instant of the next one."""
        return self.start_of(day + timedelta(days=1))

    def last_of(self, day: date) -> Instant:
        """The last microsecond of a day: where one instant is needed of a date."""
        return self.end_of(day) - 1

    def is_midnight(self, instant: Instant) -> bool:
        return self.start_of(self.date_of(instant)) == instant

    def add(self, day: date, duration: Duration) -> date:
        """The corresponding day; of a shorter month its last; the n-th working day after."""
        if duration.unit == "day":
            return day + timedelta(days=duration.count)
        if duration.unit == "week":
            return day + timedelta(weeks=duration.count)
        if duration.unit == "month":
            return add_months(day, duration.count)
        if duration.unit == "year":
            return add_months(day, 12 * duration.count)
        if duration.unit == "working day":
            return self._add_working_days(day, duration.count)
        raise ValueError(f"{duration} is not counted by the calendar")

    def _add_working_days(self, day: date, count: int) -> date:
        while count:
            day += timedelta(days=1)
            if day.weekday() not in self._weekend and day not in self._holidays:
                count -= 1
        return day

    def due_after(self, trigger: Instant, duration: Duration) -> Due:
        """`within` so long after an instant: the trigger's day is not counted, the last day runs to its end."""
        if duration.is_clock:
            return Due(trigger + duration.exact, exclusive=False)
        return Due(self.end_of(self.add(self.date_of(trigger), duration)), exclusive=True)

    def due_on(self, day: date) -> Due:
        return Due(self.end_of(day), exclusive=True)

    def later(self, due: Due, duration: Duration) -> Due:
        """A due moved by grace or an extension: a due that ends day D, plus 14 days, ends with day D + 14."""
        if duration.is_clock:
            return Due(due.at + duration.exact, exclusive=False)
        return self.due_on(self.add(self.last_day(due), duration))

    def last_day(self, due: Due) -> date:
        return self.date_of(due.at - 1 if due.exclusive else due.at)

    def period_start(self, day: date, unit: str) -> date:
        """First day of the calendar day, week (Monday), month, quarter or year that holds `day`."""
        if unit == "day":
            return day
        if unit == "week":
            return day - timedelta(days=day.weekday())
        if unit == "month":
            return day.replace(day=1)
        if unit == "quarter":
            return day.replace(month=3 * ((day.month - 1) // 3) + 1, day=1)
        if unit == "year":
            return day.replace(month=1, day=1)
        raise ValueError(f"no calendar period is called {unit}")

    def next_period(self, first: date, unit: str) -> date:
        """First day of the period after the one that begins on `first`."""
        if unit == "day":
            return first + timedelta(days=1)
        if unit == "week":
            return first + timedelta(weeks=1)
        return add_months(first, {"month": 1, "quarter": 3, "year": 12}[unit])


def add_months(day: date, months: int) -> date:
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    last = (date(year + (month == 11), (month + 1) % 12 + 1, 1) - timedelta(days=1)).day
    return date(year, month + 1, min(day.day, last))

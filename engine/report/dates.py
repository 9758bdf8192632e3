"""Instants as people of the agreement read them: local dates, days left, days over."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from engine.evaluation.verdicts import Verdict
from engine.report.words import printable
from engine.time import DAY, HOUR, MINUTE, Calendar, Due, Instant, parse_instant

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_UTC = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z")
_FIRST = datetime(1, 1, 3, tzinfo=UTC)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EARLIEST: Instant = (_FIRST - _EPOCH) // timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class LocalTime:
    """How instants read in one zone."""

    calendar: Calendar

    def day(self, instant: Instant | None) -> str:
        """`12 Apr 2026`."""
        if instant is None:
            return ""
        return "the beginning" if instant < _EARLIEST else day_words(self.calendar.date_of(instant))

    def moment(self, instant: Instant | None) -> str:
        """`12 Apr 2026 14:05`; a day's last instant is its end."""
        if instant is None:
            return ""
        if instant < _EARLIEST:
            return "the beginning"
        local = (_EPOCH + timedelta(microseconds=instant)).astimezone(ZoneInfo(self.calendar.zone))
        if instant == self.calendar.last_of(local.date()):
            return f"end of {day_words(local.date())}"
        clock = local.strftime("%H:%M:%S") if local.second else local.strftime("%H:%M")
        return f"{day_words(local.date())} {clock}"

    def span(self, first: Instant, last: Instant) -> str:
        """An instant, a whole day, or `between … and …`."""
        if first == last:
            return self.moment(first)
        day = self.calendar.date_of(first)
        if first == self.calendar.start_of(day) and last == self.calendar.last_of(day):
            return f"{day_words(day)} (no hour)"
        return f"{self.moment(first)} to {self.moment(last)}"

    def end_day(self, instant: Instant) -> str:
        """Of a midnight the day that it ends; of another instant the hour too."""
        return self.day(instant - 1) if self.calendar.is_midnight(instant) else self.moment(instant)

    def told(self, sentence: str) -> str:
        """A sentence about a verdict, on one line, its instants in local time."""
        return _UTC.sub(lambda found: self.moment(parse_instant(found[0])), printable(sentence))

    def due_day(self, verdict: Verdict) -> str:
        """The last day in time; of an exact due also the hour."""
        if verdict.due is None:
            return ""
        due = Due(verdict.due, verdict.due_exclusive)
        return day_words(self.calendar.last_day(due)) if due.exclusive else self.moment(due.at)

    def left(self, verdict: Verdict, as_of: Instant) -> str:
        """`9 days left`, `last day`, `3 days over`."""
        if verdict.due is None:
            return ""
        due = Due(verdict.due, verdict.due_exclusive)
        days = (self.calendar.last_day(due) - self.calendar.date_of(as_of)).days
        in_time = due.in_time(as_of)
        if due.exclusive:
            return _left(days) if in_time else _over(-days)
        gap = abs(due.at - as_of)
        length = f"{abs(days)} days" if abs(days) > 1 and gap > 2 * DAY else _clock_words(gap)
        return f"{length} {'left' if in_time else 'over'}"


def _left(days: int) -> str:
    return "last day" if days == 0 else f"{days} {_days(days)} left"


def _over(days: int) -> str:
    return f"{days} {_days(days)} over"


def _days(number: int) -> str:
    return "day" if number == 1 else "days"


def _clock_words(gap: int) -> str:
    hours, minutes = gap // HOUR, gap % HOUR // MINUTE
    if hours:
        return f"{hours} {'hour' if hours == 1 else 'hours'}"
    return f"{minutes} {'minute' if minutes == 1 else 'minutes'}"


def day_words(day: date) -> str:
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"

"""Times as tables write them: with or without an offset, in their author's order, on the clock of a zone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from engine.time import FIRST_YEAR, LAST_YEAR, Instant, TimeError, parse_instant

Span = tuple[Instant, Instant]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_LEAP = 60
_TOKENS = {
    "YYYY": r"(?P<year>\d{4})",
    "MM": r"(?P<month>\d{1,2})",
    "DD": r"(?P<day>\d{1,2})",
    "hh": r"(?P<hour>\d{1,2})",
    "mm": r"(?P<minute>\d{2})",
    "ss": r"(?P<second>\d{2})",
    "AM": r"(?P<half>[AaPp][Mm])",
}
_TOKEN = re.compile("|".join(_TOKENS))
_USUAL = re.compile(
    r"(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})"
    r"(?:[T ](?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:\.(?P<fraction>\d{1,6}))?)?)?",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class TimeFormat:
    """`DD.MM.YYYY hh:mm`, and the pattern that it stands for."""

    text: str
    pattern: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class LocalTime:
    """A reading of a clock on the wall, or (`whole_day`) only of the calendar beside it."""

    moment: datetime
    whole_day: bool

    def moved(self, days: int) -> LocalTime:
        """The same reading so many days later, whatever the clocks did between."""
        return LocalTime(self.moment + timedelta(days=days), self.whole_day)


def bad_format(text: str) -> str:
    """What is wrong with a format; nothing where it is right."""
    tokens = _TOKEN.findall(text)
    twice = sorted({token for token in tokens if tokens.count(token) > 1})
    if twice:
        return f"{twice[0]} stands twice"
    missing = [token for token in ("YYYY", "MM", "DD") if token not in tokens]
    if missing:
        return f"{', '.join(missing)} is missing"
    if any(token in tokens for token in ("mm", "ss", "AM")) and "hh" not in tokens:
        return "minutes and seconds need hours (hh)"
    return ""


def parse_format(text: str) -> TimeFormat:
    parts = [_TOKENS.get(part) or re.escape(part) for part in re.split(f"({_TOKEN.pattern})", text)]
    return TimeFormat(text, re.compile("".join(parts), re.ASCII))


def read_time(text: str, formats: Sequence[TimeFormat]) -> Instant | LocalTime:
    """An instant where the text has an offset, else a local time. Raises TimeError."""
    for pattern in (_USUAL, *(known.pattern for known in formats)):
        found = pattern.fullmatch(text)
        if found:
            return _local(found.groupdict(), text)
    return parse_instant(text)


def _local(parts: dict[str, str | None], text: str) -> LocalTime:
    year, month, day, hour, minute, second = (
        int(parts.get(name) or 0) for name in ("year", "month", "day", "hour", "minute", "second")
    )
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise TimeError(f'"{text}" lies outside the years {FIRST_YEAR} to {LAST_YEAR}')
    if second == _LEAP:
        raise TimeError(f'"{text}": leap seconds are not taken')
    fraction = int((parts.get("fraction") or "0").ljust(6, "0"))
    try:
        hour = _hour(hour, parts.get("half"), text)
        moment = datetime(year, month, day, hour, minute, second, fraction)  # noqa: DTZ001 its zone comes later
    except ValueError as error:
        raise TimeError(f'"{text}" is no time of the calendar') from error
    return LocalTime(moment, parts.get("hour") is None)


def _hour(hour: int, half: str | None, text: str) -> int:
    if half is None:
        return hour
    if not 1 <= hour <= 12:
        raise TimeError(f'"{text}" is no time of the calendar')
    return hour % 12 + (12 if half.lower() == "pm" else 0)


def on_clock(local: LocalTime, zone: ZoneInfo) -> Span:
    """First and last instant that it may be: a day is all of it, an hour that the clocks repeat is either of the two.

    Raises TimeError for an hour that the clocks skip.
    """
    moment = local.moment
    if local.whole_day:
        return _instant(moment, zone), _instant(moment + timedelta(days=1), zone) - 1
    first, last = (_instant(moment.replace(fold=fold), zone) for fold in (0, 1))
    if first > last:
        raise TimeError(f'"{moment:%Y-%m-%d %H:%M}" was skipped by the clocks of {zone.key}')
    return first, last


def _instant(moment: datetime, zone: ZoneInfo) -> Instant:
    return (moment.replace(tzinfo=zone).astimezone(UTC) - _EPOCH) // _MICROSECOND

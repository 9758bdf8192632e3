"""The words of deadlines and of the time that is left."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from engine.evaluation.verdicts import Verdicts
from engine.language.plan import Rulebook
from engine.report.dates import LocalTime
from engine.report.deadlines import pressing_lines, with_deadline, with_due_soon
from engine.report.layout import plain
from engine.time import BEGINNING, Calendar, parse_duration, parse_instant

CALENDAR = Calendar("Europe/Kyiv")
LOCAL = LocalTime(CALENDAR)


def words_of(verdicts: Verdicts) -> dict[tuple[str, str | None], str | None]:
    return {(v.norm, v.instance): v.deadline for v in verdicts.verdicts}


def test_a_running_deadline_within_fourteen_days_is_due_soon(verdicts: Verdicts) -> None:
    assert words_of(with_due_soon(verdicts, CALENDAR))["tranche", "100 bn USD"] == "due soon"


def test_how_near_is_soon_can_be_asked(verdicts: Verdicts) -> None:
    week = with_due_soon(verdicts, CALENDAR, parse_duration("7 days"))
    assert words_of(week)["tranche", "100 bn USD"] == "running"


def test_the_last_day_of_the_window_still_counts_as_soon(verdicts: Verdicts) -> None:
    nine = with_due_soon(verdicts, CALENDAR, parse_duration("9 days"))
    eight = with_due_soon(verdicts, CALENDAR, parse_duration("8 days"))
    assert words_of(nine)["tranche", "100 bn USD"] == "due soon"
    assert words_of(eight)["tranche", "100 bn USD"] == "running"


def test_an_extended_deadline_keeps_its_word(verdicts: Verdicts) -> None:
    extended = tuple(replace(v, deadline="extended") if v.deadline == "running" else v for v in verdicts.verdicts)
    found = with_due_soon(replace(verdicts, verdicts=extended), CALENDAR)
    assert words_of(found)["tranche", "100 bn USD"] == "extended"


def test_the_board_begins_with_what_was_missed_and_ends_with_what_is_done(verdicts: Verdicts) -> None:
    listed = [v.deadline for v in with_deadline(with_due_soon(verdicts, CALENDAR))]
    assert listed == ["missed", "due soon", "in grace", "suspended", "waiting", "not set", "met"]


def test_what_is_pressing_is_shown_and_the_rest_is_counted(verdicts: Verdicts, book: Rulebook) -> None:
    _, counted, _, _, *shown = plain(pressing_lines(verdicts, book, 100)).splitlines()
    assert counted == "1 missed · 1 due soon · 1 in grace · 1 suspended · 1 waiting · 1 not set · 1 met"
    assert [line[3:12].strip() for line in shown] == ["missed", "due soon", "in grace", "suspended"]


@pytest.mark.parametrize(
    ("as_of", "words"),
    [
        ("2026-04-10T12:00:00+03:00", "2 days left"),
        ("2026-04-11T12:00:00+03:00", "1 day left"),
        ("2026-04-12T23:59:59+03:00", "last day"),
        ("2026-04-13T00:00:00+03:00", "1 day over"),
        ("2026-04-15T12:00:00+03:00", "3 days over"),
    ],
)
def test_a_calendar_due_is_counted_in_local_days(as_of: str, words: str, verdicts: Verdicts) -> None:
    elections = next(v for v in verdicts.verdicts if v.norm == "elections")
    assert LOCAL.left(elections, parse_instant(as_of)) == words
    assert LOCAL.due_day(elections) == "12 Apr 2026"


@pytest.mark.parametrize(
    ("as_of", "words"),
    [
        ("2026-04-07T14:00:00+03:00", "5 days left"),
        ("2026-04-12T09:00:00+03:00", "5 hours left"),
        ("2026-04-12T13:59:00+03:00", "1 minute left"),
        ("2026-04-12T15:30:00+03:00", "1 hour over"),
    ],
)
def test_an_exact_due_is_counted_in_hours_when_it_is_near(as_of: str, words: str, verdicts: Verdicts) -> None:
    exact = replace(verdicts.verdicts[0], due=parse_instant("2026-04-12T14:00:00+03:00"), due_exclusive=False)
    assert LOCAL.left(exact, parse_instant(as_of)) == words
    assert LOCAL.due_day(exact) == "12 Apr 2026 14:00"


def test_instants_read_as_local_time() -> None:
    assert LOCAL.moment(parse_instant("2026-01-01T22:30:00Z")) == "2 Jan 2026 00:30"
    assert LOCAL.moment(CALENDAR.last_of(date(2026, 1, 2))) == "end of 2 Jan 2026"
    assert LOCAL.moment(BEGINNING) == LOCAL.day(BEGINNING) == "the beginning"


def test_a_date_reads_as_a_day_without_an_hour() -> None:
    day = date(2026, 1, 2)
    assert LOCAL.span(CALENDAR.start_of(day), CALENDAR.last_of(day)) == "2 Jan 2026 (no hour)"
    first, last = parse_instant("2026-01-02T08:00:00Z"), parse_instant("2026-01-02T09:00:00Z")
    assert LOCAL.span(first, last) == "2 Jan 2026 10:00 to 2 Jan 2026 11:00"


def test_a_book_without_deadlines_lists_none(verdicts: Verdicts, book: Rulebook) -> None:
    none = tuple(replace(v, deadline=None) for v in verdicts.verdicts)
    assert with_deadline(replace(verdicts, verdicts=none)) == []


def test_instants_inside_a_sentence_read_as_local_time() -> None:
    assert LOCAL.told("its due (2026-04-12T21:00:00Z) passed") == "its due (13 Apr 2026 00:00) passed"

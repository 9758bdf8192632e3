"""The bucket and the record of breaches, which tests inside rule files cannot ask about."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine import monitor
from engine.evaluation.verdicts import Verdict, Verdicts
from engine.intake import parse_rows

BOOKS = Path(__file__).parent / "books"


def answer(book_name: str, test_name: str, as_of: str) -> Verdicts:
    """What the rows of a case amount to at an instant."""
    book = monitor.load(str(BOOKS / book_name))
    test = next(test for test in book.tests if test.name == test_name)
    rows, _ = parse_rows(list(zip(test.given, test.given_places, strict=True)), book.vocabulary)
    return monitor.evaluate(book, rows, as_of=as_of)


def record(verdict: Verdict) -> list[tuple[str | None, str]]:
    return [(breach["at"], breach["status"]) for breach in verdict.as_json()["breaches"]]


@pytest.mark.parametrize(
    ("case", "as_of", "norm", "bucket"),
    [
        ("late and never, hoped and owed", "2026-05-05", "hoped", "not yet"),
        ("late and never, hoped and owed", "2026-05-05", "someday", "no deadline set"),
        ("late and never, hoped and owed", "2026-05-06", "hoped", "shortfall"),
        ("late and never, hoped and owed", "2026-05-06", "owed", "violated"),
        ("late and never, hoped and owed", "2026-05-07", "hoped", "shortfall"),  # met_late, of a soft norm
        ("late and never, hoped and owed", "2026-05-07", "owed", "violated"),
        ("late and never, hoped and owed", "2026-05-07", "someday", "compliant"),
        ("a raid in the season", "2026-05-03", "unwatched", "not observed"),  # holding, and nobody is asked to look
        ("a raid in the season", "2026-05-03", "quota", "not observed"),
        ("a raid in the season", "2026-05-03", "watched", "compliant"),
        ("a raid in the season", "2026-05-03", "expected_peace", "not observed"),
        ("a raid in the season", "2026-05-04", "expected_peace", "shortfall"),
        ("a raid in the season", "2026-05-04", "unwatched", "violated"),
        ("a raid in the season", "2026-05-06", "watched", "compliant"),  # waived
        ("a season without an event", "2026-04-30", "watched", "not yet"),
        ("a season without an event", "2026-05-08", "watched", "cannot tell"),
        ("a season without an event", "2026-06-01", "unwatched", "not observed"),  # lapsed unseen
    ],
)
def test_a_status_has_its_word_for_people(case: str, as_of: str, norm: str, bucket: str) -> None:
    assert answer("soft", case, as_of)[norm].bucket == bucket


def test_every_forbidden_act_is_an_occurrence_of_its_own_and_stays_on_record() -> None:
    verdict = answer("instances", "cured only when every occurrence is", "2026-05-08")["no_landing"]
    assert record(verdict) == [("2026-05-04T09:00:00Z", "cured"), ("2026-05-05T09:00:00Z", "cured")]


def test_a_broken_bound_is_one_occurrence_until_it_holds_again() -> None:
    case = "a broken bound is one occurrence until it holds again; each sends one signal"
    verdict = answer("instances", case, "2026-05-08")["level"]
    assert record(verdict) == [("2026-05-05T00:00:00Z", "open")]


def test_each_broken_week_is_an_occurrence() -> None:
    verdict = answer("measures", "weeks, one occurrence per broken week", "2026-03-30")["weekly_patrol"]
    assert [at for at, _ in record(verdict)] == ["2026-03-09T00:00:00Z", "2026-03-16T00:00:00Z"]


def test_what_is_broken_since_before_all_events_has_no_instant() -> None:
    case = "what is broken since before all events has no instant and sends no signal"
    verdict = answer("instances", case, "2026-05-07")["patrolled"]
    assert record(verdict) == [(None, "restored"), ("2026-05-07T00:00:00Z", "open")]


def test_each_passing_of_a_due_is_an_occurrence() -> None:
    case = "a missed deadline extended late, missed again; each passing is an occurrence with its own signal"
    verdict = answer("decisions", case, "2026-05-14")["long"]
    assert record(verdict) == [("2026-05-09T00:00:00Z", "extended"), ("2026-05-14T00:00:00Z", "late")]


def test_a_breach_after_unknown_is_on_record_at_the_late_act() -> None:
    verdict = answer("observation", "performed late before anybody looked", "2026-05-10")["seen"]
    assert record(verdict) == [("2026-05-10T00:00:00Z", "late")]


def test_an_act_with_a_span_is_dated_to_its_last_instant_and_shows_the_span() -> None:
    case = "a raid across the beginning of the season, and one inside it"
    (breach,) = answer("evidence", case, "2026-03-04")["no_raid_any"].as_json()["breaches"]
    assert (breach["at"], breach["span"]) == (
        "2026-03-03T18:00:00Z",
        ["2026-03-03T06:00:00Z", "2026-03-03T18:00:00Z"],
    )


def test_an_excused_occurrence_stays_on_record() -> None:
    verdict = answer("decisions", "no violation, of an act", "2026-05-08")["no_raid", {"p": "KAR"}]
    assert [status for _, status in record(verdict)] == ["excused", "open"]


def test_the_due_of_a_calendar_day_is_the_midnight_that_ends_it() -> None:
    verdict = answer("time", "over a day of 23 hours", "2026-03-28")["day_1"].as_json()
    assert (verdict["opened"], verdict["due"]) == ("2026-03-28T10:00:00Z", "2026-03-29T21:00:00Z")

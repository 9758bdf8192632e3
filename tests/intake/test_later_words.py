"""Corrections, retractions and confirmations: rows about rows."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from engine.events import Row
from engine.intake import problems_of_log
from engine.problems import Problem
from engine.time import format_instant
from engine.vocabulary import Vocabulary

ReadRows = Callable[..., tuple[list[Row], list[Problem]]]

RAID: dict[str, Any] = {"id": "s1", "event": "raid", "at": "2026-03-02T10:00:00+02:00", "by": "A", "place": "ford"}
CORRECTION: dict[str, Any] = {"id": "c1", "corrects": "s1", "known": "2026-03-05"}


def places(problems: list[Problem]) -> list[str]:
    return [problem.place for problem in problems]


def test_a_correction_names_fields_and_perhaps_the_time(read_rows: ReadRows) -> None:
    rows, problems = read_rows(RAID, {**CORRECTION, "men": 7, "at": "2026-03-01", "evidence": "reported"})
    assert problems == []
    assert (rows[1].kind, rows[1].target, rows[1].fields) == ("correction", "s1", {"men": Decimal(7)})
    assert rows[1].span is not None and format_instant(rows[1].span[0]) == "2026-02-28T22:00:00Z"


def test_a_correction_without_known_is_an_input_error(read_rows: ReadRows) -> None:
    rows, problems = read_rows(RAID, {"id": "c1", "corrects": "s1", "men": 7})
    assert [row.id for row in rows] == ["s1"]
    assert places(problems) == ["log:2:known"]


def test_a_retraction_without_known_is_an_input_error(read_rows: ReadRows) -> None:
    rows, problems = read_rows(RAID, {"id": "x1", "retracts": "s1"})
    assert [row.id for row in rows] == ["s1"]
    assert places(problems) == ["log:2:known"]


def test_null_removes_an_optional_field_and_no_required_one(read_rows: ReadRows) -> None:
    rows, problems = read_rows(RAID, {**CORRECTION, "by": None})
    assert problems == [] and rows[1].fields == {"by": None}
    rows, problems = read_rows(RAID, {**CORRECTION, "place": None})
    assert len(rows) == 1 and places(problems) == ["log:2:place"]


def test_null_does_not_remove_the_time_of_an_event(read_rows: ReadRows) -> None:
    rows, problems = read_rows(RAID, {**CORRECTION, "at": None})
    assert len(rows) == 1 and places(problems) == ["log:2:at"]


def test_the_event_may_stand_after_its_correction(read_rows: ReadRows) -> None:
    rows, problems = read_rows({**CORRECTION, "amount": 5}, RAID)
    assert places(problems) == ["log:1:amount"]  # a raid has no amount
    rows, problems = read_rows({**CORRECTION, "men": 5}, RAID)
    assert problems == [] and [row.id for row in rows] == ["c1", "s1"]


def test_the_event_may_have_been_taken_before(read_rows: ReadRows) -> None:
    _, problems = read_rows({**CORRECTION, "amount": 5}, earlier={"s1": "payment"})
    assert problems == []


def test_fields_of_an_event_that_is_not_there_yet_are_known_by_their_names(read_rows: ReadRows) -> None:
    rows, problems = read_rows({**CORRECTION, "amount": 5, "weapon": "rifle"})
    assert problems == [] and rows[0].fields["amount"] == Decimal(5)
    rows, problems = read_rows({**CORRECTION, "amount": "5", "wepon": "rifle"})
    assert rows == [] and places(problems) == ["log:1:amount", "log:1:wepon"]


def test_a_correction_of_event_is_an_input_error(read_rows: ReadRows) -> None:
    rows, problems = read_rows(RAID, {**CORRECTION, "event": "entry"})
    assert len(rows) == 1
    assert (problems[0].place, problems[0].code) == ("log:2:event", "correction-of-event-type")


def test_a_correction_of_a_correction_names_the_event_instead(read_rows: ReadRows, words: Vocabulary) -> None:
    rows, problems = read_rows(RAID, {**CORRECTION, "men": 7}, {**CORRECTION, "id": "c2", "corrects": "c1", "men": 8})
    assert problems == []
    (problem,) = problems_of_log(rows, words)
    assert (problem.place, problem.severity) == ("log:3:corrects", "error")
    assert '"s1"' in problem.message


def test_a_retraction_of_a_retraction_is_an_input_error(read_rows: ReadRows, words: Vocabulary) -> None:
    rows, _ = read_rows(
        RAID,
        {"id": "x1", "retracts": "s1", "known": "2026-03-05", "why": "published in error"},
        {"id": "x2", "retracts": "x1", "known": "2026-03-06"},
    )
    assert rows[1].why == "published in error"
    assert places(problems_of_log(rows, words)) == ["log:3:retracts"]


def test_a_row_about_nothing_waits_with_a_warning(read_rows: ReadRows, words: Vocabulary) -> None:
    rows, problems = read_rows({"id": "k1", "confirms": "s9", "by": "board", "at": "2026-03-03T00:00:00Z"})
    assert problems == []
    (problem,) = problems_of_log(rows, words)
    assert (problem.place, problem.severity) == ("log:1:confirms", "warning")


def test_a_confirmation_says_who_and_from_when(read_rows: ReadRows) -> None:
    confirmation = {"id": "k1", "confirms": "s1", "by": "board", "at": "2026-03-03T00:00:00Z"}
    rows, problems = read_rows(RAID, confirmation)
    assert problems == []
    assert (rows[1].by, format_instant(rows[1].known)) == ("board", "2026-03-03T00:00:00Z")
    for key, place in (("by", "log:1:by"), ("at", "log:1:at")):
        rows, problems = read_rows({name: value for name, value in confirmation.items() if name != key})
        assert rows == [] and places(problems) == [place]
    rows, problems = read_rows({**confirmation, "by": "C"})
    assert rows == [] and places(problems) == ["log:1:by"]


def test_a_retraction_and_a_confirmation_have_no_fields(read_rows: ReadRows) -> None:
    _, problems = read_rows({"id": "x1", "retracts": "s1", "known": "2026-03-05", "men": 5})
    assert places(problems) == ["log:1:men"]
    _, problems = read_rows({"id": "k1", "confirms": "s1", "by": "A", "at": "2026-03-05", "men": 5})
    assert places(problems) == ["log:1:men"]


def test_one_id_with_two_contents_is_an_input_error_at_the_later_row(read_rows: ReadRows, words: Vocabulary) -> None:
    rows, _ = read_rows(RAID, {**RAID, "by": "B", "known": "2026-03-09"})
    (problem,) = problems_of_log(rows, words)
    assert problem.place == "log:2:id" and "log:1" in problem.message and "(by)" in problem.message


def test_the_same_row_twice_is_one_row(read_rows: ReadRows, words: Vocabulary) -> None:
    rows, _ = read_rows(RAID, {**RAID, "at": "2026-03-02T08:00:00Z"})
    assert problems_of_log(rows, words) == []


@pytest.mark.parametrize("key", ["corrects", "retracts", "confirms"])
@pytest.mark.parametrize("target", ["", None, 5, ["s1"]])
def test_a_later_word_names_a_row_by_its_id(read_rows: ReadRows, key: str, target: Any) -> None:
    raw = {"id": "w1", key: target, "known": "2026-03-05"}
    if key == "confirms":
        raw |= {"by": "A", "at": "2026-03-05"}
    rows, problems = read_rows(raw)
    assert rows == [] and places(problems) == [f"log:1:{key}"]

"""What a row of the log may say, field by field."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from engine.events import Row
from engine.problems import Problem
from engine.time import format_instant, parse_instant

ReadRow = Callable[..., tuple[Row | None, list[Problem]]]


def only(problems: list[Problem]) -> Problem:
    assert len(problems) == 1, [str(problem) for problem in problems]
    return problems[0]


def span(row: Row | None) -> tuple[str, str]:
    assert row is not None and row.span is not None
    return format_instant(row.span[0]), format_instant(row.span[1])


def test_an_event_row_is_taken_with_its_fields(read_row: ReadRow) -> None:
    row, problems = read_row(event="raid", by="A", place="ford", weapon="rifle", men=12, evidence="reported")
    assert problems == []
    assert row == Row(
        id="r1",
        kind="event",
        known=parse_instant("2026-03-02T08:00:00Z"),
        place="log:1",
        event="raid",
        span=(parse_instant("2026-03-02T08:00:00Z"),) * 2,
        fields={"by": "A", "place": "ford", "weapon": "rifle", "men": Decimal(12)},
        evidence="reported",
    )


# --- times --------------------------------------------------------------------------------------------------------


def test_a_date_is_the_whole_day_in_the_zone_of_the_agreement(read_row: ReadRow) -> None:
    row, _ = read_row(event="entry", at="2026-03-02")
    assert span(row) == ("2026-03-01T22:00:00Z", "2026-03-02T21:59:59.999999Z")


def test_the_day_on_which_clocks_go_forward_is_an_hour_shorter(read_row: ReadRow) -> None:
    row, _ = read_row(event="entry", at="2026-03-29")
    assert span(row) == ("2026-03-28T22:00:00Z", "2026-03-29T20:59:59.999999Z")


def test_a_span_runs_from_the_first_instant_of_its_start_to_the_last_of_its_end(read_row: ReadRow) -> None:
    row, _ = read_row(event="entry", at={"from": "2026-03-02", "to": "2026-03-03T10:00:00Z"})
    assert span(row) == ("2026-03-01T22:00:00Z", "2026-03-03T10:00:00Z")
    row, _ = read_row(event="entry", at={"from": "2026-03-02T10:00:00Z", "to": "2026-03-02"})
    assert span(row) == ("2026-03-02T10:00:00Z", "2026-03-02T21:59:59.999999Z")


@pytest.mark.parametrize(
    "at",
    [
        "2026-03-02T10:00:00",
        "2026-03-02T23:59:60Z",
        "2026-03-02T10:00:00.1234567Z",
        "1899-12-31",
        "2201-01-01T00:00:00Z",
        "2026-02-30",
        "2 March 2026",
        1772445600,
        True,
        {"from": "2026-03-03", "to": "2026-03-02"},
        {"from": "2026-03-02"},
        {"from": "2026-03-02", "to": "2026-03-03", "zone": "UTC"},
        {"from": 1, "to": 2},
        ["2026-03-02"],
    ],
)
def test_a_time_that_is_not_exact_or_not_of_the_calendar_is_an_input_error(read_row: ReadRow, at: Any) -> None:
    row, problems = read_row(event="entry", at=at)
    assert row is None
    assert (only(problems).severity, only(problems).place) == ("error", "log:1:at")


def test_a_missing_offset_is_an_input_error_and_the_hint_shows_one(read_row: ReadRow) -> None:
    _, problems = read_row(event="entry", at="2026-03-02T10:00:00")
    assert "has no offset" in only(problems).message
    assert "+03:00" in only(problems).hint


def test_an_event_without_a_time_is_an_input_error(read_row: ReadRow) -> None:
    row, problems = read_row(event="entry", at=...)
    assert row is None and only(problems).place == "log:1:at"


def test_known_left_out_is_when_it_happened_or_the_end_of_the_day_or_span(read_row: ReadRow) -> None:
    row, _ = read_row(event="entry")
    assert row is not None and format_instant(row.known) == "2026-03-02T08:00:00Z"
    row, _ = read_row(event="entry", at="2026-03-02")
    assert row is not None and format_instant(row.known) == "2026-03-02T21:59:59.999999Z"


def test_a_date_in_known_is_its_last_instant(read_row: ReadRow) -> None:
    row, problems = read_row(event="entry", known="2026-03-05")
    assert row is not None and format_instant(row.known) == "2026-03-05T21:59:59.999999Z"
    assert problems == []


def test_an_event_known_before_it_happened_is_taken_with_a_warning(read_row: ReadRow) -> None:
    row, problems = read_row(event="entry", known="2026-03-01")
    assert row is not None
    assert (only(problems).severity, only(problems).place) == ("warning", "log:1:at")


def test_a_day_known_before_it_ends_is_no_contradiction(read_row: ReadRow) -> None:
    row, problems = read_row(event="entry", at="2026-03-02", known="2026-03-02T10:00:00Z")
    assert row is not None and problems == []


# --- what kind of row ---------------------------------------------------------------------------------------------


def test_a_row_that_says_nothing_of_its_kind_is_an_input_error(read_row: ReadRow) -> None:
    row, problems = read_row(evnt="raid")
    assert row is None
    assert only(problems).hint == 'did you mean "event"?'


def test_a_row_is_of_one_kind(read_row: ReadRow) -> None:
    row, problems = read_row(retracts="x", confirms="y", known="2026-03-03")
    assert row is None and only(problems).code == "two-kinds"


def test_an_id_is_asked_for(read_row: ReadRow) -> None:
    row, problems = read_row(event="entry", id=...)
    assert row is None and only(problems).place == "log:1:id"


@pytest.mark.parametrize("id_", ["", 17, True, ["r1"], {"a": "b"}])
def test_an_id_is_text(read_row: ReadRow, id_: Any) -> None:
    row, problems = read_row(event="entry", id=id_)
    assert row is None and only(problems).place == "log:1:id"


def test_an_unknown_event_is_told_with_the_nearest_right_name(read_row: ReadRow) -> None:
    row, problems = read_row(event="riad", place="ford")
    assert row is None
    assert (only(problems).place, only(problems).hint) == ("log:1:event", 'did you mean "raid"?')


def test_an_unknown_field_is_told_with_the_nearest_right_name(read_row: ReadRow) -> None:
    row, problems = read_row(event="raid", place="ford", wepon="rifle")
    assert row is None
    assert (only(problems).place, only(problems).hint) == ("log:1:wepon", 'did you mean "weapon"?')


def test_every_problem_of_a_row_is_told_at_once(read_row: ReadRow) -> None:
    row, problems = read_row(event="raid", at="yesterday", by="C", weapon="bow", men="many", evidence="sure", x=1)
    assert row is None
    assert {problem.place.rpartition(":")[2] for problem in problems} == {
        "at",
        "by",
        "weapon",
        "men",
        "evidence",
        "x",
        "place",
    }


# --- fields -------------------------------------------------------------------------------------------------------


def test_a_required_field_that_is_absent_or_null_is_an_input_error(read_row: ReadRow) -> None:
    for row, problems in (read_row(event="raid"), read_row(event="raid", place=None)):
        assert row is None
        assert only(problems).place == "log:1:place"
        assert "`required: false`" in only(problems).hint


def test_null_in_an_optional_field_of_an_event_is_absence(read_row: ReadRow) -> None:
    row, problems = read_row(event="raid", place="ford", by=None, evidence=None, source=None)
    assert problems == [] and row is not None
    assert (row.fields, row.evidence, row.kept) == ({"place": "ford"}, None, {})


def test_a_party_field_takes_parties_and_bodies_but_no_group(read_row: ReadRow) -> None:
    assert read_row(event="raid", place="ford", by="board")[0] is not None
    row, problems = read_row(event="raid", place="ford", by="sides")
    assert row is None and only(problems).hint == "name one of A, B"


@pytest.mark.parametrize(("field", "value"), [("by", "C"), ("place", "fort"), ("weapon", "bow"), ("by", 1)])
def test_a_name_that_the_vocabulary_lacks_is_an_input_error(read_row: ReadRow, field: str, value: Any) -> None:
    row, problems = read_row(**{"event": "raid", "place": "ford", field: value})
    assert row is None and only(problems).place == f"log:1:{field}"


@pytest.mark.parametrize("amount", [0, 7, Decimal("0.1"), Decimal("123456789012345678901234567890.5"), 2**60, 0.1])
def test_a_number_is_kept_exactly(read_row: ReadRow, amount: Any) -> None:
    row, problems = read_row(event="payment", amount=amount, to="A")
    assert problems == [] and row is not None
    assert row.fields["amount"] == Decimal(str(amount))


@pytest.mark.parametrize(
    "amount",
    [
        "5",
        "5 bn USD",
        True,
        [5],
        Decimal("NaN"),
        float("inf"),
        Decimal("1e400"),
        Decimal(10) ** 30,
        Decimal("1e-31"),
        10**31,
    ],
)
def test_what_is_no_exact_number_is_an_input_error(read_row: ReadRow, amount: Any) -> None:
    row, problems = read_row(event="payment", amount=amount, to="A")
    assert row is None and only(problems).place == "log:1:amount"


def test_text_with_a_unit_is_told_which_unit_is_counted_in(read_row: ReadRow) -> None:
    _, problems = read_row(event="payment", amount="5 bn USD", to="A")
    assert "a number in USD, no unit text" in only(problems).message


def test_only_a_field_that_says_so_may_be_negative(read_row: ReadRow) -> None:
    assert read_row(event="drift", metres=-3)[0] is not None
    row, problems = read_row(event="payment", amount=-3, to="A")
    assert row is None and "`negative: true`" in only(problems).hint


def test_bool_date_and_text_fields_take_nothing_else(read_row: ReadRow) -> None:
    row, _ = read_row(event="permit", granted=False, until_day="2026-05-01")
    assert row is not None and row.fields == {"granted": False, "until_day": date(2026, 5, 1)}
    assert read_row(event="permit", granted="false")[0] is None
    assert read_row(event="permit", granted=1)[0] is None
    assert read_row(event="permit", granted=True, until_day="2026-05-01T00:00:00Z")[0] is None
    assert read_row(event="permit", granted=True, until_day=20260501)[0] is None
    assert read_row(event="letter", subject=5)[0] is None


# --- keys that are kept and shown ---------------------------------------------------------------------------------


def test_what_is_kept_and_shown_comes_through(read_row: ReadRow) -> None:
    kept: dict[str, Any] = {
        "source": "post 7",
        "source_grade": "B",
        "credibility": 3,
        "location": {"lat": Decimal("48.5"), "lon": 35, "precision": "street"},
        "note": "seen at dusk",
        "attachments": ["photo.jpg", {"name": "map.png", "sha256": "ab"}],
    }
    row, problems = read_row(event="entry", **kept)
    assert problems == [] and row is not None
    assert row.kept == kept


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("source", 5),
        ("source_grade", "G"),
        ("credibility", 7),
        ("credibility", True),
        ("location", {"lat": 91, "lon": 0}),
        ("location", {"lat": 1}),
        ("location", {"lat": 1, "lon": 0, "height": 2}),
        ("location", "here"),
        ("attachments", [5]),
    ],
)
def test_what_is_kept_must_still_have_its_shape(read_row: ReadRow, key: str, value: Any) -> None:
    row, problems = read_row(**{"event": "entry", key: value})
    assert row is None and only(problems).place == f"log:1:{key}"


def test_a_field_called_like_a_kept_key_is_the_field(read_row: ReadRow) -> None:
    row, _ = read_row(event="letter", subject="peace", note="urgent")
    assert row is not None
    assert (row.fields["note"], row.kept) == ("urgent", {})


# --- built-in events ----------------------------------------------------------------------------------------------


def test_an_extension_says_until_or_days(read_row: ReadRow) -> None:
    row, problems = read_row(event="extension", norm="n", by="board", days=5, for_={"p": "A"})
    assert problems == [] and row is not None
    assert (row.fields["days"], row.for_) == (Decimal(5), (("p", "A"),))
    row, _ = read_row(event="extension", norm="n", by="board", until="2026-05-01")
    assert row is not None and row.fields["until"] == date(2026, 5, 1)


@pytest.mark.parametrize(
    "keys",
    [
        {},
        {"days": 5, "until": "2026-05-01"},
        {"days": 0},
        {"days": Decimal("1.5")},
        {"days": "5"},
        {"until": "2026-05-01T00:00:00Z"},
        {"days": 5, "by": ...},
        {"days": 5, "norm": ...},
        {"days": 5, "for": "A"},
        {"days": 5, "for": {}},
        {"days": 5, "for": {"p": ["A"]}},
        {"days": 5, "why": "late"},
    ],
)
def test_an_extension_that_does_not_say_how_long_or_for_whom_is_an_input_error(
    read_row: ReadRow, keys: dict[str, Any]
) -> None:
    row, problems = read_row(**{"event": "extension", "norm": "n", "by": "board", **keys})
    assert row is None and all(problem.severity == "error" for problem in problems)


def test_a_ruling_names_the_breach_or_the_instance(read_row: ReadRow) -> None:
    ruling = {"event": "ruling", "norm": "n", "by": "board", "outcome": "no_violation"}
    assert read_row(**ruling, breach_by="s1")[0] is not None
    assert read_row(**ruling, instance="2026-01-01")[0] is not None
    assert read_row(**ruling)[0] is None
    assert read_row(**ruling, breach_by="s1", instance="2026-01-01")[0] is None
    assert read_row(**{**ruling, "outcome": "guilty"}, breach_by="s1")[0] is None


def test_a_waiver_needs_no_instance_and_may_say_why(read_row: ReadRow) -> None:
    row, _ = read_row(event="waiver", norm="n", by="A", why="paid in kind")
    assert row is not None and row.fields["why"] == "paid in kind"


def test_a_milestone_of_a_bare_number_may_be_named_by_it(read_row: ReadRow) -> None:
    row, _ = read_row(event="waiver", norm="n", by="A", instance=3)
    assert row is not None and row.fields["instance"] == "3"


def test_only_built_in_events_name_a_binding(read_row: ReadRow) -> None:
    row, problems = read_row(event="raid", place="ford", for_={"p": "A"})
    assert row is None and only(problems).place == "log:1:for"

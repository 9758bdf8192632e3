"""Which changes are made to a rule, and which are not because they would mean the same or nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.language.plan import Must, Rulebook, Within
from engine.mutation import mutants
from tests.mutation.conftest import Load

PEACE = "- {id: peace, begins: {event: signature}, ends: {event: strike, where: {place: ford}}}"


def changes(book: Rulebook, entry: str, kind: str) -> list[str]:
    return [str(m.change) for m in mutants(book) if m.old.id == entry and m.change.kind == kind]


@pytest.mark.parametrize(
    ("deadline", "expected"),
    [
        ("within: 100 days", ["within 100 days -> within 99 days", "within 100 days -> within 101 days"]),
        ("within: 1 hour", ["within 1 hour -> within 2 hours"]),
        ("within: 1 day", ["within 1 day -> within 0 days", "within 1 day -> within 2 days"]),
        ("within: 0 days", ["within 0 days -> within 1 day"]),
        ("by: 2026-03-01", ["by 2026-03-01 -> by 2026-02-28", "by 2026-03-01 -> by 2026-03-02"]),
        (
            "by: 2026-03-01T12:00:00Z",
            [
                "by 2026-03-01T12:00:00Z -> by 2026-02-28T12:00:00Z",
                "by 2026-03-01T12:00:00Z -> by 2026-03-02T12:00:00Z",
            ],
        ),
        ("every: 2 weeks", ["every 2 weeks -> every 1 week", "every 2 weeks -> every 3 weeks"]),
        ("every: week", []),
        ("no_deadline: true", []),
    ],
)
def test_a_deadline_is_moved_by_one_of_its_own_unit(load: Load, deadline: str, expected: list[str]) -> None:
    book = load(f"- {{id: pay, who: A, when: {{event: signature}}, must: {{event: payment}}, {deadline}}}")
    assert changes(book, "pay", "deadline") == expected


def test_each_milestone_has_its_deadline_moved_and_its_quantity_changed(load: Load) -> None:
    book = load(
        """
        - {id: fund, who: A, when: {event: signature}, must: {reach: {sum: payment.amount}},
           milestones: [{at_least: 60 USD, within: 10 days}, {at_least: 120 USD, by: 2026-05-01}]}
        """
    )
    assert changes(book, "fund", "deadline") == [
        "milestone 60 USD: within 10 days -> within 9 days",
        "milestone 60 USD: within 10 days -> within 11 days",
        "milestone 120 USD: by 2026-05-01 -> by 2026-04-30",
        "milestone 120 USD: by 2026-05-01 -> by 2026-05-02",
    ]
    assert changes(book, "fund", "bound") == [
        "milestone 60 USD: at_least 60 -> at_least 72",
        "milestone 60 USD: at_least 60 -> at_least 50",
        "milestone 120 USD: at_least 120 -> at_least 144",
        "milestone 120 USD: at_least 120 -> at_least 100",
    ]


def test_a_value_that_stands_in_a_table_is_changed_there(load: Load) -> None:
    book = load(
        """
        - id: share
          for_each: {row: {near: {days: 10 days, sum: 60 USD}, far: {days: 20 days, sum: 90 USD}}}
          who: A
          when: {event: signature}
          must: {reach: {sum: payment.amount, at_least: $row.sum}}
          within: $row.days
        """
    )
    assert changes(book, "share", "deadline")[:2] == [
        "row=near: within 10 days -> within 9 days",
        "row=near: within 10 days -> within 11 days",
    ]
    assert "row=far: at_least 90 -> at_least 75" in changes(book, "share", "bound")


def test_a_count_stays_a_whole_number(load: Load) -> None:
    book = load("- {id: few, who: A, keep: {count: strike, over: 30 days, at_most: 3}}")
    assert changes(book, "few", "bound") == ["keep: at_most 3 -> at_most 4", "keep: at_most 3 -> at_most 2"]


def test_a_limit_of_nothing_is_not_multiplied(load: Load) -> None:
    assert changes(load("- {id: none, who: A, keep: {count: strike, at_most: 0}}"), "none", "bound") == []


def test_a_floor_never_rises_above_its_cap(load: Load) -> None:
    book = load("- {id: exact, who: A, keep: {latest: payment.amount, at_least: 60 USD, at_most: 66 USD}}")
    assert changes(book, "exact", "bound") == ["keep: at_least 60 -> at_least 50", "keep: at_most 66 -> at_most 79.2"]
    assert changes(book, "exact", "at_least/at_most") == []


def test_every_part_that_narrows_a_rule_is_left_out_once(load: Load) -> None:
    book = load(
        """
        - id: quiet
          who: A
          must_not: {event: strike, where: {by: A, place: valley}, confirmed_by: {all: [board, watch]}}
          while: {state: peace}
          unless: {happened: {event: shelling}, last: 24 hours}
          grace: 5 days
          evidence: reported
          observed_by: {event: patrol}
          observe_every: 7 days
        """,
        states=PEACE,
    )
    assert changes(book, "quiet", "while") == ["peace -> nothing"]
    assert changes(book, "quiet", "unless") == ["happened shelling -> nothing"]
    assert changes(book, "quiet", "grace") == ["5 days -> nothing"]
    assert changes(book, "quiet", "evidence") == ["reported -> nothing"]
    assert changes(book, "quiet", "observed_by") == ["patrol -> nothing"]
    assert changes(book, "quiet", "where") == [
        "must_not: strike where by: A -> nothing",
        "must_not: strike where place: valley -> nothing",
    ]
    assert changes(book, "quiet", "confirmed_by") == ["must_not: strike confirmed_by board and watch -> nothing"]
    assert changes(book, "quiet", "all/any") == [
        "must_not: confirmed_by board and watch -> confirmed_by 1 of board, watch"
    ]


def test_without_its_evidence_a_norm_is_read_at_the_common_grade_everywhere(load: Load) -> None:
    book = load(
        """
        - id: quiet
          who: A
          must_not: {event: strike}
          unless: {happened: {event: shelling, evidence: alleged}, last: 1 day}
          evidence: reported
        """
    )
    by_text = {str(m.change): m.new for m in mutants(book) if m.change.kind == "evidence"}
    whole = by_text["reported -> nothing"]
    assert whole.grade == whole.modal.act.grade == book.vocabulary.grade("verified")  # type: ignore[union-attr]
    assert whole.unless.match.grade == book.vocabulary.grade("alleged")  # type: ignore[union-attr]
    alone = by_text["unless: shelling evidence alleged -> nothing"]
    assert alone.unless.match.grade == alone.grade == book.vocabulary.grade("reported")  # type: ignore[union-attr]


def test_a_deadline_keeps_what_starts_it(load: Load) -> None:
    book = load(
        """
        - {id: pay, who: A, must: {event: payment}, within: 5 days, while: {state: peace}}
        - {id: vote, who: A, must: {event: vote}, by: 2026-05-01, while: {state: peace}}
        """,
        states=PEACE,
    )
    assert changes(book, "pay", "while") == []
    assert changes(book, "vote", "while") == ["peace -> nothing"]


def test_what_can_never_happen_is_not_put_into_a_trigger(load: Load) -> None:
    book = load(
        """
        - {id: quiet, who: A, must_not: {event: strike}}
        - {id: pay, who: A, when: {breach: quiet}, must: {event: payment}, within: 5 days}
        - {id: again, who: A, when: {breach: pay}, must: {event: payment}, no_deadline: true}
        - {id: thanks, who: B, when: {met: again}, must: {event: vote}, no_deadline: true}
        - {id: start, who: B, when: {enters: signed}, must: {event: vote}, no_deadline: true}
        - {id: stop, who: B, when: {enters: peace}, must: {event: vote}, no_deadline: true}
        """,
        states=f"- {{id: signed, begins: {{event: signature}}}}\n{PEACE}",
    )
    assert changes(book, "pay", "breach/met") == []
    assert changes(book, "again", "breach/met") == ["when: breach pay -> met pay"]
    assert changes(book, "thanks", "breach/met") == []
    assert changes(book, "start", "enters/leaves") == []
    assert changes(book, "stop", "enters/leaves") == ["when: enters peace -> leaves peace"]


def test_parts_of_a_trigger_and_of_a_condition_are_all_or_any(load: Load) -> None:
    book = load(
        """
        - id: pay
          who: A
          when: {any: [{all: [{event: signature}, {event: vote}]}, {event: strike}]}
          must: {event: payment}
          within: 5 days
          unless: {all: [{state: peace}, {not: {state: calm}}]}
        """,
        states=f"{PEACE}\n- {{id: calm, begins: {{event: vote}}}}",
    )
    assert changes(book, "pay", "all/any") == [
        "when/any: any -> all",
        "when/any/0/all: all -> any",
        "unless/all: all -> any",
    ]
    assert changes(book, "pay", "unless") == ["(peace and not calm) -> nothing"]


def test_an_event_is_swapped_with_the_one_most_like_it(load: Load) -> None:
    book = load(
        """
        - {id: quiet, who: A, must_not: {event: strike, where: {place: ford}}}
        - {id: pay, who: A, must: {reach: {sum: payment.amount, at_least: 5 USD}}, by: 2026-05-01}
        """,
        states=PEACE,
    )
    assert changes(book, "quiet", "event") == ["must_not: strike -> shelling"]
    assert changes(book, "pay", "event") == [], "no other event has an amount"
    assert changes(book, "peace", "event") == ["begins: signature -> vote", "ends: strike -> shelling"]


def test_another_party_acts_but_a_family_is_left(load: Load) -> None:
    book = load(
        """
        - {id: named, who: A, must_not: {event: strike, where: {by: A}}}
        - {id: outsider, who: C, must_not: {event: strike, where: {by: C}}}
        - {id: seen, who: A, must: {event: patrol, where: {by: [board, A]}}, by: 2026-05-01}
        - {id: family, for_each: {p: sides}, who: $p, must_not: {event: strike, where: {by: $p}}}
        """
    )
    assert changes(book, "named", "by") == ["must_not: strike by A -> strike by B"]
    assert changes(book, "outsider", "by") == ["must_not: strike by C -> strike by A"]
    assert changes(book, "seen", "by") == [
        "must: patrol by board -> patrol by watch",
        "must: patrol by A -> patrol by B",
    ]
    assert changes(book, "family", "by") == []


def test_a_change_keeps_its_name_wherever_the_rule_stands(load: Load) -> None:
    norm = "- {id: pay, who: A, when: {event: signature}, must: {event: payment}, within: 5 days}"
    other = "- {id: quiet, who: A, must_not: {event: strike}}"
    alone = {m.id for m in mutants(load(norm))}
    later = {m.id: m for m in mutants(load(f"{other}\n{norm}"))}
    assert alone <= later.keys()
    assert later["1 pay: deadline: within 5 days -> within 6 days"].old.place.split(":")[1] == "7"
    assert len(later) == len(mutants(load(f"{other}\n{norm}")))


def test_a_change_leaves_everything_else_as_it_is(load: Load) -> None:
    book = load("- {id: pay, who: A, when: {event: signature}, must: {event: payment}, within: 5 days, grace: 2 days}")
    later = next(m for m in mutants(book) if m.id.endswith("within 6 days"))
    assert isinstance(later.old.modal, Must) and isinstance(later.new.modal, Must)  # type: ignore[union-attr]
    assert isinstance(later.new.modal.deadline, Within)  # type: ignore[union-attr]
    assert replace(later.new, modal=later.old.modal) == later.old  # type: ignore[union-attr,arg-type]


READING = """
- id: length
  question: how long is soon?
  options:
    - {id: five, title: five days}
    - id: six
      title: six days
      norms:
        - {id: pay, who: A, when: {event: signature}, must: {event: payment}, within: 6 days}
  chosen: five
  because: as the sides said
"""
PAY = "- {id: pay, who: A, when: {event: signature}, must: {event: payment}, within: 5 days}"
SIXTH_DAY = """
- name: the sixth day
  reading: {length: six}
  given: [{event: signature, at: 2026-01-01T10:00:00Z, by: A}]
  expect: [{at: 2026-01-07, norm: pay, is: active}]
"""


def test_another_reading_is_changed_only_where_a_test_asks_for_it(load: Load) -> None:
    assert {m.name for m in mutants(load(PAY, readings=READING))} == {"pay"}
    tested = {m.name for m in mutants(load(PAY, readings=READING, tests=SIXTH_DAY))}
    assert tested == {"pay", "pay@length=six"}

"""Edges that no case of the conformance books stands on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.evaluation.phrases import described
from engine.language.plan import Must

from .small import asked, book

GO = "{id: g, at: '2026-03-02T09:00:00Z', event: go}"


def test_a_share_in_a_condition_is_read_again_when_what_it_is_of_changes() -> None:
    rules = book(
        "- {id: calm, who: A, must_not: {event: raid}, while: {state: fair}}",
        """
- id: fair
  holds_while: {holds: {sum: pay.amount, where: {to: A}, per: {sum: pay.amount}, over: 9 days, at_least: 50 %}}
""",
    )
    paid = ["{id: p1, at: 2026-03-02, event: pay, amount: 5, to: A}"]
    more = [*paid, "{id: p2, at: 2026-03-04, event: pay, amount: 6, to: B}"]
    assert asked(rules, more, "2026-03-03").states[0].is_ is True
    assert asked(rules, more, "2026-03-04").states[0].is_ is False


def test_a_waiver_at_the_instant_of_an_observation_stands() -> None:
    rules = book(
        """
- id: ban
  who: A
  must_not: {event: raid}
  observed_by: {event: sight}
  observe_every: 2 days
  waived_by: board
"""
    )
    given = [
        "{id: s1, at: '2026-03-02T09:00:00Z', event: sight}",
        "{id: r, at: '2026-03-03T09:00:00Z', event: raid, place: hill}",
        "{id: s2, at: '2026-03-08T09:00:00Z', event: sight}",
        "{id: w, at: '2026-03-08T09:00:00Z', event: waiver, norm: ban, by: board, why: asked}",
    ]
    assert asked(rules, given, "2026-03-08T09:00:00Z")["ban"].is_ == "waived"


def test_a_confirmation_is_shown_with_whose_it_is() -> None:
    rules = book(
        "- {id: duty, who: A, when: {event: go}, must: {event: done, confirmed_by: {all: [board]}}, within: 4 days}"
    )
    given = [
        GO,
        "{id: d, at: '2026-03-03T09:00:00Z', event: done}",
        "{id: k, at: '2026-03-04T09:00:00Z', confirms: d, by: board}",
    ]
    verdict = asked(rules, given, "2026-03-05")["duty"]
    assert verdict.is_ == "met"
    assert (verdict.events["k"].type, verdict.events["k"].fields) == ("confirmation", {"by": "board"})
    assert verdict.because == ("d", "g", "k")


def test_a_verdict_does_not_rest_on_what_is_open() -> None:
    rules = book("- {id: duty, who: A, when: {event: go}, must: {event: done}, within: 4 days}")
    verdict = asked(rules, [GO, "{id: d, at: 2026-03-03, event: done, evidence: alleged}"], "2026-03-05")["duty"]
    assert verdict.because == ("g",)
    assert ("open act", "d") in {(part.role, part.event) for part in verdict.parts}


@pytest.mark.parametrize(
    ("match", "words"),
    [
        ("{event: stock, where: {tons: {gt: 3 t}}}", "a stock with tons above 3"),
        ("{event: stock, where: {tons: {gte: 3 t}}}", "a stock with tons at least 3"),
        ("{event: stock, where: {tons: {lt: 3 t}}}", "a stock with tons below 3"),
        ("{event: stock, where: {tons: {lte: 3 t}}}", "a stock with tons at most 3"),
        ("{event: raid, where: {by: {not: A}}}", "a raid with by not A"),
        ("{event: raid, where: {by: [A, B], place: hill}}", "a raid with by A or B, place hill"),
        ("{event: raid, where: {cause: {exists: true}}}", "a raid with cause stated"),
        ("{event: raid, where: {cause: {exists: false}}}", "a raid with cause not stated"),
        ("{event: done, confirmed_by: {all: [board, panel]}}", "a done, confirmed by board, panel"),
        ("{event: done, confirmed_by: {at_least: 1, of: [board, panel]}}", "a done, confirmed by 1 of board, panel"),
    ],
)
def test_a_match_is_told_in_words(match: str, words: str) -> None:
    modal = book(f"- {{id: duty, who: A, when: {{event: go}}, must: {match}, within: 4 days}}").norms[0].modal
    assert isinstance(modal, Must) and modal.act is not None
    assert described(modal.act) == words


def test_a_missed_deadline_stays_missed_whatever_would_cure_it() -> None:
    rules = book(
        """
- {id: duty, who: A, when: {event: go}, must: {event: done}, within: 1 day}
- {id: amends, who: A, when: {breach: duty}, must: {event: pay}, within: 3 days, cures: duty}
"""
    )
    verdict = asked(rules, [GO, "{id: p, at: 2026-03-05, event: pay, amount: 1}"], "2026-03-06")["duty"]
    assert (verdict.is_, verdict.deadline) == ("breached", "missed")
    assert [problem.code for problem in rules.problems if problem.code == "cure-of-a-duty"] == ["cure-of-a-duty"]


@pytest.mark.parametrize(
    ("grade", "day", "could_be"), [("verified", 7, ("met_late",)), ("alleged", 4, ("met_late", "met"))]
)
def test_a_weak_word_may_have_completed_a_quorum_sooner(grade: str, day: int, could_be: tuple[str, ...]) -> None:
    rules = book(
        """
- id: duty
  who: A
  when: {event: go}
  must: {event: done, confirmed_by: {at_least: 1, of: [board, panel]}, counts_from: confirmation}
  within: 2 days
"""
    )
    given = [
        GO,
        "{id: d, at: '2026-03-03T09:00:00Z', event: done}",
        f"{{id: k1, at: '2026-03-0{day}T10:00:00Z', confirms: d, by: panel, evidence: {grade}}}",
        "{id: k2, at: '2026-03-06T09:00:00Z', confirms: d, by: board}",
    ]
    assert asked(rules, given, "2026-03-08")["duty"].could_be == could_be


def test_a_confirmation_on_some_instant_around_the_one_asked_about_may_have_been_given() -> None:
    rules = book(
        "- {id: duty, who: A, when: {event: go}, must: {event: done, confirmed_by: {all: [board]}}, within: 9 days}"
    )
    given = [
        GO,
        "{id: d, at: '2026-03-03T09:00:00Z', event: done}",
        "{id: k, at: {from: '2026-03-04T00:00:00Z', to: '2026-03-06T00:00:00Z'}, confirms: d, by: board}",
    ]
    assert asked(rules, given, "2026-03-05")["duty"].could_be == ("active", "met")
    assert "k" not in asked(rules, given, "2026-03-03")["duty"].events


def test_each_version_lapses_with_its_own_while() -> None:
    rules = book(
        """
- id: ban
  who: A
  must_not: {event: raid}
  while: {state: old}
  valid: {from: "2026-01-01", to: "2026-03-31", version: "1"}
- id: ban
  who: A
  must_not: {event: raid}
  while: {state: new}
  valid: {from: "2026-04-01", version: "2"}
""",
        "[{id: old, begins: {event: go}, ends: {event: stop}}, {id: new, begins: {event: go}, ends: {event: task}}]",
    )
    verdict = asked(rules, [GO, "{id: s, at: '2026-03-10T00:00:00Z', event: stop}"], "2026-03-11")["ban"]
    assert verdict.is_ == "lapsed"


def test_one_event_that_opens_several_adds_the_binding_to_the_label() -> None:
    rules = book(
        """
- {id: each, for_each: {p: sides}, who: $p, must_not: {event: raid}}
- {id: answer, who: B, when: {breach: each}, must: {event: done}, within: 1 day}
"""
    )
    found = asked(rules, ["{id: r, at: '2026-03-03T09:00:00Z', event: raid, place: hill}"], "2026-03-03")
    assert [v.instance for v in found.verdicts if v.norm == "answer"] == ["r (p=A)", "r (p=B)"]


def test_an_act_weak_for_one_and_ruled_by_one_of_two_bodies_names_both() -> None:
    rules = book("- {id: ban, who: A, must_not: {event: raid}}")
    both = replace(rules, vocabulary=replace(rules.vocabulary, ruled_by=("board", "panel")))
    given = [
        "{id: r, at: '2026-03-03T09:00:00Z', event: raid, place: hill}",
        "{id: u, at: '2026-03-04T09:00:00Z', event: ruling, norm: ban, breach_by: r, outcome: no_violation, by: A}",
    ]
    (problem,) = asked(both, given, "2026-03-05").problems
    assert problem.message.endswith("rulings are made by board or panel only")

"""A decision that moves nothing is kept and reported, with what is missing."""

from __future__ import annotations

import pytest

from .small import asked, book

RULES = """
- id: duty
  who: A
  when: {event: go}
  must: {event: done}
  within: 4 days
  extendable: {by: board, at_most: 10 days}
  waived_by: [panel, board]
- id: late
  who: A
  when: {event: go}
  must: {event: done}
  within: 4 days
  extendable: {by: [panel, board], late: allowed}
- {id: rigid, who: A, when: {event: go}, must: {event: done}, within: 4 days}
- {id: someday, who: A, when: {event: go}, must: {event: done}, no_deadline: true, extendable: {by: board}}
- {id: ban, who: A, must_not: {event: raid, where: {by: A}}, waived_by: board}
- {id: each, for_each: {p: sides}, who: $p, must_not: {event: raid, where: {by: $p}}}
"""
GO = "{id: g, at: '2026-03-02T09:00:00Z', event: go}"
DONE = "{id: d, at: '2026-03-03T09:00:00Z', event: done}"
RAID = "{id: r, at: '2026-03-03T09:00:00Z', event: raid, place: hill}"


def decision(event: str, norm: str, at: str = "2026-03-04T09:00:00Z", by: str = "board", more: str = "") -> str:
    return f"{{id: x, at: '{at}', event: {event}, norm: {norm}, by: {by}{more}}}"


@pytest.mark.parametrize(
    ("given", "name", "why"),
    [
        ([GO, decision("extension", "duty", by="A", more=", days: 2")], "by", "duty is extendable by board only"),
        (
            [GO, decision("extension", "late", by="A", more=", days: 2")],
            "by",
            "late is extendable by board or panel only",
        ),
        (
            [GO, decision("extension", "duty", more=", days: 11")],
            "by",
            "duty: it goes beyond the 10 days that may be added",
        ),
        (
            [GO, decision("extension", "duty", more=", until: '2026-03-17'")],
            "by",
            "duty: it goes beyond the 10 days that may be added",
        ),
        (
            [GO, decision("extension", "duty", at="2026-03-07T00:00:00Z", more=", days: 2")],
            "by",
            "duty: the due has passed and late extensions are refused",
        ),
        ([GO, decision("extension", "duty", more=", until: '2026-03-06'")], "by", "duty: it is not later than the due"),
        (
            [GO, decision("extension", "late", at="2026-03-09T00:00:00Z", more=", days: 2")],
            "by",
            "late: it is already past",
        ),
        ([GO, DONE, decision("extension", "duty", more=", days: 2")], "by", "duty: it is met"),
        ([GO, decision("extension", "someday", more=", days: 2")], "by", "someday: it is active"),
        ([GO, decision("extension", "rigid", more=", days: 2")], "by", "rigid is extendable by nobody only"),
        ([decision("extension", "duty", more=", days: 2")], "by", "no instance is open that it could concern"),
        (
            [GO, decision("extension", "duty", more=", days: 2, instance: other")],
            "by",
            "no instance is open that it could concern",
        ),
        ([GO, decision("waiver", "duty", by="A", more=", why: asked")], "by", "duty is waived by board or panel only"),
        ([GO, DONE, decision("waiver", "duty", more=", why: asked")], "by", "duty is met there"),
        ([decision("waiver", "duty", more=", why: asked")], "by", "no instance is open that it could concern"),
        (
            [RAID, decision("ruling", "each", by="panel", more=", breach_by: r, outcome: violation")],
            "by",
            "rulings are made by board only",
        ),
        (
            [RAID, decision("ruling", "each", more=", breach_by: r, outcome: violation")],
            "for",
            '"r" is open for several bindings: say which with "for"',
        ),
        (
            [decision("ruling", "ban", more=", breach_by: r, outcome: violation")],
            "breach_by",
            'no event "r" is known',
        ),
        (
            [GO, decision("ruling", "ban", more=", breach_by: g, outcome: violation")],
            "breach_by",
            '"g" is nothing that ban asks about',
        ),
    ],
)
def test_a_decision_without_effect_is_reported_with_what_is_missing(given: list[str], name: str, why: str) -> None:
    (problem,) = asked(book(RULES), given, "2026-03-20").problems
    kind = given[-1].split("event: ")[1].split(",")[0]
    assert (problem.code, problem.severity) == ("without-effect", "report")
    assert problem.place == f"row {len(given)}:{name}"
    assert problem.message == f'{kind} "x" is kept, without effect: {why}'


@pytest.mark.parametrize(
    "given",
    [
        [GO, decision("extension", "duty", more=", days: 10")],
        [GO, decision("extension", "duty", more=", until: '2026-03-16'")],
        [GO, decision("extension", "late", at="2026-03-08T23:59:59Z", more=", days: 3")],
        [GO, decision("waiver", "duty", by="panel", more=", why: asked")],
        [decision("waiver", "ban", more=", why: asked")],
        [RAID, decision("ruling", "each", more=", breach_by: r, outcome: violation, for: {p: A}")],
        [GO, decision("ruling", "duty", more=", instance: g, outcome: no_violation")],
    ],
)
def test_a_decision_that_moves_something_is_not_reported(given: list[str]) -> None:
    assert asked(book(RULES), given, "2026-03-20").problems == ()


def test_a_decision_on_a_norm_that_is_nowhere_is_reported() -> None:
    (problem,) = asked(book(RULES), [decision("waiver", "nowhere", more=", why: asked")], "2026-03-20").problems
    assert (problem.place, problem.message) == (
        "row 1:norm",
        'waiver "x" is kept, without effect: no norm is called "nowhere"',
    )

"""Edges of triggers, versions, decisions and settlements that no case of the conformance books stands on."""

from __future__ import annotations

from .small import asked, book
from .test_wider_sets import nothing_tried

GO = "{id: g, at: '2026-03-02T09:00:00Z', event: go}"


def test_a_trigger_of_every_second_event_rests_on_both() -> None:
    rules = book("- {id: duty, who: A, when: {event: raid, count: 2}, must: {event: done}, within: 4 days}")
    raids = [f"{{id: r{n}, at: '2026-03-0{n}T09:00:00Z', event: raid, place: hill}}" for n in (2, 3, 4, 5)]
    found = asked(rules, raids, "2026-03-05").verdicts
    own = [[part.event for part in v.parts if part.role == "trigger" and not part.note] for v in found]
    assert [v.instance for v in found] == ["r3", "r5"]
    assert own == [["r2", "r3"], ["r4", "r5"]]


def test_of_two_that_complete_a_sequence_at_once_the_greater_names_it() -> None:
    rules = book(
        "- {id: duty, who: A, when: {in_order: [{event: go}, {event: stop}]}, must: {event: done}, within: 4 days}"
    )
    stops = [f"{{id: s{n}, at: '2026-03-03T09:00:00Z', event: stop}}" for n in (1, 2)]
    assert asked(rules, [GO, *stops], "2026-03-05")["duty"].instance == "s2"


def test_a_duty_whose_due_is_behind_its_opening_is_not_saved_by_a_pause() -> None:
    rules = book(
        """
- {id: duty, who: A, when: {event: go}, must: {event: done}, by: "2026-03-01", paused_while: {state: halted}}
""",
        "[{id: halted, initially: true, begins: {event: stop}, ends: {event: sight}}]",
    )
    assert asked(rules, [GO], "2026-03-03")["duty"].is_ == "breached"


def test_what_is_made_good_cures_only_the_norm_that_it_names() -> None:
    rules = book(
        """
- {id: no_raid, who: A, must_not: {event: raid}}
- {id: no_sight, who: A, must_not: {event: sight}}
- id: amends
  who: A
  when: {any: [{breach: no_raid}, {breach: no_sight}]}
  must: {event: pay}
  within: 3 days
  cures: no_raid
"""
    )
    given = [
        "{id: r, at: '2026-03-03T09:00:00Z', event: raid, place: hill}",
        "{id: s, at: '2026-03-04T09:00:00Z', event: sight}",
        "{id: p, at: '2026-03-05T09:00:00Z', event: pay, amount: 1}",
    ]
    found = asked(rules, given, "2026-03-06")
    assert (found["no_raid"].is_, found["no_sight"].is_) == ("cured", "breached")


def test_states_that_hang_on_states_are_settled_before_the_first_event() -> None:
    rules = book(
        "- {id: ban, who: A, must_not: {event: raid}, while: {state: s1}}",
        """
- {id: s1, holds_while: {state: s2}}
- {id: s2, holds_while: {state: s3}}
- {id: s3, initially: true, ends: {event: stop}}
""",
    )
    assert [state.is_ for state in asked(rules, [], "2026-03-06").states] == [True, True, True]


def test_an_act_at_a_certain_time_shows_no_span() -> None:
    rules = book("- {id: ban, who: A, must_not: {event: raid}}")
    found = asked(rules, ["{id: r, at: '2026-03-03T09:00:00Z', event: raid, place: hill}"], "2026-03-06")
    assert found["ban"].as_json()["breaches"][0]["span"] is None


def test_a_series_does_not_start_while_it_does_not_apply() -> None:
    rules = book(
        "- {id: daily, who: A, when: {event: go}, must: {event: done}, every: day, while: {state: on}}",
        "[{id: on, begins: {event: sight}, ends: {event: stop}}]",
    )
    later = "{id: s, at: '2026-03-03T09:00:00Z', event: sight}"
    assert [v.is_ for v in asked(rules, [GO, later], "2026-03-06").verdicts] == ["dormant"]


def test_an_extension_that_counts_holds_in_every_settlement() -> None:
    rules = book(
        "- {id: duty, who: A, when: {event: go}, must: {event: done}, within: 2 days, extendable: {by: board}}"
    )
    given = [
        GO,
        "{id: x, at: '2026-03-03T09:00:00Z', event: extension, norm: duty, days: 5, by: board}",
        "{id: d, at: '2026-03-04T09:00:00Z', event: done, evidence: alleged}",
    ]
    assert asked(rules, given, "2026-03-06")["duty"].could_be == ("active", "met")


def test_an_act_around_the_due_may_have_been_missing_in_the_grace() -> None:
    rules = book("- {id: duty, who: A, when: {event: go}, must: {event: done}, within: 2 days, grace: 4 days}")
    given = [GO, "{id: d, at: {from: '2026-03-04T09:00:00Z', to: '2026-03-05T09:00:00Z'}, event: done}"]
    assert asked(rules, given, "2026-03-05T08:00:00Z")["duty"].could_be == ("in_grace", "met")
    with nothing_tried():
        assert {"in_grace", "met"} <= set(asked(rules, given, "2026-03-05T08:00:00Z")["duty"].could_be)


def test_an_extension_in_the_grace_ends_the_grace() -> None:
    rules = book(
        """
- id: duty
  who: A
  when: {event: go}
  must: {event: done}
  within: 2 days
  grace: 4 days
  extendable: {by: board, late: allowed}
"""
    )
    given = [GO, "{id: x, at: '2026-03-06T09:00:00Z', event: extension, norm: duty, days: 5, by: board}"]
    before, after = (asked(rules, given, day)["duty"] for day in ("2026-03-06T08:00:00Z", "2026-03-06"))
    assert (before.is_, after.is_) == ("in_grace", "active")
    assert "grace ends" in {figure.name for figure in before.figures}
    assert "grace ends" not in {figure.name for figure in after.figures}


def test_a_duty_in_its_grace_runs_anew_under_rebased_terms() -> None:
    rules = book(
        """
- id: duty
  who: A
  when: {event: go}
  must: {event: done}
  within: 2 days
  grace: 9 days
  valid: {from: "2026-01-01", to: "2026-03-06", version: "1"}
- id: duty
  who: A
  when: {event: go}
  must: {event: done}
  within: 20 days
  valid: {from: "2026-03-07", version: "2", open_instances: rebase}
"""
    )
    assert [asked(rules, [GO], f"2026-03-0{day}")["duty"].is_ for day in (6, 7)] == ["in_grace", "active"]


def test_an_act_exactly_so_long_before_the_trigger_is_too_early() -> None:
    rules = book(
        "- {id: duty, who: A, when: {event: go}, early: 2 days, must: {event: done}, within: 2 days}",
    )
    at, after = "2026-02-28T09:00:00Z", "2026-02-28T09:00:00.000001Z"
    acts = [f"{{id: d, at: '{instant}', event: done}}" for instant in (at, after)]
    assert [asked(rules, [GO, act], "2026-03-03")["duty"].is_ for act in acts] == ["active", "met"]


def test_of_two_that_break_a_bound_at_once_the_lesser_names_what_follows() -> None:
    rules = book(
        """
- {id: cap, who: A, keep: {sum: pay.amount, at_most: 5 USD}}
- {id: answer, who: B, when: {breach: cap}, must: {event: done}, within: 2 days}
"""
    )
    paid = [f"{{id: p{n}, at: '2026-03-03T09:00:00Z', event: pay, amount: 4}}" for n in (1, 2)]
    assert asked(rules, paid, "2026-03-04")["answer"].instance == "p1"


def test_an_act_may_have_fallen_between_two_times_that_only_the_rules_name() -> None:
    rules = book(
        "- {id: ban, who: A, must_not: {event: raid}, while: {state: night}}",
        "[{id: night, begins: {time: '2026-03-03T20:00:00Z'}, ends: {time: '2026-03-03T22:00:00Z'}}]",
    )
    raid = "{id: r, at: {from: '2026-03-03T13:00:00Z', to: '2026-03-03T23:00:00Z'}, event: raid, place: hill}"
    assert "breached" in asked(rules, [raid], "2026-03-03T23:30:00Z")["ban"].could_be


def test_a_milestone_that_the_new_terms_drop_lapses_and_each_other_keeps_its_own() -> None:
    norm = """
- id: paid
  who: A
  when: {event: go}
  must: {reach: {sum: pay.amount}}
"""
    rules = book(
        f"""{norm}
  milestones:
    - {{at_least: 5 USD, within: 9 days}}
    - {{at_least: 7 USD, within: 9 days}}
    - {{at_least: 9 USD, within: 9 days}}
  valid: {{from: "2026-01-01", to: "2026-03-05", version: "1"}}
{norm.strip()}
  milestones: [{{at_least: 5 USD, within: 9 days}}, {{at_least: 9 USD, within: 12 days}}]
  valid: {{from: "2026-03-06", version: "2", open_instances: rebase}}
"""
    )
    given = [GO, "{id: p, at: '2026-03-07T09:00:00Z', event: pay, amount: 6}"]
    found = {v.instance: v.is_ for v in asked(rules, given, "2026-03-08").verdicts}
    assert found == {"5 USD": "met", "7 USD": "lapsed", "9 USD": "active"}

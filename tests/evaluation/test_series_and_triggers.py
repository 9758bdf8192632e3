"""Amendments of recurring duties, and events that could serve more than one purpose."""

from __future__ import annotations

from tests.evaluation.small import asked, book

V1 = 'valid: {from: "2026-03-01", to: "2026-03-10", version: "1"}'
V2 = 'valid: {from: "2026-03-11", version: "2"}'


def test_an_event_serves_the_part_that_no_other_event_can_serve() -> None:
    rules = book(
        "- {id: n, who: A, when: {enters: paid}, must: {event: done}, within: 100 days}",
        "[{id: paid, begins: {all: [{event: pay}, {event: pay, where: {amount: {gt: 5 USD}}}]}}]",
    )
    given = [
        "{id: large, at: '2026-03-05T12:00:00Z', event: pay, amount: 8}",
        "{id: small, at: '2026-03-06T12:00:00Z', event: pay, amount: 5}",
    ]
    found = asked(rules, given, "2026-03-14")
    assert found["n"].instance == "small"
    assert [state.is_ for state in found.states] == [True]
    assert [state.is_ for state in asked(rules, given[:1], "2026-03-14").states] == [False]


def test_an_act_in_the_grace_of_the_old_version_performs_no_period_of_the_new_one() -> None:
    norm = "id: n, who: A, when: {event: go}, must: {event: task}, every: 3 days, grace: 1 day"
    rules = book(f"- {{{norm}, {V1}}}\n- {{{norm}, {V2}}}")
    given = [
        "{id: go, at: '2026-03-04T06:00:00Z', event: go}",
        "{id: late, at: '2026-03-11T06:00:00Z', event: task}",
    ]
    found = {v.instance: v.is_ for v in asked(rules, given, "2026-03-12T06:00:00Z").verdicts}
    assert (found["2026-03-08"], found["2026-03-11"]) == ("met", "active")
    again = [*given, "{id: soon, at: '2026-03-11T09:00:00Z', event: task}"]
    found = {v.instance: v.is_ for v in asked(rules, again, "2026-03-12T06:00:00Z").verdicts}
    assert (found["2026-03-08"], found["2026-03-11"]) == ("met", "met")


def test_a_series_goes_on_under_terms_that_would_have_begun_it_otherwise() -> None:
    rules = book(
        f"- {{id: n, who: A, when: {{event: go}}, must: {{event: done}}, every: 2 days, {V1}}}\n"
        f"- {{id: n, who: A, when: {{event: task}}, must: {{event: done}}, every: 2 days, {V2}}}"
    )
    begun = "{id: g, at: '2026-03-05T06:00:00Z', event: go}"
    found = [v.instance for v in asked(rules, [begun], "2026-03-15").verdicts]
    assert found[-2:] == ["2026-03-12", "2026-03-14"]


def test_what_happened_before_an_amendment_listened_to_it_begins_no_series() -> None:
    rules = book(
        f"- {{id: n, who: A, when: {{event: go}}, must: {{event: done}}, every: 2 days, {V1}}}\n"
        f"- {{id: n, who: A, when: {{event: task}}, must: {{event: done}}, every: 2 days, {V2}}}"
    )
    early = "{id: t, at: '2026-03-06T06:00:00Z', event: task}"
    assert [(v.instance, v.is_) for v in asked(rules, [early], "2026-03-15").verdicts] == [(None, "dormant")]


def test_a_duty_that_an_amendment_makes_recurring_waits_for_its_state_to_begin_again() -> None:
    rules = book(
        "- {id: n, who: A, while: {state: on}, must: {event: done}, within: 20 days, " + V1 + "}\n"
        "- {id: n, who: A, while: {state: on}, must: {event: done}, every: 3 days, " + V2 + "}",
        "[{id: on, begins: {event: go}, ends: {event: stop}}]",
    )
    given = ["{id: g, at: '2026-03-05T06:00:00Z', event: go}"]
    assert len(asked(rules, given, "2026-03-20").verdicts) == 1
    given += [
        "{id: s, at: '2026-03-12T06:00:00Z', event: stop}",
        "{id: again, at: '2026-03-13T06:00:00Z', event: go}",
    ]
    assert len(asked(rules, given, "2026-03-17").verdicts) == 3


def test_what_opens_a_permission_is_not_permitted_by_it() -> None:
    rules = book(
        "- {id: ban, who: A, must_not: {event: raid}}\n"
        "- {id: leave, who: A, when: {event: raid}, may: {event: raid}, overrides: ban}"
    )
    first = "{id: first, at: '2026-03-07T18:00:00Z', event: raid, place: hill}"
    second = "{id: second, at: '2026-03-08T18:00:00Z', event: raid, place: hill}"
    assert [b.because for b in asked(rules, [first, second], "2026-03-13")["ban"].breaches] == [("first",)]


def test_an_act_after_a_waiver_that_is_ruled_no_violation_is_excused_not_waived() -> None:
    rules = book("- {id: ban, who: A, must_not: {event: raid}, waived_by: board}")
    given = [
        "{id: w, at: '2026-03-29T12:00:00Z', event: waiver, norm: ban, by: board, why: asked}",
        "{id: raid, at: '2026-03-31T00:00:00Z', event: raid, place: hill}",
        "{id: r, at: '2026-04-02', event: ruling, norm: ban, by: board, outcome: no_violation, breach_by: raid}",
    ]
    assert asked(rules, given[:1], "2026-04-13")["ban"].is_ == "waived"
    assert asked(rules, given[:2], "2026-04-13")["ban"].is_ == "breached"
    assert asked(rules, given, "2026-04-13")["ban"].is_ == "excused"


def test_a_waiver_covers_what_was_cured_before_it() -> None:
    rules = book(
        "- {id: ban, who: A, must_not: {event: raid}, waived_by: board}\n"
        "- {id: leave, who: A, when: {breach: ban}, must: {event: done}, within: 5 days, cures: ban}"
    )
    given = [
        "{id: raid, at: '2026-03-02T00:00:00Z', event: raid, place: hill}",
        "{id: out, at: '2026-03-03T00:00:00Z', event: done}",
        "{id: w, at: '2026-03-04T12:00:00Z', event: waiver, norm: ban, by: board, why: asked}",
    ]
    assert asked(rules, given[:2], "2026-03-10")["ban"].is_ == "cured"
    assert asked(rules, given, "2026-03-10")["ban"].is_ == "waived"


def test_who_looked_between_a_due_and_an_opening_after_it_has_seen_the_omission() -> None:
    rules = book(
        "- {id: n, who: A, while: {state: s}, must: {event: notice}, by: '2026-04-05', observed_by: {event: sight}}",
        "[{id: s, begins: {event: go}}]",
    )
    look = "{id: look, at: '2026-04-06T18:00:00Z', event: sight}"
    go = "{id: go, at: '2026-04-08T12:00:00Z', event: go}"
    assert asked(rules, [look, go], "2026-04-11")["n"].is_ == "breached"
    assert asked(rules, [go], "2026-04-11")["n"].is_ == "unknown"


def test_a_ban_that_ends_at_the_instant_at_which_the_interval_does_was_still_observed() -> None:
    rules = book(
        "- {id: n, who: A, must_not: {event: task}, while: {state: s},"
        "   observed_by: {event: sight}, observe_every: 3 days}",
        "[{id: s, begins: {event: go}, ends: {event: stop}}]",
    )
    given = [
        "{id: go, at: '2026-03-06T06:00:00Z', event: go}",
        "{id: look, at: '2026-03-10T00:00:00Z', event: sight}",
        "{id: act, at: '2026-03-11T18:00:00Z', event: task}",
        "{id: no, at: '2026-03-12', event: ruling, norm: n, by: board, outcome: no_violation, breach_by: act}",
    ]
    at_once = "{id: stop, at: '2026-03-13T00:00:00Z', event: stop}"
    too_late = "{id: stop, at: '2026-03-13T00:00:00.000001Z', event: stop}"
    assert asked(rules, [*given, at_once], "2026-03-18")["n"].is_ == "excused"
    assert asked(rules, [*given, too_late], "2026-03-18")["n"].is_ == "lapsed"
    assert asked(rules, given, "2026-03-13T00:00:00Z")["n"].is_ == "unknown"


def test_what_a_share_is_of_can_break_it_and_gives_the_breach_its_label() -> None:
    rules = book(
        "- {id: share, who: B, keep: {sum: pay.amount, where: {to: A}, per: {sum: pay.amount}, at_least: 50 %}}\n"
        "- {id: answer, who: B, when: {breach: share}, must: {event: done}, within: 6 days}"
    )
    paid = "{id: paid, at: '2026-03-05T00:00:00Z', event: pay, amount: 8, to: B}"
    assert asked(rules, [paid], "2026-03-08")["answer"].instance == "paid"


def test_two_acts_of_one_instant_both_perform_the_period_before() -> None:
    rules = book("- {id: n, who: A, when: {event: go}, must: {event: task}, every: 3 days, grace: 1 day}")
    given = ["{id: g, at: '2026-03-01T00:00:00Z', event: go}"]
    given += [f"{{id: t{n}, at: '2026-03-05T06:00:00Z', event: task}}" for n in range(2)]
    found = {v.instance: v.is_ for v in asked(rules, given, "2026-03-06").verdicts}
    assert found == {"2026-03-01": "met", "2026-03-05": "active"}
    later = "{id: t3, at: '2026-03-05T06:00:00.000001Z', event: task}"
    found = {v.instance: v.is_ for v in asked(rules, [*given, later], "2026-03-06").verdicts}
    assert found == {"2026-03-01": "met", "2026-03-05": "met"}


def test_who_looks_at_the_first_instant_of_a_period_has_looked_in_it() -> None:
    rules = book(
        "- {id: ban, who: A, must_not: {event: raid}}\n"
        "- {id: n, who: A, when: {breach: ban}, must: {event: task}, every: 36 hours, observed_by: {event: sight}}"
    )
    given = [raid_at("2026-03-30T00:00:00Z"), "{id: look, at: '2026-03-30T00:00:00Z', event: sight}"]
    found = {v.instance: v.is_ for v in asked(rules, given, "2026-04-02").verdicts if v.norm == "n"}
    assert found["2026-03-30T00:00:00Z"] == "breached"
    assert found["2026-03-31T12:00:00Z"] == "unknown"


def raid_at(at: str) -> str:
    return f"{{id: raid, at: '{at}', event: raid, place: hill}}"


def test_a_pause_that_the_new_terms_do_not_know_ends_with_the_old_ones() -> None:
    rules = book(
        f"- {{id: n, who: A, must: {{event: pay}}, within: 2 days, paused_while: {{not: {{state: s}}}}, {V1}}}\n"
        "- {id: n, who: A, must: {event: pay}, within: 5 days,"
        ' valid: {from: "2026-03-11", version: "2", open_instances: restart}}',
        "[{id: s, begins: {event: go}}]",
    )
    assert asked(rules, [], "2026-03-10")["n"].is_ == "suspended"
    assert asked(rules, [], "2026-03-12")["n"].is_ == "active"
    assert asked(rules, [], "2026-03-20")["n"].is_ == "breached"


def test_a_ruling_concerns_the_version_that_was_in_force_at_the_act() -> None:
    norm = "id: n, for_each: {p: sides}, who: $p, must_not: {event: pay"
    rules = book(f"- {{{norm}, where: {{to: $p}}}}, {V1}}}\n- {{{norm}}}, {V2}}}")
    given = [
        "{id: e, at: '2026-03-04T00:00:00Z', event: pay, amount: 1}",
        "{id: r, at: '2026-03-17', event: ruling, norm: n, by: board, outcome: no_violation, breach_by: e}",
    ]
    answer = asked(rules, given, "2026-03-20")
    assert {v.is_ for v in answer.verdicts} == {"holding"}
    assert [problem.code for problem in answer.problems] == ["without-effect"]


def test_a_due_that_lies_before_all_events_is_extended_to_a_date_and_by_no_number_of_days() -> None:
    rules = book(
        "- {id: n, who: A, while: {not: {happened: {event: go}}}, must: {event: task}, within: 4 days,"
        " extendable: {by: board, late: allowed}}"
    )
    to_a_date = "{id: x, at: '2026-03-09T06:00:00Z', event: extension, norm: n, by: board, until: '2026-03-12'}"
    by_days = "{id: x, at: '2026-03-09T06:00:00Z', event: extension, norm: n, by: board, days: 9}"
    assert asked(rules, [], "2026-03-10")["n"].is_ == "breached"
    assert asked(rules, [to_a_date], "2026-03-10")["n"].is_ == "active"
    assert asked(rules, [to_a_date], "2026-03-13")["n"].is_ == "breached"
    answer = asked(rules, [by_days], "2026-03-10")
    assert answer["n"].is_ == "breached"
    assert "before all events" in answer.problems[0].message


def test_a_bound_broken_at_its_opening_is_broken_after_a_waiver_of_that_instant() -> None:
    rules = book("- {id: n, who: B, when: {event: go}, keep: {count: pay, at_least: 1}, waived_by: board}")
    given = [
        "{id: g, at: '2026-03-17T12:00:00Z', event: go}",
        "{id: x, at: '2026-03-17T12:00:00Z', event: waiver, norm: n, by: board, why: asked}",
    ]
    assert asked(rules, given, "2026-03-18")["n"].is_ == "breached"


def test_a_share_in_bounds_before_all_events_performs_a_duty_whose_due_and_grace_lie_there() -> None:
    rules = book(
        "- {id: n, who: A, while: {not: {happened: {event: go}}}, within: 6 days, grace: 2 days,"
        " must: {reach: {sum: pay.amount, per: {sum: pay.amount}, at_least: 50 %}}}"
    )
    assert asked(rules, [], "2026-03-16")["n"].is_ == "met_late"


def test_an_act_at_the_very_end_of_a_period_with_grace_performs_that_period() -> None:
    rules = book("- {id: n, who: A, when: {event: go}, must: {event: task}, every: 3 days, grace: 1 day}")
    given = ["{id: g, at: '2026-03-01T00:00:00Z', event: go}", "{id: t, at: '2026-03-05T00:00:00Z', event: task}"]
    found = {v.instance: v.is_ for v in asked(rules, given, "2026-03-05T12:00:00Z").verdicts}
    assert found == {"2026-03-01": "met", "2026-03-05": "active"}


def test_what_completes_a_trigger_names_it_whatever_else_falls_on_that_instant() -> None:
    rules = book(
        "- {id: first, who: A, when: {event: go}, must: {event: notice}, within: 0 days}\n"
        "- {id: n, who: B, when: {all: [{time: '2026-03-11'}, {breach: first}]}, must: {event: task}, within: 9 days}"
    )
    assert asked(rules, ["{id: g, at: '2026-03-10T12:00:00Z', event: go}"], "2026-03-11T18:00:00Z")["n"].instance == "g"


def test_a_waiver_reaches_a_duty_whose_omission_was_excused() -> None:
    rules = book("- {id: n, who: A, when: {event: go}, must: {event: task}, within: 0 days, waived_by: panel}")
    given = [
        "{id: g, at: '2026-03-01T09:00:00Z', event: go}",
        "{id: w, at: '2026-03-05T09:00:00Z', event: waiver, norm: n, by: panel, why: asked}",
        "{id: r, at: '2026-03-08T09:00:00Z', event: ruling, norm: n, by: board, outcome: no_violation, instance: g}",
    ]
    assert asked(rules, given, "2026-03-10")["n"].is_ == "waived"


def test_new_terms_whose_due_is_past_are_judged_although_a_pause_goes_on() -> None:
    norm = "id: n, who: A, must: {event: task}, paused_while: {not: {happened: {event: go}}}"
    new = 'valid: {from: "2026-03-11", version: "2", open_instances: rebase}'
    rules = book(f"- {{{norm}, by: '2026-03-20', {V1}}}\n- {{{norm}, by: '2026-03-05', {new}}}")
    assert asked(rules, [], "2026-03-10")["n"].is_ == "suspended"
    assert asked(rules, [], "2026-03-11")["n"].is_ == "breached"
    later = book(f"- {{{norm}, by: '2026-03-20', {V1}}}\n- {{{norm}, by: '2026-03-15', {new}}}")
    go = "{id: go, at: '2026-03-13T00:00:00Z', event: go}"
    assert asked(later, [], "2026-03-25")["n"].is_ == "suspended"
    assert asked(later, [go], "2026-03-17")["n"].is_ == "active"
    assert asked(later, [go], "2026-03-18")["n"].is_ == "breached"


def test_a_waiver_at_the_instant_at_which_a_ban_ends_unseen_has_looked_at_nothing() -> None:
    rules = book(
        "- {id: due, who: B, when: {event: pay}, must: {event: done}, within: 0 days}\n"
        "- {id: ban, who: A, must_not: {event: raid}, while: {state: s}, waived_by: board,"
        "   observed_by: {event: sight}, observe_every: 3 days}",
        "[{id: s, initially: true, ends: {breach: due}}]",
    )
    pay = "{id: p, at: '2026-03-23T06:00:00Z', event: pay, amount: 9}"
    at_once = "{id: w, at: '2026-03-24T00:00:00Z', event: waiver, norm: ban, by: board, why: asked}"
    before = "{id: w, at: '2026-03-23T23:59:59.999999Z', event: waiver, norm: ban, by: board, why: asked}"
    look = "{id: look, at: '2026-03-24T00:00:00Z', event: sight}"
    assert asked(rules, [pay, before], "2026-03-30")["ban"].is_ == "lapsed"
    assert asked(rules, [pay, at_once], "2026-03-30")["ban"].is_ == "lapsed"
    assert asked(rules, [pay, at_once], "2026-03-30")["ban"].bucket == "not observed"
    assert asked(rules, [pay, at_once, look], "2026-03-30")["ban"].is_ == "waived"


def test_a_duty_that_opens_at_its_very_due_can_be_performed_at_that_instant_where_it_is_the_last_in_time() -> None:
    rules = book(
        "- {id: n, who: B, while: {state: s}, must: {event: notice}, by: '2026-03-11T00:00:00Z'}\n"
        "- {id: date, who: B, while: {state: s}, must: {event: notice}, by: '2026-03-10'}",
        "[{id: s, begins: {event: go}}]",
    )
    given = ["{id: g, at: '2026-03-11T00:00:00Z', event: go}", "{id: a, at: '2026-03-11T00:00:00Z', event: notice}"]
    found = asked(rules, given, "2026-03-12")
    assert (found["n"].is_, found["date"].is_) == ("met", "met_late")
    found = asked(rules, given[:1], "2026-03-11T00:00:00Z")
    assert (found["n"].is_, found["date"].is_) == ("breached", "breached")


def test_of_several_periods_that_still_run_an_act_performs_the_nearest_before() -> None:
    rules = book(
        "- {id: n, who: A, when: {event: go}, must: {event: task}, every: 36 hours,"
        " extendable: {by: board, late: allowed}}"
    )
    given = [
        "{id: g, at: '2026-03-18T18:00:00Z', event: go}",
        "{id: x, at: '2026-03-27T06:00:00Z', event: extension, norm: n, days: 4, by: board}",
        "{id: t1, at: '2026-03-29T00:00:00Z', event: task}",
    ]
    periods = ("2026-03-24T18:00:00Z", "2026-03-26T06:00:00Z", "2026-03-27T18:00:00Z")
    found = {v.instance: v.is_ for v in asked(rules, given, "2026-03-29T03:00:00Z").verdicts}
    assert [found[period] for period in periods] == ["active", "met", "active"]
    again = [*given, "{id: t2, at: '2026-03-29T02:00:00Z', event: task}"]
    found = {v.instance: v.is_ for v in asked(rules, again, "2026-03-29T03:00:00Z").verdicts}
    assert [found[period] for period in periods] == ["met", "met", "active"]


def test_an_act_performs_one_period_also_where_two_versions_have_one_that_still_runs() -> None:
    norm = "id: n, who: A, when: {event: go}, every: 2 days, extendable: {by: board, late: allowed}"
    given = [
        "{id: g, at: '2026-03-01T06:00:00Z', event: go}",
        "{id: x, at: '2026-03-14T06:00:00Z', event: extension, norm: n, days: 7, by: board}",
        "{id: p, at: '2026-03-14T08:00:00Z', event: pay, amount: 5}",
    ]
    same = book(f"- {{{norm}, must: {{event: pay}}, {V1}}}\n- {{{norm}, must: {{event: pay}}, {V2}}}")
    found = {v.instance: v.is_ for v in asked(same, given, "2026-03-14T12:00:00Z").verdicts}
    assert [found[f"2026-03-{day}"] for day in (10, 12, 14)] == ["active", "met", "active"]
    more = "must: {event: pay, where: {amount: {gt: 8 USD}}}"
    raised = book(f"- {{{norm}, must: {{event: pay}}, {V1}}}\n- {{{norm}, {more}, {V2}}}")
    found = {v.instance: v.is_ for v in asked(raised, given, "2026-03-14T12:00:00Z").verdicts}
    assert [found[f"2026-03-{day}"] for day in (10, 12, 14)] == ["met", "active", "active"]


def test_a_waiver_in_the_grace_shows_until_the_grace_ends_also_where_the_interval_ends_before() -> None:
    rules = book(
        "- {id: ban, who: A, must_not: {event: raid}, while: {state: s}, grace: 2 days, waived_by: board,"
        "   observed_by: {event: sight}, observe_every: 48 hours}",
        "[{id: s, begins: {event: go}}]",
    )
    given = [
        "{id: g, at: '2026-03-14T00:00:00Z', event: go}",
        "{id: w, at: '2026-03-15T12:00:00Z', event: waiver, norm: ban, by: board, why: asked}",
    ]
    assert asked(rules, given, "2026-03-16T00:00:00Z")["ban"].is_ == "waived"
    assert asked(rules, given, "2026-03-16T23:59:59.999999Z")["ban"].is_ == "waived"
    assert asked(rules, given, "2026-03-17T00:00:00Z")["ban"].is_ == "unknown"
    look = "{id: look, at: '2026-03-18T00:00:00Z', event: sight}"
    assert asked(rules, [*given, look], "2026-03-18T00:00:00Z")["ban"].is_ == "holding"


def test_a_state_that_a_deadline_moves_at_the_instant_of_an_amendment_begins_after_it() -> None:
    rules = book(
        f"- {{id: n, who: B, must: {{event: task}}, within: 100 days, {V1}}}\n"
        f"- {{id: n, who: B, while: {{state: s}}, must: {{event: task}}, within: 100 days, {V2}}}\n"
        "- {id: other, who: A, when: {event: go}, must: {event: done}, within: 0 days}",
        "[{id: s, begins: {any: [{breach: other}, {event: stop}]}}]",
    )
    go = "{id: g, at: '2026-03-10T12:00:00Z', event: go}"
    stop = "{id: s, at: '2026-03-11T00:00:00Z', event: stop}"
    first, second = "2026-03-01T00:00:00Z", "2026-03-11T00:00:00Z"
    opened = [[v.instance for v in asked(rules, [e], "2026-03-12").verdicts if v.norm == "n"] for e in (go, stop)]
    assert opened == [[first, second], [first]]


def test_a_reading_at_the_due_of_a_period_is_within_its_grace() -> None:
    reach = "{reach: {max: pay.amount, at_least: 8 USD}}, every: 3 days, grace: 1 day"
    rules = book(f"- {{id: n, who: A, when: {{event: stop}}, must: {reach}}}")
    given = [
        "{id: stop, at: '2026-03-04T12:00:00Z', event: stop}",
        "{id: paid, at: '2026-03-17T00:00:00Z', event: pay, amount: 9}",
    ]
    found = {v.instance: v.is_ for v in asked(rules, given, "2026-03-18T12:00:00Z").verdicts}
    assert (found["2026-03-11"], found["2026-03-14"]) == ("breached", "met")


def test_a_ruling_on_a_reading_that_broke_nothing_excuses_nothing() -> None:
    rules = book("- {id: n, who: A, keep: {min: stock.tons, at_least: 30 t, over: each week}}")
    given = [
        "{id: low, at: '2026-03-13T12:00:00Z', event: stock, tons: 0}",
        "{id: high, at: '2026-03-10T12:00:00Z', event: stock, tons: 101}",
        "{id: r, at: '2026-03-18T12:00:00Z', event: ruling, norm: n, outcome: no_violation, by: board, breach_by: %s}",
    ]
    for named, comes_out in (("high", "breached"), ("low", "excused")):
        assert asked(rules, [*given[:2], given[2] % named], "2026-03-20")["n"].is_ == comes_out


def test_what_came_before_the_completing_event_of_a_trigger_may_be_an_act() -> None:
    norm = "{id: n, who: B, when: {in_order: [{event: pay}, {event: task}]}, must: {event: pay, count: 2}"
    rules = book(f"- {norm}, within: 4 days, early: true}}")
    given = [
        "{id: one, at: '2026-03-11T18:00:00Z', event: pay, amount: 9}",
        "{id: two, at: '2026-03-11T18:00:00Z', event: pay, amount: 4}",
        "{id: done, at: '2026-03-14T12:00:00Z', event: task}",
    ]
    assert asked(rules, given, "2026-03-14T15:00:00Z")["n"].is_ == "met"
    assert asked(rules, given[1:], "2026-03-14T15:00:00Z")["n"].is_ == "active"


def test_a_bound_that_the_end_of_its_grace_finds_broken_is_broken_by_time() -> None:
    valid = 'valid: {from: "2026-03-01", version: 1}'
    cap = f"id: cap, who: A, keep: {{max: stock.tons, at_most: 50 t}}, grace: 36 hours, {valid}"
    rules = book(f"- {{{cap}}}\n- {{id: tell, who: B, when: {{breach: cap}}, must: {{event: done}}, within: 24 hours}}")
    given = ["{id: e, at: '2026-03-02T12:00:00Z', event: stock, tons: 101}"]
    found = asked(rules, given, "2026-03-14")
    assert found["cap"].is_ == "breached"
    assert found["tell"].instance == "2026-03-02T12:00:00Z"

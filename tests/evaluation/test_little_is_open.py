"""Where little is open the answer is exact: what cannot matter is not tried, and uses up no tries."""

from __future__ import annotations

from tests.evaluation.small import asked, book


def test_an_act_that_no_ban_forbids_is_not_doubtful_because_a_permission_would_ask_more_of_it() -> None:
    rules = book(
        "- {id: ban, who: A, must_not: {event: raid, where: {place: north}}}\n"
        "- {id: leave, who: A, overrides: ban,"
        "   may: {event: raid, where: {cause: rescue}, confirmed_by: {all: [board]}}}\n"
        "- {id: watched, who: B, must_not: {event: task}, while: {state: calm}}",
        "[{id: calm, initially: true, begins: {event: go}, ends: {breach: ban}}]",
    )
    raids = [f"{{id: r{n}, at: '2026-03-{n + 1:02}T12:00:00Z', event: raid, place: south}}" for n in range(12)]
    found = asked(rules, raids, "2026-03-20")
    assert found["ban"].could_be == found["watched"].could_be == ("holding",)
    assert [(state.certainly, state.possibly) for state in found.states] == [(True, True)]


def test_reports_dated_by_the_day_are_certain_where_the_hour_decides_nothing() -> None:
    rules = book(
        "- {id: metering, who: A, when: {event: go}, must: {event: task}, every: month, grace: 15 days}\n"
        "- {id: quiet, who: A, must_not: {event: raid}, observed_by: {event: task}, observe_every: 45 days}"
    )
    days = ["2026-05-31", "2026-06-30", "2026-07-31", "2026-08-31", "2026-09-30", "2026-10-31"]
    given = ["{id: g, at: '2026-05-01T00:00:00Z', event: go}"]
    given += [f"{{id: t{n}, at: '{day}', event: task}}" for n, day in enumerate(days)]
    found = asked(rules, given, "2026-11-10").verdicts
    assert [(v.instance, v.could_be) for v in found if v.norm == "metering"] == [
        *((f"2026-{month:02}-01", ("met",)) for month in range(5, 11)),
        ("2026-11-01", ("active",)),
    ]
    assert [v.could_be for v in found if v.norm == "quiet"] == [("holding",)]


def test_the_hour_of_a_report_matters_where_hours_are_counted_from_a_midnight() -> None:
    rules = book("- {id: n, who: A, when: {event: go}, must: {event: task}, within: 2 days, grace: 36 hours}")
    given = ["{id: g, at: '2026-03-01T09:00:00Z', event: go}", "{id: t, at: '2026-03-05', event: task}"]
    assert asked(rules, given, "2026-03-08")["n"].could_be == ("met_late", "met")


def test_two_reports_of_one_day_may_have_come_in_either_order() -> None:
    rules = book(
        "- {id: n, who: A, when: {in_order: [{event: go}, {event: task}]}, must: {event: done}, within: 9 days}"
    )
    given = ["{id: g, at: '2026-03-01', event: go}", "{id: t, at: '2026-03-01', event: task}"]
    found = asked(rules, given, "2026-03-08")["n"]
    assert (found.is_, found.could_be) == ("active", ("active", "dormant"))


def test_what_was_over_before_anything_open_is_told_as_it_is() -> None:
    rules = book(
        "- {id: n, who: A, when: {event: go}, must: {event: task}, within: 2 days, paused_while: {state: s}}",
        "[{id: s, begins: {event: stop}, ends: {event: raid}}]",
    )
    given = [
        "{id: g1, at: '2026-03-01T09:00:00Z', event: go}",
        "{id: t1, at: '2026-03-02T09:00:00Z', event: task}",
        *(f"{{id: g{n}, at: '2026-04-{n:02}', event: go, evidence: alleged}}" for n in range(2, 28)),
    ]
    found = asked(rules, given, "2026-05-08").verdicts
    assert [v.could_be for v in found if v.instance == "g1"] == [("met",)]


def test_a_missing_number_that_is_measured_could_be_any() -> None:
    rules = book(
        "- {id: cap, who: A, keep: {latest: stock.tons, at_most: 50 t, stale_after: 60 days}}\n"
        "- {id: quiet, who: A, must_not: {event: stock, where: {tons: {gte: 10 t}}}, while: {state: over}}",
        "[{id: over, begins: {breach: cap}}]",
    )
    given = ["{id: a, at: '2026-03-01T09:00:00Z', event: stock, tons: 5}"]
    lacking = "{id: b, at: '2026-03-02T09:00:00Z', event: stock}"
    found = asked(rules, [*given, lacking], "2026-03-08")
    assert {"breached", "holding"} <= set(found["cap"].could_be)
    assert {"holding", "dormant"} <= set(found["quiet"].could_be)


def test_a_ruling_on_an_act_closes_nothing_of_what_a_condition_asks_about_it() -> None:
    rules = book(
        "- {id: ban, who: B, must_not: {event: pay, where: {amount: {gt: 5 USD}}},"
        "   observed_by: {event: sight}, observe_every: 5 days,"
        "   while: {holds: {max: pay.amount, over: 3 days, at_most: 8 USD}}}"
    )
    given = [
        "{id: a, at: '2026-04-03T12:00:00Z', event: pay, amount: 1}",
        "{id: b, at: '2026-04-06T11:00:00Z', event: pay, amount: 8, evidence: alleged}",
        "{id: r, at: '2026-04-07', event: ruling, norm: ban, by: board, outcome: no_violation, breach_by: b}",
    ]
    found = asked(rules, given, "2026-04-09T00:00:00Z")["ban"]
    assert (found.is_, found.could_be) == ("excused", ("unknown", "excused"))
    settled = [given[0], given[1].replace("alleged", "verified"), given[2]]
    assert asked(rules, settled, "2026-04-09T00:00:00Z")["ban"].is_ == "unknown"


def test_a_weak_waiver_may_still_clear_what_has_ended_in_breach() -> None:
    rules = book(
        "- {id: cap, who: A, keep: {max: stock.tons, at_most: 50 t}, while: {state: calm}, waived_by: board}",
        "[{id: calm, begins: {event: go}, ends: {event: stop}}]",
    )
    given = [
        "{id: g, at: '2026-03-02T12:00:00Z', event: go}",
        "{id: much, at: '2026-03-03T12:00:00Z', event: stock, tons: 101}",
        "{id: s, at: '2026-03-05T12:00:00Z', event: stop}",
        "{id: w, at: '2026-03-10T12:00:00Z', event: waiver, norm: cap, by: board, evidence: alleged}",
    ]
    no_number = "{id: unread, at: '2026-03-12T12:00:00Z', event: stock}"
    for rows in (given, [*given, no_number]):  # tried one by one, and too open to be tried
        assert [verdict.could_be for verdict in asked(rules, rows, "2026-03-20").verdicts] == [("breached", "waived")]


def test_a_ruling_may_name_the_event_that_a_share_is_of() -> None:
    share = '{sum: pay.amount, where: {amount: {gt: 8 USD}}, per: {sum: pay.amount}, at_least: "50 %"}'
    rules = book(f"- {{id: share, who: A, keep: {share}}}")
    paid = "{id: small, at: '2026-03-03T12:00:00Z', event: pay, amount: 4}"
    ruling = "{id: r, at: '2026-03-10', event: ruling, norm: share, outcome: no_violation, by: board, breach_by: small}"
    assert asked(rules, [paid], "2026-03-20")["share"].is_ == "breached"
    assert asked(rules, [paid, ruling], "2026-03-20")["share"].is_ == "excused"

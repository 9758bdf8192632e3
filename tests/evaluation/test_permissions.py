"""Permissions: from when on they count, under which version, and that one ended stays ended."""

from __future__ import annotations

from tests.evaluation.small import asked, book

BAN = "- {id: ban, who: A, must_not: {event: raid}}\n"


def raid(id_: str, at: str) -> str:
    return f"{{id: {id_}, at: '{at}', event: raid, place: hill}}"


def forbidden(rules: str, given: list[str], states: str = "") -> list[tuple[str, ...]]:
    return [breach.because for breach in asked(book(BAN + rules, states), given, "2026-04-20")["ban"].breaches]


def test_an_act_confirmed_at_its_own_instant_is_permitted() -> None:
    leave = (
        "- {id: leave, who: A, overrides: ban,"
        " may: {event: raid, confirmed_by: {all: [board]}, counts_from: confirmation}}"
    )
    yes = "{id: yes, confirms: r, by: board, at: '%s', known: '2026-03-09T00:00:00Z'}"
    act = raid("r", "2026-03-05T09:00:00Z")
    assert forbidden(leave, [act, yes % "2026-03-05T09:00:00Z"]) == []
    assert forbidden(leave, [act, yes % "2026-03-05T09:00:00.000001Z"]) == [("r",)]


def test_each_version_of_a_permission_permits_in_its_own_time() -> None:
    one = "{id: leave, who: A, overrides: ban, may: {event: raid, where: {place: hill}}"
    two = "{id: leave, who: A, overrides: ban, may: {event: raid, where: {place: south}}"
    leave = (
        f'- {one}, valid: {{from: "2026-03-01", to: "2026-03-09", version: "1"}}}}\n'
        f'- {two}, valid: {{from: "2026-03-10", to: "2026-03-19", version: "2"}}}}\n'
        f'- {one}, valid: {{from: "2026-03-20", version: "3"}}}}'
    )
    acts = [raid("a", "2026-03-05T09:00:00Z"), raid("b", "2026-03-12T09:00:00Z"), raid("c", "2026-03-25T09:00:00Z")]
    assert forbidden(leave, acts) == [("b",)]


def test_a_version_that_has_not_been_triggered_or_whose_state_is_off_does_not_hide_the_next() -> None:
    for condition in ("when: {event: go}", "while: {state: calm}", "unless: {not: {state: calm}}"):
        leave = (
            f"- {{id: leave, who: A, overrides: ban, may: {{event: raid}}, {condition},"
            ' valid: {from: "2026-03-01", to: "2026-03-09", version: "1"}}\n'
            '- {id: leave, who: A, overrides: ban, may: {event: raid}, valid: {from: "2026-03-10", version: "2"}}'
        )
        acts = [raid("a", "2026-03-05T09:00:00Z"), raid("b", "2026-03-12T09:00:00Z")]
        assert forbidden(leave, acts, "[{id: calm, begins: {event: stop}}]") == [("a",)]


def test_a_permission_that_ended_with_its_state_waits_for_a_new_trigger() -> None:
    leave = "- {id: leave, who: A, overrides: ban, may: {event: raid}, when: {event: go}, while: {state: calm}}"
    states = "[{id: calm, initially: true, begins: {event: task}, ends: {event: stop}}]"
    given = [
        "{id: g, at: '2026-03-02T09:00:00Z', event: go}",
        raid("a", "2026-03-03T09:00:00Z"),
        "{id: s, at: '2026-03-04T09:00:00Z', event: stop}",
        "{id: t, at: '2026-03-05T09:00:00Z', event: task}",
        raid("b", "2026-03-06T09:00:00Z"),
    ]
    assert forbidden(leave, given, states) == [("b",)]

"""Two answers side by side, and one verdict then and now."""

from __future__ import annotations

from dataclasses import replace

from engine.evaluation.verdicts import Verdict, Verdicts
from engine.events import Confirmation
from engine.language.plan import Rulebook
from engine.report.comparison import Comparison, comparison_lines
from engine.report.layout import plain
from engine.report.sheets import changes_csv
from engine.report.summary import then_and_now
from engine.time import parse_instant


def elections_met(verdicts: Verdicts) -> Verdicts:
    met = tuple(
        replace(v, is_="met", could_be=("met",), bucket="compliant", reason="held in time", breaches=())
        if v.norm == "elections"
        else v
        for v in verdicts.verdicts
    )
    return replace(verdicts, verdicts=met)


def test_only_what_differs_is_listed(verdicts: Verdicts) -> None:
    found = Comparison("draft", "final", verdicts, elections_met(verdicts))
    assert [change.named.norm for change in found.changes] == ["elections"]
    assert Comparison("draft", "draft", verdicts, verdicts).changes == []


def test_both_sides_and_their_reasons_are_told(verdicts: Verdicts, book: Rulebook) -> None:
    text = plain(comparison_lines(Comparison("draft", "final", verdicts, elections_met(verdicts)), book, 100))
    assert "1 verdict of 12 differ" in text
    assert "   before ✗ breached, due 12 Apr 2026, 1 breach on record; could be met late or met: the due passed" in text
    assert "   after  ✓ met, due 12 Apr 2026: held in time" in text


def test_an_instance_that_only_one_side_has_is_a_difference(verdicts: Verdicts, book: Rulebook) -> None:
    fewer = replace(verdicts, verdicts=verdicts.verdicts[1:])
    text = plain(comparison_lines(Comparison("a", "b", verdicts, fewer), book, 100))
    assert "after  no such instance" in text


def test_states_that_differ_are_listed(verdicts: Verdicts, book: Rulebook) -> None:
    truce = tuple(replace(s, certainly=True) if s.state == "ceasefire_in_force" else s for s in verdicts.states)
    text = plain(comparison_lines(Comparison("a", "b", verdicts, replace(verdicts, states=truce)), book, 100))
    assert "ceasefire_in_force: holds, not certain → holds" in text


def test_a_comparison_is_a_list_for_spreadsheets(verdicts: Verdicts) -> None:
    found = Comparison("a", "b", verdicts, elections_met(verdicts)).as_json()
    header, row = changes_csv(found["changed"]).splitlines()
    assert header.startswith("provision,norm,for,instance,before,")
    assert row.startswith("25,elections,,,breached,breached; met_late; met,2026-04-12T21:00:00Z,")


def test_then_and_now_names_what_was_learned_in_between(verdicts: Verdicts, book: Rulebook) -> None:
    now = next(v for v in verdicts.verdicts if v.binding == (("p", "RU"),))
    then: Verdict = replace(now, is_="holding", could_be=("holding",), bucket="compliant", because=(), breaches=())
    earlier = {name: event for name, event in verdicts.events.items() if name != "s1"}
    before = replace(verdicts, known_at=parse_instant("2026-03-03T12:00:00Z"), events=earlier)
    text = plain(then_and_now(then, now, before, verdicts, book, 100))
    assert " then known at 3 Mar 2026 14:00: ✓ holding" in text
    assert " now  on all rows: ✗ breached, 2 breaches on record" in text
    assert "in between: s1 (strike, reported by patrol 7)" in text


def test_corrections_confirmations_and_retractions_are_told_apart(verdicts: Verdicts, book: Rulebook) -> None:
    now = replace(verdicts.verdicts[0], because=("c1", "s1", "s2"))
    events = dict(verdicts.events)
    yes = Confirmation("k1", "board", (0, 0), "verified", 0)
    after = {
        "c1": replace(events["c1"], words=("c1", "x1")),
        "s1": replace(events["s1"], confirmations=(yes,)),
    }
    text = plain(then_and_now(now, now, verdicts, replace(verdicts, events=after), book, 100))
    assert "c1 was corrected; s1 was confirmed; s2 was retracted" in text

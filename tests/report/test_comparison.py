"""Two answers side by side, and one verdict then and now."""

from __future__ import annotations

from dataclasses import replace

from engine.evaluation.verdicts import Verdict, Verdicts
from engine.events import Confirmation
from engine.language.plan import Match, MustNot, Norm, Provision, Rulebook
from engine.report.comparison import Comparison, comparison_lines
from engine.report.layout import plain
from engine.report.sheets import changes_csv
from engine.report.summary import then_and_now
from engine.time import parse_instant
from tests.report.conftest import retold


def elections_met(verdicts: Verdicts) -> Verdicts:
    met = tuple(
        retold(v, is_="met", could_be=("met",), bucket="compliant", reason="held in time", breaches=())
        if v.norm == "elections"
        else v
        for v in verdicts.verdicts
    )
    return replace(verdicts, verdicts=met)


def compared(before: Verdicts, after: Verdicts, book: Rulebook) -> str:
    return plain(comparison_lines(Comparison(before, after), book, 100))


def test_only_what_differs_is_listed(verdicts: Verdicts) -> None:
    found = Comparison(verdicts, elections_met(verdicts))
    assert [change.named.norm for change in found.changes] == ["elections"]
    assert Comparison(verdicts, verdicts).changes == []


def test_both_sides_and_their_reasons_are_told(verdicts: Verdicts, book: Rulebook) -> None:
    text = compared(verdicts, elections_met(verdicts), book)
    assert text.startswith("1 verdict of 12 differs, as of end of 15 Apr 2026 (Europe/Kyiv)\n")
    assert "   before ✗ breached, due 12 Apr 2026, 1 breach on record; could be met late or met: the due passed" in text
    assert "   after  ✓ met, due 12 Apr 2026: held in time" in text


def test_an_instance_that_only_one_side_has_is_a_difference(verdicts: Verdicts, book: Rulebook) -> None:
    fewer = replace(verdicts, verdicts=verdicts.verdicts[1:])
    assert "after  no such instance" in compared(verdicts, fewer, book)


def test_states_that_differ_are_listed(verdicts: Verdicts, book: Rulebook) -> None:
    truce = tuple(replace(s, certainly=True) if s.state == "ceasefire_in_force" else s for s in verdicts.states)
    text = compared(verdicts, replace(verdicts, states=truce), book)
    assert "ceasefire_in_force: holds, not certain → holds" in text
    assert "since" not in text


def test_a_state_that_only_began_at_another_time_says_since_when(verdicts: Verdicts, book: Rulebook) -> None:
    began = parse_instant("2026-02-05T12:00:00+02:00")
    moved = tuple(replace(s, since=began) if s.state == "ceasefire_in_force" else s for s in verdicts.states)
    text = compared(verdicts, replace(verdicts, states=moved), book)
    told = "   ceasefire_in_force: holds, not certain since 3 Feb 2026 12:00 → since 5 Feb 2026 12:00"
    assert told in text.splitlines()


def relabelled(verdicts: Verdicts, labels: dict[str, str]) -> Verdicts:
    told = tuple(replace(v, instance=labels.get(v.instance or "", v.instance)) for v in verdicts.verdicts)
    return replace(verdicts, verdicts=told)


def test_an_instance_under_another_label_is_the_same_instance(verdicts: Verdicts, book: Rulebook) -> None:
    text = compared(verdicts, relabelled(verdicts, {"25 bn USD": "30 bn USD"}), book)
    assert "1 verdict of 12 differs" in text
    assert "14 tranche (EU) · instance 25 bn USD → 30 bn USD" in text
    assert "no such instance" not in text


def test_several_instances_under_other_labels_are_not_guessed_at(verdicts: Verdicts, book: Rulebook) -> None:
    text = compared(verdicts, relabelled(verdicts, {"25 bn USD": "x", "100 bn USD": "y"}), book)
    assert "4 verdicts of 14 differ" in text
    assert text.count("no such instance") == 4


def test_the_head_names_only_what_the_sides_differ_in(verdicts: Verdicts, book: Rulebook) -> None:
    asked = replace(verdicts, readings={"days": "working", "zone": "all"})
    other = replace(asked, readings={"days": "calendar", "zone": "all"})
    assert head(asked, other, book) == ["before: read as days=working", "after:  read as days=calendar"]
    then = replace(asked, known_at=parse_instant("2026-03-03T12:00:00Z"))
    assert head(then, asked, book) == ["before: on what was known at 3 Mar 2026 14:00", "after:  on all rows"]
    draft = replace(asked, rulebook_version="3", rulebook_sha256="a" * 64)
    assert head(asked, draft, book) == [
        "before: rule book river-accord version 2 (3f2a91c03f2a)",
        "after:  rule book river-accord version 3 (aaaaaaaaaaaa)",
    ]
    assert head(asked, asked, book)[0] == "before: the same rule book, readings and rows"


def head(before: Verdicts, after: Verdicts, book: Rulebook) -> list[str]:
    return compared(before, after, book).splitlines()[1:3]


def test_the_events_that_set_two_verdicts_apart_are_named(verdicts: Verdicts, book: Rulebook) -> None:
    met = elections_met(verdicts)
    cited = tuple(retold(v, because=("c1", "s1")) if v.norm == "elections" else v for v in met.verdicts)
    assert "   why    only after: c1 (ceasefire), s1 (strike, patrol 7)" in compared(
        verdicts, replace(met, verdicts=cited), book
    )


def test_verdicts_that_read_alike_say_in_what_they_differ(verdicts: Verdicts, book: Rulebook) -> None:
    graver = tuple(replace(v, severity="material") if v.norm == "elections" else v for v in verdicts.verdicts)
    assert "   why    differs in severity" in compared(verdicts, replace(verdicts, verdicts=graver), book)


def test_a_comparison_is_a_list_for_spreadsheets(verdicts: Verdicts) -> None:
    found = Comparison(verdicts, elections_met(verdicts)).as_json()
    header, row = changes_csv(found["changed"]).splitlines()
    assert header.startswith("provision,norm,for,instance,before,")
    assert row.startswith("25,elections,,,breached,breached|met_late|met,2026-04-12T21:00:00Z,")


def test_then_and_now_names_what_was_learned_in_between(verdicts: Verdicts, book: Rulebook) -> None:
    now = next(v for v in verdicts.verdicts if v.binding == (("p", "RU"),))
    then: Verdict = retold(now, is_="holding", could_be=("holding",), bucket="compliant", because=(), breaches=())
    earlier = {name: event for name, event in verdicts.events.items() if name != "s1"}
    before = replace(verdicts, known_at=parse_instant("2026-03-03T12:00:00Z"), events=earlier)
    text = plain(then_and_now(then, now, before, verdicts, book, 100))
    assert " then known at 3 Mar 2026 14:00: ✓ holding" in text
    assert " now  on all rows: ✗ breached, 2 breaches on record" in text
    assert " reported since: s1 (strike, patrol 7)" in text


def test_corrections_confirmations_and_retractions_are_told_apart(verdicts: Verdicts, book: Rulebook) -> None:
    now = retold(verdicts.verdicts[0], because=("c1", "s1", "s2"))
    events = dict(verdicts.events)
    yes = Confirmation("k1", "board", (0, 0), "verified", 0)
    after = {
        "c1": replace(events["c1"], words=("c1", "x1")),
        "s1": replace(events["s1"], confirmations=(yes,)),
    }
    text = plain(then_and_now(now, now, verdicts, replace(verdicts, events=after), book, 100))
    told = " ".join(text.split())
    assert "retracted since: s2 (strike, a party); corrected since: c1 (ceasefire); confirmed since: s1 (" in told


def another_book(verdicts: Verdicts, *norms: str) -> Verdicts:
    """The same verdicts of these norms, from the book of another agreement that has no others."""
    kept = tuple(v for v in verdicts.verdicts if v.norm in norms)
    return replace(verdicts, verdicts=kept, agreement="lake-accord", rulebook_sha256="a" * 64)


def test_norms_that_another_rule_book_does_not_have_are_names_and_no_changes(
    verdicts: Verdicts, book: Rulebook
) -> None:
    text = compared(verdicts, another_book(verdicts, "elections"), book)
    assert text.startswith("0 verdicts of 1 differ")
    assert "no such instance" not in text
    assert "norms that only river-accord has: " in text
    assert "only lake-accord" not in text
    back = compared(another_book(verdicts, "elections"), verdicts, book)
    assert "norms that only river-accord has: " in back


def test_a_norm_whose_row_another_book_covers_is_a_change(verdicts: Verdicts, book: Rulebook) -> None:
    norms = (Norm("elections", "25", "UA", MustNot(Match("m", "vote")), 0, covers=("X04",)),)
    asked = replace(book, norms=norms)
    silent = Provision("25", {"en": "No elections"}, "", "", "25.yaml", declaratory="deleted", covers=("X04",))
    other = replace(book, provisions=(silent,))
    found = Comparison(verdicts, another_book(verdicts, "tranche"))
    text = plain(comparison_lines(found, asked, 100, other))
    assert "25 elections (UA)" in text
    assert "   after  no such norm; X04 there: No elections" in text


def test_where_a_norm_stands_is_no_difference(verdicts: Verdicts) -> None:
    moved = tuple(replace(v, provision="99") for v in verdicts.verdicts)
    assert Comparison(verdicts, replace(verdicts, verdicts=moved)).changes == []


def test_two_agreements_are_not_told_apart_by_questions_that_one_of_them_asks(
    verdicts: Verdicts, book: Rulebook
) -> None:
    asked = replace(verdicts, readings={"days": "working", "zone": "all"})
    other = replace(another_book(verdicts, "elections"), readings={"days": "calendar", "map": "new"})
    before, after = head(asked, other, book)
    assert before.endswith("; read as days=working")
    assert after.endswith("; read as days=calendar")

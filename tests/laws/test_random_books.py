"""The laws of docs/semantics.md on random rule books and random logs; a failure is told reduced, to be pasted."""

from __future__ import annotations

import importlib
import json
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from engine.evaluation import possible
from engine.evaluation.verdicts import Verdict, Verdicts, normal_label
from engine.events import Row, as_known
from engine.time import DAY, format_instant
from tests.laws.books import Question, loaded, questions, told, unread_types
from tests.laws.settling import settled_logs
from tests.naive.differential import _less, _outside
from tests.naive.evaluator import Answer
from tests.naive.random_books import Written, later

FEW_RUNS = 16
"""Sets that need more settlements than this are the wider ones: one run of the laws meets both kinds."""

generated = settings(phases=[Phase.explicit, Phase.generate])
"""A failure is reduced here, by leaving out rules and rows: a seed has no smaller seed."""

Check = Callable[[Question], str]
"""What is wrong; nothing where the law holds."""


@contextmanager
def runs(most: int) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(possible, "MOST_RUNS", most)
        yield


@contextmanager
def only_what_is() -> Iterator[None]:
    """Without what verdicts could be, which is dear and here not asked."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            importlib.import_module("engine.evaluation.answer"),
            "possibilities",
            lambda case, run, family: possible.Possibilities(),
        )
        yield


def hold(law: Check, question: Question) -> None:
    with runs(FEW_RUNS):
        wrong = law(question)
        if wrong:
            question = reduced(question, law)
            pytest.fail(f"{question.told()}\n{law(question)}")


# --- 1, 3, 5, 6, 7 ----------------------------------------------------------------------------------------------------


@generated
@given(questions(), st.integers(0, 99))
def test_order_of_arrival_batches_and_duplicates_change_no_verdict(question: Question, seed: int) -> None:
    hold(lambda q: _order(q, seed), question)


def _order(question: Question, seed: int) -> str:
    rng = random.Random(seed)
    raw = [*question.raw, *(_again(rng, row) for row in question.raw if rng.random() < 0.3)]
    rng.shuffle(raw)
    cut = rng.randint(0, len(raw))
    rows = [*question.rows(raw[:cut]), *question.rows(raw[cut:])]
    return differences(question.answer(), question.answer(rows))


def _again(rng: random.Random, row: Written) -> Written:
    """The same report once more, known again later."""
    if rng.random() < 0.5 or "known" not in row:
        return row
    return {**row, "known": row["known"].replace("2026", "2027")}


@generated
@given(questions(known=False), st.integers(0, 25))
def test_no_verdict_depends_on_a_row_known_later(question: Question, days: int) -> None:
    first = min(row.known for row in question.rows())
    hold(_known, replace(question, known_at=first + days * DAY))


def _known(question: Question) -> str:
    known_at = question.known_at
    assert known_at is not None
    kept = [row for row in question.rows() if row.known <= known_at]
    return differences(question.answer(), replace(question, known_at=None).answer(kept))


@generated
@given(questions())
def test_no_verdict_depends_on_an_event_that_begins_later(question: Question) -> None:
    hold(_begun, question)


def _begun(question: Question) -> str:
    rows = question.rows()
    events = as_known(rows, question.book.vocabulary, question.known_at).events
    to_come = {event.id for event in events if event.lo > question.at}
    to_come |= {c.id for event in events for c in event.confirmations if c.span[0] > question.at}
    kept = [row for row in rows if row.id not in to_come and row.target not in to_come]
    return differences(question.answer(), question.answer(kept))


@generated
@given(questions(), st.integers(0, 16), st.data())
def test_an_event_that_no_norm_reads_changes_nothing(question: Question, days: int, data: st.DataObject) -> None:
    type_ = data.draw(st.sampled_from(unread_types(question)))
    at = format_instant(min(row.known for row in question.rows()) + days * DAY)
    unread: Written = {"id": "unread", "event": type_, "at": at}
    if type_ == "raid":
        unread["place"] = "hill"
    elif type_ == "pay":
        unread["amount"] = 5
    hold(lambda q: differences(q.answer(), q.answer(q.rows([*q.raw, unread]))), question)


@generated
@given(questions(known=False), st.data())
def test_a_retracted_event_is_as_if_never_reported(question: Question, data: st.DataObject) -> None:
    gone = data.draw(st.sampled_from([row["id"] for row in question.raw if "event" in row]))
    hold(lambda q: _retracted(q, gone), question)


def _retracted(question: Question, gone: str) -> str:
    taken_back = [*question.raw, {"id": "back", "retracts": gone, "known": "2027-01-01T00:00:00Z"}]
    never = [
        r for r in question.raw if gone not in (r["id"], *(r.get(w) for w in ("corrects", "retracts", "confirms")))
    ]
    return differences(question.answer(question.rows(taken_back)), question.answer(question.rows(never)))


@generated
@given(questions(known=False), st.data())
def test_corrected_and_corrected_back_is_the_original_alone(question: Question, data: st.DataObject) -> None:
    target = data.draw(st.sampled_from([row["id"] for row in question.raw if "event" in row and "norm" not in row]))
    hold(lambda q: _corrected(q, target), question)


def _corrected(question: Question, target: str) -> str:
    events = {event.id: event for event in as_known(question.rows(), question.book.vocabulary).events}
    if target not in events:
        return ""
    event = events[target]
    there: Written = {"corrects": target, "at": format_instant(event.lo + 3 * DAY), "evidence": "alleged"}
    back: Written = {"corrects": target, "evidence": event.evidence}
    back["at"] = format_instant(event.lo)
    if event.lo < event.hi:
        back["at"] = {"from": format_instant(event.lo), "to": format_instant(event.hi)}
    changes: Written = {"by": "B", "of": "A", "to": None, "cause": "rescue", "place": "south", "tons": 51, "amount": 9}
    for name in question.book.vocabulary.event_types[event.type].fields:
        there[name], back[name] = changes[name], _as_row(event.fields.get(name))
    words = [
        {**there, "id": "there", "known": "2027-01-01T00:00:00Z"},
        {**back, "id": "back", "known": "2027-01-02T00:00:00Z"},
    ]
    return differences(question.answer(), question.answer(question.rows([*question.raw, *words])))


def _as_row(value: Any) -> Any:
    return value if value is None or isinstance(value, str) else float(value)


@generated
@given(questions(exact=True), st.integers(-50, 250))
def test_whole_days_later_everything_is_whole_days_later(question: Question, days: int) -> None:
    hold(lambda q: _moved(q, days), question)


def _moved(question: Question, days: int) -> str:
    """In UTC; with durations in days and hours only and no calendar period but the day."""
    moved = replace(
        question,
        provision=later(question.provision, days),
        raw=tuple(later(question.raw, days)),
        at=question.at + days * DAY,
        known_at=None if question.known_at is None else question.known_at + days * DAY,
    )
    return _differing(later(told(question.answer()), days), told(moved.answer()))


# --- 4 ----------------------------------------------------------------------------------------------------------------


@generated
@given(questions(known=False, each=False), st.integers(0, 99))
def test_no_settlement_gives_a_status_outside_could_be(question: Question, seed: int) -> None:
    hold(lambda q: _settled(q, seed), question)


@generated
@given(questions(known=False, each=False), st.integers(0, 99))
def test_no_settlement_leaves_the_wider_sets_either(question: Question, seed: int) -> None:
    """The sets that are given where open facts are too many, forced on logs that can be checked."""

    def law(question: Question) -> str:
        with runs(0):
            return _settled(question, seed)

    hold(law, question)


def _settled(question: Question, seed: int) -> str:
    whole = question.answer()
    with only_what_is():
        for rows in settled_logs(question, seed, most=8):
            closed = replace(question, known_at=None).answer(rows)
            outside = list(_outside(whole, _answer(closed)))
            if outside:
                before = {row.id: row for row in question.rows()}
                changed = [row for row in rows if row.kind != "event" or not _same(row, before[row.id])]
                return "\n".join([*outside, "settled so:", *map(str, changed)])
    return ""


def _same(row: Row, other: Row) -> bool:
    return (row.span, dict(row.fields), row.evidence) == (other.span, dict(other.fields), other.evidence or "verified")


def _answer(verdicts: Verdicts) -> Answer:
    rows = {(v.norm, v.binding, v.instance): v.is_ for v in verdicts.verdicts}
    return Answer(rows, {(s.state, s.binding): s.is_ for s in verdicts.states})  # type: ignore[arg-type]


# --- 8 ----------------------------------------------------------------------------------------------------------------


@generated
@given(questions())
def test_the_rows_that_are_cited_give_the_same_verdict(question: Question) -> None:
    hold(_cited, question)


def _cited(question: Question) -> str:
    rows = question.rows()
    with only_what_is():
        for verdict in question.answer().verdicts:
            alone = question.answer(cited_rows(question, rows, verdict))
            now = {_name(v): v.is_ for v in alone.verdicts}.get(_name(verdict), "dormant")
            if now != verdict.is_:
                name = f"{_name(verdict)} cites {', '.join(verdict.because) or 'nothing'}"
                return f"{name}\nit is {verdict.is_}; from the rows cited and the observations alone it is {now}"
    return ""


def _name(verdict: Verdict) -> tuple[object, ...]:
    return verdict.norm, verdict.binding, None if verdict.instance is None else normal_label(verdict.instance)


def cited_rows(question: Question, rows: list[Row], verdict: Verdict) -> list[Row]:
    """The events cited and the observations, with every later word on them: a ruling is a word on what it names."""
    looks = {match.event for norm in question.book.norms if (match := norm.observed_by) is not None}
    kept = {row.id for row in rows if row.id in verdict.because or row.event in looks}
    while True:
        more = {row.id for row in rows if {row.target, *_ruled(row)} & kept} - kept
        if not more:
            return [row for row in rows if row.id in kept]
        kept |= more


def _ruled(row: Row) -> set[object]:
    return {row.fields.get("breach_by"), row.fields.get("instance")} - {None} if row.event == "ruling" else set()


# --- telling ----------------------------------------------------------------------------------------------------------


def differences(one: Verdicts, other: Verdicts) -> str:
    return _differing(told(one), told(other))


def _differing(one: Any, other: Any) -> str:
    """The first thing that two answers say differently."""
    if one == other:
        return ""
    for kind in ("verdicts", "states"):
        here, there = one[kind], other[kind]
        for first, second in zip(here, there, strict=False):
            if first != second:
                keys = [key for key in first if first[key] != second[key]]
                return f"{kind}: {[first[k] for k in first][:5]}; " + "; ".join(
                    f"{key}: {first[key]}, then {second[key]}" for key in keys
                )
        if len(here) != len(there):
            return f"{kind}: {len(here)}, then {len(there)}"
    return "the answers differ"


def reduced(question: Question, law: Check) -> Question:
    """The smallest question found by leaving things out for which the law still fails."""
    changed = True
    while changed:
        changed = False
        for smaller in _smaller(question):
            try:
                still = loaded(json.dumps(smaller.provision), smaller.zone) is not None and law(smaller)
            except Exception:  # the reduction made nonsense of the question
                continue
            if still:
                question, changed = smaller, True
                break
    return question


def _smaller(question: Question) -> Iterator[Question]:
    if question.reading is not None:
        yield replace(question, reading=None)
    elif question.provision["readings"]:
        yield replace(question, provision={**question.provision, "readings": []})
    for n in range(len(question.raw)):
        yield replace(question, raw=question.raw[:n] + question.raw[n + 1 :])
    for kind in ("norms", "states"):
        entries = question.provision[kind]
        for n, entry in enumerate(entries):
            for less in ([], *([smaller] for smaller in _less(entry))):
                yield replace(
                    question, provision={**question.provision, kind: [*entries[:n], *less, *entries[n + 1 :]]}
                )
    for n, row in enumerate(question.raw):
        for name in ("evidence", "by", "cause", "of", "to", "for", "why"):
            if name in row:
                fewer = {k: v for k, v in row.items() if k != name}
                yield replace(question, raw=(*question.raw[:n], fewer, *question.raw[n + 1 :]))

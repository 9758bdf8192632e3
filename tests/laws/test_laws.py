"""The laws of docs/semantics.md on random logs."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, note
from hypothesis import strategies as st

from engine import monitor
from engine.evaluation import possible
from engine.evaluation.verdicts import Verdicts
from engine.events import Row
from engine.time import DAY, HOUR, format_instant

from .logs import DAYS, START, instants, logs, parsed

BOOK = monitor.load(str(Path(__file__).parent / "book"))


def answer(rows: list[Row], as_of: int, known_at: int | None = None) -> dict[str, Any]:
    return told(monitor.evaluate(BOOK, rows, as_of=as_of, known_at=known_at))


def told(verdicts: Verdicts) -> dict[str, Any]:
    """What the answer says of the world: verdicts and states, not the counts of rows or the knowledge asked about."""
    whole = verdicts.as_json()
    return {"verdicts": whole["verdicts"], "states": whole["states"]}


@given(logs(), instants(), st.randoms(use_true_random=False), st.data())
def test_order_of_arrival_and_duplicates_change_no_verdict(
    raw: list[dict[str, Any]], as_of: int, random: Any, data: st.DataObject
) -> None:
    rows = parsed(raw, BOOK.vocabulary)
    shuffled = [*rows, *data.draw(st.lists(st.sampled_from(rows), max_size=4))]
    random.shuffle(shuffled)
    assert answer(shuffled, as_of) == answer(rows, as_of)


@given(logs(), instants(), st.integers(0, 2 * DAYS))
def test_no_verdict_depends_on_a_row_known_later(raw: list[dict[str, Any]], as_of: int, days: int) -> None:
    rows = parsed(raw, BOOK.vocabulary)
    known_at = START + days * DAY
    assert answer(rows, as_of, known_at) == answer([row for row in rows if row.known <= known_at], as_of)


@given(logs(), instants())
def test_no_verdict_depends_on_an_event_that_begins_later(raw: list[dict[str, Any]], as_of: int) -> None:
    rows = parsed(raw, BOOK.vocabulary)
    begun = {row.id for row in rows if row.kind == "event" and row.span is not None and row.span[0] <= as_of}
    kept = [row for row in rows if row.id in begun or row.target in begun]
    assert answer(kept, as_of) == answer(rows, as_of)


@given(logs(), instants(), instants())
def test_an_event_that_no_norm_reads_changes_nothing(raw: list[dict[str, Any]], as_of: int, at: int) -> None:
    gossip = {"id": "g", "event": "gossip", "at": format_instant(at)}
    assert answer(parsed([*raw, gossip], BOOK.vocabulary), as_of) == answer(parsed(raw, BOOK.vocabulary), as_of)


@given(logs(), instants(), st.data())
def test_a_retracted_event_is_as_if_never_reported(raw: list[dict[str, Any]], as_of: int, data: st.DataObject) -> None:
    gone = data.draw(st.sampled_from([row["id"] for row in raw if "event" in row]))
    known = format_instant(START + 40 * DAY)
    taken_back = [*raw, {"id": "r", "retracts": gone, "known": known}]
    never = [row for row in raw if row["id"] != gone and row.get("confirms") != gone]
    assert answer(parsed(taken_back, BOOK.vocabulary), as_of) == answer(parsed(never, BOOK.vocabulary), as_of)


@given(logs(), instants(), st.data())
def test_corrected_and_corrected_back_is_the_original_alone(
    raw: list[dict[str, Any]], as_of: int, data: st.DataObject
) -> None:
    shots = [row for row in raw if row["event" if "event" in row else "confirms"] == "shot"]
    if not shots:
        return
    shot = data.draw(st.sampled_from(shots))
    there = {"id": "k1", "corrects": shot["id"], "known": format_instant(START + 40 * DAY), "place": "west", "by": "B"}
    back = {"id": "k2", "corrects": shot["id"], "known": format_instant(START + 41 * DAY)}
    back |= {"place": shot["place"], "by": shot.get("by")}
    assert answer(parsed([*raw, there, back], BOOK.vocabulary), as_of) == answer(parsed(raw, BOOK.vocabulary), as_of)


@given(logs(most=9), instants(), st.data())
def test_no_settlement_gives_a_status_outside_could_be(
    raw: list[dict[str, Any]], as_of: int, data: st.DataObject
) -> None:
    _check_one_settlement(raw, as_of, data)


@given(logs(most=9), instants(), st.data())
def test_no_settlement_leaves_the_wider_sets_either(raw: list[dict[str, Any]], as_of: int, data: st.DataObject) -> None:
    """The sets that are given where open facts are too many, forced on small logs that can be checked."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(possible, "MOST_RUNS", 0)
        _check_one_settlement(raw, as_of, data)


def _check_one_settlement(raw: list[dict[str, Any]], as_of: int, data: st.DataObject) -> None:
    rows = parsed(raw, BOOK.vocabulary)
    open_answer = monitor.evaluate(BOOK, rows, as_of=as_of)
    ruled = {row.fields.get("breach_by") for row in rows if row.event == "ruling"}
    settled = [row if row.id in ruled else _settled(row, data) for row in rows]
    note(json.dumps([{"id": r.id, "at": r.span and [format_instant(x) for x in r.span]} for r in settled], default=str))
    closed = monitor.evaluate(BOOK, settled, as_of=as_of)
    for verdict in closed.verdicts:
        key = (verdict.norm, dict(verdict.binding))
        whole = open_answer[key]
        assert closed[key].is_ in whole.could_be, (key, closed[key].is_, whole.could_be)
    for then, now in zip(open_answer.states, closed.states, strict=True):
        assert now.is_ or not then.certainly, then
        assert then.possibly or not now.is_, then
    shared = {(v.norm, v.binding, v.instance): v for v in open_answer.verdicts}
    for verdict in closed.verdicts:
        same = shared.get((verdict.norm, verdict.binding, verdict.instance))
        if same is not None:
            assert verdict.is_ in same.could_be, (verdict, same.could_be)


def _settled(row: Row, data: st.DataObject) -> Row:
    """One way in which an open row may turn out."""
    if row.kind != "event":
        return row
    fields: dict[str, Any] = dict(row.fields)
    span, evidence = row.span, row.evidence
    assert span is not None
    if span[0] < span[1] and data.draw(st.booleans()):
        choices = [span[0], span[1], *(t for t in range(span[0], span[1], 3 * HOUR))]
        at = data.draw(st.sampled_from(choices)) + data.draw(st.sampled_from([0, 0, 1, -1]))
        at = min(max(at, span[0]), span[1])
        span = (at, at)
    if evidence in ("alleged", "reported") and data.draw(st.booleans()):
        evidence = "verified"
    if row.event == "shot":
        inner = {"land": ["east", "west", "fort", "camp"], "east": ["fort", "camp"]}.get(str(fields["place"]), [])
        if inner and data.draw(st.booleans()):
            fields["place"] = data.draw(st.sampled_from(inner))
        for name, values in (("by", ["A", "B", "watch"]), ("reason", ["none", "defence"])):
            if name not in fields and data.draw(st.booleans()):
                fields[name] = data.draw(st.sampled_from(values))
    return replace(row, fields=fields, span=span, evidence=evidence)

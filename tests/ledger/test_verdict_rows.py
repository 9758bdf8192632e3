"""What rows change is on record: at every commit the same as judged from nothing, whoever took the rows in."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from engine import monitor
from engine.keeping import asking, books, guarding
from engine.keeping.ledger import Ledger, make_ledger, open_ledger
from engine.ledger import store as storage
from engine.ledger.entries import OF_THE_LOG, Entry
from engine.report.history import change_lines
from engine.report.layout import plain
from engine.time import DAY, Instant, format_instant, parse_instant
from tests.ledger.conftest import RIVER, SIGNATURE, Clock, made, sent, strike
from tests.ledger.test_laws import EXAMPLES, LATER, logs_with_later_words, new_ledger
from tests.ledger.test_taking_in import later_book, open_ledger_of

STORY = Path(__file__).parents[2] / "fixtures" / "peace-plan-28" / "events.jsonl"
END = parse_instant("2026-08-01T00:00:00Z")

Standing = dict[tuple[str, str, str | None], dict[str, Any]]
"""By norm, binding and instance."""

LOG: list[dict[str, Any]] = [
    SIGNATURE,
    {"id": "p1", "event": "patrol_report", "at": "2026-01-25T08:00:00+02:00", "place": "valley"},
    {"id": "p2", "event": "patrol_report", "at": "2026-02-20", "place": "valley"},
    {"id": "n1", "event": "strength_report", "at": "2026-03-01", "of": "UA", "strength": 900},
    {"id": "n2", "event": "strength_report", "at": "2026-03-09T10:00:00+02:00", "of": "UA", "strength": 1100},
    strike("s1"),
    strike("s2", 2, by="UA", evidence="alleged"),
    strike("s3", 12),
    {"id": "c1", "corrects": "s1", "by": "UA", **LATER},
    {"id": "r1", "retracts": "c1", **LATER},
    {"id": "r2", "retracts": "s3", **LATER},
    {"id": "f1", "confirms": "s2", "by": "board", "at": "2026-03-06T10:00:00Z", "evidence": "verified"},
    {"id": "v1", "event": "extension", "norm": "elections", "by": "board", "days": 10, "at": "2026-03-07T10:00:00Z"},
    {"id": "v2", "event": "waiver", "norm": "elections", "by": "RU", "at": "2026-03-08T10:00:00Z"},
    {
        "id": "v3",
        "event": "ruling",
        "norm": "no_strikes",
        "for": {"p": "RU"},
        "breach_by": "s1",
        "outcome": "no_violation",
        "by": "board",
        "at": "2026-03-20T10:00:00Z",
    },
    {"id": "e1", "event": "election_held", "at": "2026-04-05T10:00:00+03:00", "by": "UA"},
]
"""Rows of every kind; some of them on rows that come later, or not at all."""


def entries(ledger: Ledger) -> list[Entry]:
    with storage.reading(ledger.store) as connection:
        return list(storage.entries(connection))


def verdict_rows(ledger: Ledger) -> list[Entry]:
    return [entry for entry in entries(ledger) if entry.kind == "verdict"]


def folded(rows: list[Entry]) -> Standing:
    """What stands, from nothing but the recorded changes."""
    standing: Standing = {}
    for row in rows:
        for change in json.loads(row.body)["changes"]:
            _fold(standing, change)
    return standing


def _fold(standing: Standing, change: Mapping[str, Any]) -> None:
    norm, binding, instance = change["norm"], json.dumps(change["for"], sort_keys=True), change["instance"]
    before = standing.pop((norm, binding, instance), None)
    assert (before and {**before, "on record": None}) == (change["before"] and {**change["before"], "on record": None})
    if change["after"] is None:
        return
    if instance is not None:  # the one row of a binding without instances gives way silently
        standing.pop((norm, binding, None), None)
    on_record = Counter(before["on record"] if before else ())
    on_record -= Counter(_texts(change["breaches_before"]))
    on_record += Counter(_texts(change["breaches_after"]))
    standing[norm, binding, instance] = {**change["after"], "on record": sorted(on_record.elements())}


def _texts(breaches: list[Any]) -> list[str]:
    return [json.dumps(breach, sort_keys=True) for breach in breaches]


def judged(ledger: Ledger, as_of: Instant) -> Standing:
    """The same from all rows at once. A norm that nothing is bound to yet has no verdict on record."""
    log = asking.read_log(ledger)
    book = log.book()
    rows, _ = asking.rows_of(log.entries, book.vocabulary)
    bound = {norm.id for norm in book.norms if norm.for_each}
    verdicts = monitor.evaluate(book, rows, as_of=as_of).as_json()["verdicts"]
    return {
        (v["norm"], json.dumps(v["for"], sort_keys=True), v["instance"]): {
            "is": v["is"],
            "could_be": v["could_be"],
            "due": v["due"],
            "breaches": dict(Counter(breach["status"] for breach in v["breaches"])),
            "on record": sorted(_texts(v["breaches"])),
        }
        for v in verdicts
        if v["for"] or v["norm"] not in bound
    }


def last_judged(rows: list[Entry]) -> Instant:
    return max(row.recorded_at for row in rows if row.kind in (*OF_THE_LOG, "activation"))


def check(ledger: Ledger) -> None:
    """What is on record is what stands; and the last verdict row is of the last rows, where these changed something."""
    rows = entries(ledger)
    as_of = last_judged(rows)
    assert folded(verdict_rows(ledger)) == judged(ledger, as_of)
    if rows[-1].kind == "verdict":
        assert json.loads(rows[-1].body)["as_of"] == format_instant(as_of)


def portions(rows: list[dict[str, Any]], choice: random.Random, most: int) -> Iterator[list[dict[str, Any]]]:
    rows = list(rows)
    while rows:
        size = choice.randint(1, most)
        yield rows[:size]
        rows = rows[size:]


@settings(max_examples=EXAMPLES // 2)
@given(st.permutations(LOG), st.randoms(use_true_random=False))
def test_what_is_on_record_is_what_stands_after_every_commit(rows: list[dict[str, Any]], choice: random.Random) -> None:
    """Two that take turns, each with what it remembers; sometimes one is started anew. Time goes on meanwhile."""
    with new_ledger(RIVER) as first:
        clock = first.now
        assert isinstance(clock, Clock)
        both = [first, open_ledger(str(first.store.file), now=clock)]
        for portion in portions(rows, choice, 5):
            clock.at += choice.choice([0, DAY, 20 * DAY])
            number = choice.randrange(3)
            if number == 2:
                number = 0
                both[0] = open_ledger(str(first.store.file), now=clock)
            taken = sent(both[number], portion, trust_known=choice.random() < 0.3)
            assert [change.as_json() for change in taken.changes] == [
                change
                for row in verdict_rows(first)
                if row.seq > taken.receipts[0].seq
                for change in json.loads(row.body)["changes"]
            ]
            check(first)
        assert guarding.verify(first).is_sound


@settings(max_examples=EXAMPLES // 10)
@given(logs_with_later_words(), st.randoms(use_true_random=False))
def test_any_log_under_any_norm_is_on_record_as_it_stands(raw: list[dict[str, Any]], choice: random.Random) -> None:
    with new_ledger() as ledger:
        assert isinstance(ledger.now, Clock)
        for portion in portions(raw, choice, 3):
            ledger.now.at += choice.choice([0, DAY, 10 * DAY])
            sent(ledger, portion)
        check(ledger)


def test_the_story_is_on_record_as_it_stands_whoever_took_it_in(tmp_path: Path) -> None:
    rows = [json.loads(line) for line in STORY.read_text().splitlines()]
    choice, clock = random.Random(5), Clock(parse_instant("2026-01-01T00:00:00Z"))
    url = str(tmp_path / "accord.db")
    first, _ = make_ledger(url, now=clock)
    books.activate(first, "peace-plan-28")
    both = [first, open_ledger(url, now=clock)]
    for number, portion in enumerate(portions(rows, choice, 250)):
        clock.at += 60 * DAY
        sent(both[number % 2], portion, trust_known=True)
    check(first)
    assert len(verdict_rows(first)) > 3


def test_a_new_rule_book_is_on_record_with_all_that_it_changes(ledger: Ledger, tmp_path: Path) -> None:
    sent(ledger, LOG)
    other = open_ledger_of(ledger)
    books.activate(other, later_book(tmp_path))
    last = verdict_rows(ledger)[-1]
    found = json.loads(last.body)["changes"]
    assert {change["norm"]: change["by"] for change in found} == {"cap": ["rules/2"]}
    assert last.rulebook == other.watch.live.book.sha256 if other.watch.live else False
    check(ledger)
    sent(ledger, [strike("s8", 8)])  # by who has not seen the new rule book yet
    check(ledger)
    assert guarding.verify(ledger).is_sound


def taken_in(url: str, size: int) -> list[Entry]:
    """The log in portions of one size; the last row alone, at one time however many came before."""
    clock = Clock()
    found = made(url, clock)
    for first in range(0, len(LOG), size):
        clock.at += DAY
        sent(found, LOG[first : first + size])
    clock.at = END
    sent(found, [strike("last", 25)])
    return verdict_rows(found)


def test_verdict_rows_are_the_same_bytes_on_both_databases(sqlite_url: str, postgresql_url: str) -> None:
    one, two = taken_in(sqlite_url, 3), taken_in(postgresql_url, 3)
    assert one == two and len(one) > 4


def test_in_other_portions_the_rows_are_others_and_the_end_is_the_same(tmp_path: Path) -> None:
    found = []
    for size in (1, 4, len(LOG)):
        (tmp_path / str(size)).mkdir()
        found.append(taken_in(str(tmp_path / str(size) / "accord.db"), size))
    assert folded(found[0]) == folded(found[1]) == folded(found[2])
    assert len(found[0]) > len(found[1]) > len(found[2])


def test_what_time_has_changed_is_on_record_with_the_next_rows_and_named_as_such(ledger: Ledger, clock: Clock) -> None:
    sent(ledger, [SIGNATURE])
    clock.at = END
    sent(ledger, [{"id": "p1", "event": "patrol_report", "at": "2026-07-25T08:00:00+03:00", "place": "valley"}])
    changes = json.loads(verdict_rows(ledger)[-1].body)["changes"]
    told = [(c["norm"], tuple(c["by"]), c["after"]["is"]) for c in changes]
    assert ("elections", (), "breached") in told
    assert ("no_strikes", ("p1",), "holding") in told
    before = parse_instant(changes[0]["known"])
    assert before == next(entry.recorded_at for entry in entries(ledger) if entry.id == "p1") - 1


def test_of_many_changes_the_first_are_shown_and_those_by_time_last(ledger: Ledger, clock: Clock) -> None:
    sent(ledger, [SIGNATURE])
    clock.at = END
    taken = sent(ledger, [strike("s1"), strike("s2", by="UA")])
    book = asking.read_log(ledger).book()
    lines = plain(change_lines(taken.changes, book, 100)).splitlines()
    assert len(lines) == 1 + len(taken.changes)
    assert "s1" in lines[1] and "s2" in lines[2] and all(line.endswith("time alone") for line in lines[3:])
    many = plain(change_lines(taken.changes * 10, book, 100)).splitlines()
    assert (len(many), many[-1].split(":")[0]) == (22, f" and {10 * len(taken.changes) - 20} more")


def test_rows_that_change_nothing_leave_no_verdict_row(ledger: Ledger) -> None:
    count = len(entries(ledger))
    taken = sent(ledger, [{"id": "r1", "retracts": "nowhere"}])
    assert (taken.changes, len(entries(ledger))) == ([], count + 1)

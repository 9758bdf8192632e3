"""Rows come in: each once, in the words in force, and whatever their order."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from engine.intake import raw_rows_of
from engine.keeping import asking, books
from engine.keeping.ledger import Ledger, open_ledger
from engine.keeping.logging_in import last_of, log_rows, whole_id
from engine.keeping.taking_in import GROUP, Sending, Taken, take_in
from engine.ledger import store as storage
from engine.ledger.entries import Entry
from engine.ledger.store import StorageError
from engine.ledger.verify import verify
from engine.time import format_instant, parse_instant
from tests.ledger.conftest import RIVER, SIGNATURE, Clock, sent, strike


def codes(taken: Taken) -> list[str]:
    return [problem.code for problem in taken.problems]


def logged(ledger: Ledger) -> list[Entry]:
    with storage.reading(ledger.store) as connection:
        return list(storage.log_entries(connection))


def test_the_same_file_twice_changes_nothing(ledger: Ledger) -> None:
    rows = [SIGNATURE, strike("s1"), {"id": "c1", "corrects": "s1", "by": "UA"}, {"id": "r1", "retracts": "s1"}]
    first, second = sent(ledger, rows), sent(ledger, rows)
    assert (first.new, second.new) == (4, 0)
    assert [receipt.seq for receipt in second.receipts] == [receipt.seq for receipt in first.receipts]
    assert second.problems == []
    assert len(logged(ledger)) == 4


def test_the_same_row_in_other_words_is_the_same_row(ledger: Ledger) -> None:
    sent(ledger, [strike("s1", known="2026-03-02")])
    again = sent(ledger, [strike("s1", at="2026-03-01T12:05:00Z")])
    assert (again.new, codes(again)) == (0, [])


def test_an_id_with_other_content_is_refused_and_the_first_stands(ledger: Ledger) -> None:
    sent(ledger, [strike("s1")])
    again = sent(ledger, [strike("s1", by="UA"), strike("s2", 2)])
    assert codes(again) == ["id-with-two-contents"]
    assert again.problems[0].place == "log:1:id"
    assert "ledger:3" in again.problems[0].message
    assert [receipt.id for receipt in again.receipts] == ["s2"]


def test_a_row_with_an_error_is_left_out_and_the_others_are_taken(ledger: Ledger) -> None:
    taken = sent(ledger, [strike("s1"), strike("s2", place="vally"), strike("s3", 3)])
    assert codes(taken) == ["unknown-place"]
    assert [entry.id for entry in logged(ledger)] == ["s1", "s3"]


def test_under_strict_nothing_is_taken_where_there_is_an_error(ledger: Ledger) -> None:
    rows = [*(strike(f"s{number}") for number in range(GROUP + 5)), strike("bad", place="vally")]
    assert codes(sent(ledger, rows, strict=True)) == ["unknown-place"]
    assert logged(ledger) == []
    assert sent(ledger, rows[:-1], strict=True).new == GROUP + 5
    for wrong in (strike("s1", by="UA"), {"id": "x", "corrects": "rules/1", "by": "UA"}):
        assert codes(sent(ledger, [strike("new", 3), wrong], strict=True))[-1] in (
            "id-with-two-contents",
            "correction-of-later-word",
        )
    assert set(codes(sent(ledger, [strike("new", 3), strike("new", 4)], strict=True))) == {"id-with-two-contents"}
    assert len(logged(ledger)) == GROUP + 5
    assert sent(ledger, [strike("s1"), strike("new", 3)], strict=True).new == 1


def test_a_row_is_known_from_when_it_is_recorded(ledger: Ledger, clock: Clock) -> None:
    sent(ledger, [strike("s1", known="2026-03-02")])
    entry = logged(ledger)[0]
    assert entry.known == entry.recorded_at > parse_instant("2026-03-05T00:00:00Z")
    assert json.loads(entry.body)["known"] == "2026-03-02"


def test_history_may_be_taken_in_with_its_own_times_of_knowing(ledger: Ledger) -> None:
    sent(ledger, [strike("s1", known="2026-03-02T00:00:00Z"), strike("s2", 2)], trust_known=True)
    one, two = logged(ledger)
    assert format_instant(one.known) == "2026-03-02T00:00:00Z" and one.recorded_at > one.known
    assert format_instant(two.known) == "2026-03-02T12:05:00Z"


def test_the_raw_text_of_a_row_is_kept(ledger: Ledger, tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    row = {"at": "2026-02-25", "event": "strength_report", "id": "r1", "of": "UA", "strength": 900.50}
    file.write_text(json.dumps(row).replace("900.5", "900.50") + "\n")
    take_in(ledger, raw_rows_of([file], books.activations(ledger)[0].book.vocabulary), Sending("office"))
    body = logged(ledger)[0].body
    assert '"at":"2026-02-25"' in body and json.loads(body) == row


def test_ids_of_a_sender_become_his_own(ledger: Ledger) -> None:
    rows = [
        strike("1"),
        {"id": "2", "corrects": "1", "by": "UA"},
        {"id": "3", "confirms": "one/1", "by": "board", "at": "2026-03-02"},
    ]
    sent(ledger, rows, "one", own_ids=True)
    sent(ledger, rows[:2], "two", own_ids=True)
    assert [entry.id for entry in logged(ledger)] == ["one/1", "one/2", "one/3", "two/1", "two/2"]
    assert [json.loads(entry.body).get("corrects") for entry in logged(ledger)] == [None, "one/1", None, None, "two/1"]


@pytest.mark.parametrize("id_", ["rules/2", "verdicts/3", "verdicts/999", "key/1", "report/1"])
def test_ids_of_the_ledgers_own_rows_are_refused(ledger: Ledger, id_: str) -> None:
    """One of them taken by a report would leave no place for the ledger's own row, for ever."""
    taken = sent(ledger, [strike("s1"), strike(id_, 2)])
    assert [(p.code, p.place) for p in taken.problems] == [("reserved-id", "log:2:id")]
    assert f'"{id_}"' in taken.problems[0].message and taken.problems[0].hint
    assert codes(sent(ledger, [strike("s2", 2), strike(id_, 3)], strict=True)) == ["reserved-id"]
    assert codes(sent(ledger, [strike(id_.partition("/")[2], 3)], id_.partition("/")[0], own_ids=True)) == [
        "reserved-id"
    ]
    assert codes(log_rows(ledger, [strike(id_)], id_.partition("/")[0])) == ["reserved-id"]
    assert [entry.id for entry in logged(ledger)] == ["s1"]
    assert sent(ledger, [SIGNATURE, strike("verdicts"), strike("keys/1", 4)]).new == 3
    assert verify(ledger.store).is_sound


def test_later_words_on_what_can_have_none_are_refused(ledger: Ledger) -> None:
    sent(ledger, [strike("s1"), {"id": "c1", "corrects": "s1", "by": "UA"}, {"id": "r1", "retracts": "c1"}])
    wrong = [
        {"id": "x1", "corrects": "c1", "by": "RU"},
        {"id": "x2", "retracts": "r1"},
        {"id": "x3", "confirms": "c1", "by": "board", "at": "2026-03-02"},
        {"id": "x4", "retracts": "rules/1"},
    ]
    assert codes(sent(ledger, wrong)) == [
        "correction-of-later-word",
        "retraction-of-retraction",
        "confirmation-of-later-word",
        "retraction-of-other-row",
    ]
    assert len(logged(ledger)) == 3


def test_later_words_that_come_first_wait_and_are_told(ledger: Ledger) -> None:
    early = sent(ledger, [{"id": "c1", "corrects": "s1", "by": "UA"}])
    assert codes(early) == ["target-not-in-log"]
    assert codes(sent(ledger, [strike("s1")])) == []
    rows = [{"id": f"c{n}", "corrects": f"s{n}", "by": "UA"} for n in range(2, 4)]
    assert codes(sent(ledger, [*rows, strike("s2", 2), strike("s3", 3)])) == []


def test_reports_that_look_alike_are_pointed_out_and_both_kept(ledger: Ledger) -> None:
    sent(ledger, [strike("s1")])
    alike = strike("s2", at="2026-03-01T14:50:00+02:00", evidence="alleged", note="other words")
    other = [strike("s3", place="ford"), strike("s4", by="UA"), strike("s5", 2), SIGNATURE]
    taken = sent(ledger, [alike, *other])
    assert [(problem.code, problem.severity, problem.place) for problem in taken.problems] == [
        ("near-duplicate", "warning", "log:1")
    ]
    assert '"s2" looks like "s1"' in taken.problems[0].message
    assert taken.new == 5
    assert codes(sent(ledger, [alike])) == []


def test_what_a_person_logs_gets_the_next_number(ledger: Ledger) -> None:
    row = {key: value for key, value in strike("").items() if key != "id"}
    for _ in range(2):
        log_rows(ledger, [row], "team 3")
    log_rows(ledger, [row], "team 4")
    assert [entry.id for entry in logged(ledger)] == ["team 3/1", "team 3/2", "team 4/1"]
    assert whole_id(ledger, "1", "team 4") == "team 4/1"
    assert whole_id(ledger, "team 3/1", "team 4") == "team 3/1"
    assert whole_id(ledger, "9", "team 4") is None


def test_undoing_goes_back_one_entry_at_a_time_and_only_ones_own(ledger: Ledger) -> None:
    row = {key: value for key, value in strike("").items() if key != "id"}
    log_rows(ledger, [row, row], "team 3")
    log_rows(ledger, [row], "team 4")
    undone = []
    while (last := last_of(ledger, "team 3")) is not None:
        log_rows(ledger, [{"retracts": last.id}], "team 3")
        undone.append(last.id)
    assert undone == ["team 3/2", "team 3/1"]
    assert last_of(ledger, "team 4") is not None


# --- rule books -----------------------------------------------------------------------------------------------------


def later_book(tmp_path: Path) -> str:
    folder = tmp_path / "later"
    shutil.copytree(RIVER, folder)
    vocabulary = folder / "vocabulary.yaml"
    vocabulary.write_text(vocabulary.read_text().replace('version: "1"', 'version: "2"'))
    provision = folder / "provisions" / "2.yaml"
    provision.write_text(provision.read_text().replace("at_most: 1000 persons", "at_most: 800 persons"))
    tests = provision.read_text().split("tests:")[0]
    provision.write_text(tests)
    return str(folder)


def test_a_rule_book_is_a_row_and_is_read_from_it(ledger: Ledger, tmp_path: Path) -> None:
    found = books.activations(ledger)
    assert [(one.seq, one.book.version) for one in found] == [(1, "1")]
    again, _, _ = books.activate(ledger, RIVER)
    assert again is not None and not again.new and again.seq == 1
    receipt, book, _ = books.activate(ledger, later_book(tmp_path))
    assert receipt is not None and receipt.new and book is not None
    found = books.activations(ledger)
    assert [one.book.version for one in found] == ["1", "2"]
    assert books.in_force(found).version == "2"
    assert books.in_force(found, found[1].recorded_at - 1).version == "1"
    assert books.in_force(found, 0).version == "1"
    assert verify(ledger.store).is_sound


def test_rows_name_the_rule_book_that_they_were_taken_under(ledger: Ledger, tmp_path: Path) -> None:
    sent(ledger, [strike("s1")])
    books.activate(ledger, later_book(tmp_path))
    sent(ledger, [strike("s2", 2)])
    found = {entry.id: entry.rulebook for entry in logged(ledger)}
    assert [found["s1"], found["s2"]] == [one.book.sha256 for one in books.activations(ledger)]


def test_a_rule_book_with_errors_or_of_another_agreement_is_not_taken(ledger: Ledger, tmp_path: Path) -> None:
    folder = Path(later_book(tmp_path))
    receipt, _, problems = books.activate(ledger, "truce")
    assert receipt is None and problems[-1].code == "other-agreement"
    (folder / "provisions" / "2.yaml").write_text("provision: 2\nnorms: nothing\n")
    receipt, _, problems = books.activate(ledger, str(folder))
    assert receipt is None and any(problem.severity == "error" for problem in problems)
    assert len(books.activations(ledger)) == 1


def test_without_a_rule_book_nothing_is_taken_in(url: str, clock: Clock) -> None:
    from engine.keeping.ledger import make_ledger

    bare, _ = make_ledger(url, now=clock)
    with pytest.raises(StorageError, match="no rule book is in force"):
        sent(bare, [SIGNATURE])


# --- what stands ----------------------------------------------------------------------------------------------------

LOG: list[dict[str, Any]] = [
    SIGNATURE,
    {"id": "p1", "event": "patrol_report", "at": "2026-01-25T08:00:00+02:00", "place": "valley"},
    {"id": "p2", "event": "patrol_report", "at": "2026-02-20", "place": "valley"},
    strike("s1", known="2026-03-04T09:00:00+02:00"),
    strike("s2", 2, by="UA", evidence="alleged"),
    {"id": "c1", "corrects": "s1", "by": "UA", "known": "2026-03-05T10:00:00Z"},
    {"id": "r1", "retracts": "c1", "known": "2026-03-06T10:00:00Z"},
    {"id": "v1", "event": "extension", "norm": "elections", "by": "board", "days": 10, "at": "2026-03-07T10:00:00Z"},
]


def test_verdicts_from_the_ledger_are_those_from_the_file(ledger: Ledger, tmp_path: Path) -> None:
    from engine import monitor

    file = tmp_path / "log.jsonl"
    file.write_text("".join(f"{json.dumps(row)}\n" for row in LOG))
    book = books.activations(ledger)[0].book
    for row in reversed(LOG):
        sent(ledger, [row], trust_known=True)
    kept, _ = asking.rows_of(asking.read_log(open_ledger_of(ledger)).entries, book.vocabulary)
    read, _ = monitor.read([str(file)], book)
    for known_at in (None, "2026-03-03", "2026-03-05", "2026-03-06"):
        one, two = (
            monitor.evaluate(book, rows, as_of="2026-04-20", known_at=known_at).as_json() for rows in (kept, read)
        )
        assert one == two


def open_ledger_of(ledger: Ledger) -> Ledger:
    """As another process opens it."""
    if ledger.store.file is not None:
        return open_ledger(str(ledger.store.file), now=ledger.now)
    url = ledger.store.engine.url.render_as_string(hide_password=False).replace("+psycopg", "")
    return open_ledger(url, now=ledger.now)


def test_history_tells_what_rows_did_from_what_time_did(ledger: Ledger) -> None:
    for row in LOG[:4]:
        sent(ledger, [row], trust_known=True)
    sent(ledger, [LOG[5], LOG[6]], trust_known=True)
    found = asking.history(ledger, "no_strikes", parse_instant("2026-04-20T00:00:00Z"))
    told = [
        (dict(c.verdict.binding)["p"], format_instant(c.known)[:10], c.by, c.after.is_ if c.after else None)
        for c in found
        if c.by
    ]
    assert told == [
        ("RU", "2026-01-02", ("sign",), "holding"),
        ("UA", "2026-01-02", ("sign",), "holding"),
        ("RU", "2026-03-04", ("s1",), "breached"),
        ("RU", "2026-03-05", ("c1",), "holding"),
        ("UA", "2026-03-05", ("c1",), "breached"),
        ("RU", "2026-03-06", ("r1",), "breached"),
        ("UA", "2026-03-06", ("r1",), "holding"),
    ]
    # Somebody is to look every 30 days, and p2 is of some time of 20 February in Kyiv.
    by_time = [(format_instant(c.known), c.after.is_, c.after.could_be) for c in found if not c.by and c.after]
    assert by_time == [
        ("2026-03-21T22:00:00Z", "holding", ("unknown", "holding")),
        ("2026-03-22T21:59:59.999999Z", "unknown", ("unknown",)),
    ]


def test_history_names_the_rule_book_that_changed_a_verdict(ledger: Ledger, tmp_path: Path) -> None:
    report = {"id": "r1", "event": "strength_report", "at": "2026-03-04T10:00:00Z", "of": "UA", "strength": 900}
    sent(ledger, [SIGNATURE, report])
    books.activate(ledger, later_book(tmp_path))
    found = asking.history(ledger, "cap", ledger.now())
    assert [(change.by, change.after.is_ if change.after else None, change.rulebook) for change in found] == [
        (("sign", "r1"), "holding", "1"),
        (("rules/2",), "breached", "2"),
    ]

"""Whoever owns the database can change it; `verify` says that somebody did, and where."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from engine.keeping import asking, guarding, replaying
from engine.keeping.ledger import Ledger, make_ledger, open_ledger
from engine.ledger import home as homes
from engine.ledger import proofs
from engine.ledger import store as storage
from engine.ledger.entries import COLUMNS, Entry
from engine.ledger.merkle import Edge, leaf_hash
from engine.ledger.notes import Checkpoint, new_signer, signed
from engine.ledger.tables import CHECKPOINT, ENTRY, NODE, TABLES
from engine.ledger.verify import Verified, check, fingerprint, verify
from engine.live.verdicts import LiveVerdicts
from engine.matchers import matcher
from tests.ledger.conftest import RIVER, SIGNATURE, Clock, made, sent, strike

EVERY = bool(os.environ.get("ACCORD_EVERY_BIT"))
"""Every bit of every column of ten rows through the whole of `verify`, and 5,000 bits of the file: some minutes."""
BITS = 5000 if EVERY else 100
ROWS = (3, 5, 6, 7, 8, 9, 11, 12, 13, 15)
"""The ten rows that are changed. Before them stand the opening and the rule book, among them verdict rows."""
VERDICTS = (2, 4, 10, 14, 16)
SIZES = [1, 3, 5, 11, 15, 17]
"""After each of which rows a checkpoint was signed."""


@pytest.fixture
def ledger(url: str, clock: Clock) -> Ledger:
    found = made(url, clock)
    sent(found, [SIGNATURE])
    sent(found, [strike(f"s{day}", day) for day in range(1, 6)])
    sent(found, [strike("s6", 6), {"id": "c1", "corrects": "s1", "by": "UA"}, strike("s7", 7)])
    sent(found, [{"id": "r1", "retracts": "s2", "why": "seen twice"}], trust_known=False)
    assert verify(found.store).rows == SIZES[-1] == 2 + len(ROWS) + len(VERDICTS)
    return found


def unguarded(ledger: Ledger) -> Any:
    """What an owner of the database can do: drop the triggers, then write."""
    connection = ledger.store.engine.connect()
    if ledger.store.is_postgresql:
        connection.execute(sa.text("SET session_replication_role = replica"))
        connection.commit()
        return connection
    for (name,) in connection.execute(sa.text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all():
        connection.execute(sa.text(f"DROP TRIGGER {name}"))
    connection.commit()
    return connection


def turned(value: Any) -> Iterator[Any]:
    """The value with each of its bits turned, as far as the column can hold it; and empty."""
    if isinstance(value, int):
        yield from (value ^ (1 << bit) for bit in range(63))
    elif isinstance(value, str):
        raw = value.encode()
        for place in range(len(raw)):
            for bit in range(8):
                yield raw[:place] + bytes([raw[place] ^ (1 << bit)]) + raw[place + 1 :]
        yield value + " "
        yield ""
    else:
        yield "x"


def columns_of(entry: Entry) -> dict[str, Any]:
    return {name: getattr(entry, name) for name in COLUMNS}


def entries(ledger: Ledger) -> list[Entry]:
    with storage.reading(ledger.store) as connection:
        return list(storage.entries(connection))


def errors(found: Verified) -> list[str]:
    return [problem.code for problem in found.problems if problem.code != "trigger-missing"]


def test_every_bit_of_every_column_of_ten_rows(sqlite_url: str, clock: Clock) -> None:
    """One pass a change would build the tree ten thousand times: what is asked of each is the leaf, and of one change
    in each column the whole of `verify` (below)."""
    found = made(sqlite_url, clock)
    sent(found, [SIGNATURE, *(strike(f"s{day}", day, note="наряд") for day in range(1, 10))])
    tried = 0
    for entry in (entry for entry in entries(found) if entry.kind == "event"):
        right = leaf_hash(entry.leaf())
        for name, value in columns_of(entry).items():
            for changed in turned(value):
                text = changed.decode("utf-8", "surrogateescape") if isinstance(changed, bytes) else changed
                other = Entry(**{**columns_of(entry), name: text})
                tried += 1
                assert leaf_hash(other.leaf()) != right, (entry.seq, name, changed)
    assert tried > 10_000


@pytest.mark.parametrize("name", COLUMNS)
def test_a_changed_column_is_named_by_its_row(ledger: Ledger, name: str) -> None:
    there = [getattr(entry, name) for entry in entries(ledger)]
    there += [value.encode() for value in there if isinstance(value, str)]
    for seq in (*ROWS, VERDICTS[1]) if EVERY else (ROWS[0], VERDICTS[1], ROWS[4], VERDICTS[-1]):
        value = getattr(entries(ledger)[seq], name)
        for changed in turned(value) if EVERY else list(turned(value))[:: 4 if isinstance(value, int) else 61][:20]:
            if isinstance(changed, bytes) and (ledger.store.is_postgresql or b"\0" in changed):
                continue
            if name in ("seq", "id") and changed in there:
                continue
            with unguarded(ledger) as connection, connection.begin() as work:
                shown = sa.text("CAST(:new AS TEXT)") if isinstance(changed, bytes) else sa.bindparam("new")
                statement = (
                    f"UPDATE entry SET {name} = {shown.text if isinstance(changed, bytes) else ':new'} WHERE seq = :seq"
                )
                connection.execute(sa.text(statement), {"new": changed, "seq": seq})
                found = check(connection)
                work.rollback()
            assert errors(found), (seq, name, changed)
            assert found.first_bad in (seq, changed), (seq, name, changed, found)
    assert not errors(verify(ledger.store))


def damaged(ledger: Ledger, *statements: str) -> Verified:
    with unguarded(ledger) as connection, connection.begin():
        for statement in statements:
            connection.execute(sa.text(statement))
    return verify(ledger.store)


def test_a_deleted_row_is_named(ledger: Ledger) -> None:
    found = damaged(ledger, "DELETE FROM entry WHERE seq = 5")
    assert found.first_bad == 5
    assert errors(found) == ["row-missing"]


def test_deleted_last_rows_are_missed(ledger: Ledger) -> None:
    found = damaged(ledger, "DELETE FROM entry WHERE seq >= 10")
    assert (found.first_bad, set(errors(found))) == (10, {"row-missing"})


def test_two_swapped_rows_are_named(ledger: Ledger) -> None:
    found = damaged(
        ledger,
        "UPDATE entry SET seq = 1000 WHERE seq = 6",
        "UPDATE entry SET seq = 6 WHERE seq = 8",
        "UPDATE entry SET seq = 8 WHERE seq = 1000",
    )
    assert (found.first_bad, errors(found)) == (6, ["row-changed", "row-changed"])


def test_a_row_put_in_is_named(ledger: Ledger) -> None:
    """Room is made for it by moving the others on."""
    found = damaged(
        ledger,
        "UPDATE entry SET seq = -seq - 1 WHERE seq >= 6",
        "UPDATE entry SET seq = -seq WHERE seq < 0",
        "INSERT INTO entry SELECT 6, 'forged', kind, source, recorded_at, known, body, rulebook "
        "FROM entry WHERE seq = 5",
    )
    assert found.first_bad == 6
    assert "row-changed" in errors(found)


def test_a_row_added_past_the_program_is_named(ledger: Ledger) -> None:
    found = damaged(
        ledger,
        "INSERT INTO entry SELECT 17, 'forged', kind, source, recorded_at + 99, known, body, rulebook "
        "FROM entry WHERE seq = 16",
    )
    assert found.first_bad == 17
    assert "row-not-signed" in errors(found)


def test_changed_hashes_of_the_tree_are_told_from_changed_rows(ledger: Ledger) -> None:
    turned = "set_byte(hash, 3, 7)" if ledger.store.is_postgresql else "zeroblob(32)"
    for position, seq in ((7, 4), (8, 5), (9, 5), (2, 1)):
        with unguarded(ledger) as connection, connection.begin() as work:
            connection.execute(sa.text(f"UPDATE node SET hash = {turned} WHERE position = {position}"))
            found = check(connection)
            work.rollback()
        assert set(errors(found)) == {"tree-changed"}
        assert found.problems[-1].place == f"row {seq}"
        assert found.first_bad is None
    with unguarded(ledger) as connection, connection.begin() as work:
        connection.execute(sa.text("DELETE FROM node WHERE position = 9"))
        assert errors(check(connection)) == ["tree-changed"]
        work.rollback()


def test_a_checkpoint_that_is_changed_or_of_another_size_is_named(ledger: Ledger) -> None:
    for statement in (
        "UPDATE checkpoint SET note = replace(note, 'river', 'lake') WHERE size = 11",
        "UPDATE checkpoint SET note = replace(note, '11', '12') WHERE size = 11",
        "UPDATE checkpoint SET size = 12 WHERE size = 11",
        "UPDATE checkpoint SET note = '' WHERE size = 11",
        "UPDATE checkpoint SET note = (SELECT note FROM checkpoint WHERE size = 3) WHERE size = 11",
    ):
        with unguarded(ledger) as connection, connection.begin() as work:
            connection.execute(sa.text(statement))
            found = check(connection)
            work.rollback()
        assert errors(found), statement
        assert found.problems[-1].place in ("checkpoint 11", "checkpoint 12")


def rebuilt(connection: Any, rows: list[Entry], signer: Any, sizes: list[int]) -> None:
    """A forger's work: the tree and its signatures made anew for other rows."""
    for table in (NODE, CHECKPOINT):
        connection.execute(sa.delete(table))
    edge, position = Edge(), 0
    for entry in rows:
        for node in edge.add(leaf_hash(entry.leaf())):
            connection.execute(sa.insert(NODE), [{"position": position, "hash": node}])
            position += 1
        if edge.size in sizes:
            note = signed(Checkpoint("river/ledger", edge.size, edge.root()).text(), [signer])
            connection.execute(sa.insert(CHECKPOINT), [{"size": edge.size, "note": note}])


@pytest.mark.parametrize("forger_has", ["no key", "another key", "another key in the first row", "the key"])
def test_a_history_written_anew_is_refused(ledger: Ledger, forger_has: str) -> None:
    real, forged = homes.read_key(ledger.home), new_signer("river/ledger")
    trusted, kept = real.verifier, homes.kept_checkpoint(ledger.home)
    assert kept is not None
    rows = entries(ledger)
    rows[5] = Entry(**{**columns_of(rows[5]), "body": rows[5].body.replace("RU", "UA")})
    if forger_has == "another key in the first row":
        rows[0] = Entry(**{**columns_of(rows[0]), "body": json.dumps({"format": 1, "vkey": str(forged.verifier)})})
    with unguarded(ledger) as connection, connection.begin():
        for entry in rows:
            connection.execute(sa.update(ENTRY).where(ENTRY.c.seq == entry.seq).values(**columns_of(entry)))
        with_key = real if forger_has == "the key" else forged
        sizes = SIZES[-1:] if forger_has == "no key" else SIZES
        rebuilt(connection, rows, with_key, [] if forger_has == "no key" else sizes)
    alone = verify(ledger.store)
    found = verify(ledger.store, trusted=trusted, saved={"kept.checkpoint": kept})
    assert not found.is_sound
    assert errors(found)
    if forger_has == "the key":
        assert not errors(alone)  # only a checkpoint that was kept elsewhere tells
        assert any("kept.checkpoint" in problem.message for problem in found.problems)
    elif forger_has == "another key in the first row":
        assert not errors(alone)  # only the key that one knows from elsewhere tells
        assert "other-key" in errors(found)
    else:
        assert errors(alone)


def owned(ledger: Ledger, rows: list[Entry], sizes: list[int]) -> None:
    """The owner's work: other rows under his own key, and the checkpoint beside the database too."""
    key = homes.read_key(ledger.home)
    rows = [Entry(**{**columns_of(entry), "seq": seq}) for seq, entry in enumerate(rows)]
    with unguarded(ledger) as connection, connection.begin():
        connection.execute(sa.delete(ENTRY))
        connection.execute(sa.insert(ENTRY), [columns_of(entry) for entry in rows])
        rebuilt(connection, rows, key, sizes)
    ledger.home.checkpoint.unlink(missing_ok=True)
    with storage.reading(ledger.store) as connection:
        homes.keep_checkpoint(ledger.home, storage.head_note(connection))
    assert not errors(verify(ledger.store))  # rows, tree and signatures fit together


def changed(rows: list[Entry], seq: int, **columns: Any) -> list[Entry]:
    return [*rows[:seq], Entry(**{**columns_of(rows[seq]), **columns}), *rows[seq + 1 :]]


def found_by_replay(ledger: Ledger) -> tuple[int | None, list[tuple[str, str]]]:
    found = guarding.verify(ledger)
    told = [(problem.code, problem.place) for problem in found.problems if problem.code != "trigger-missing"]
    return found.first_bad, told


def test_a_verdict_row_that_the_owner_changes_and_signs_is_named(ledger: Ledger) -> None:
    """Rows, tree and signatures fit: only judging again tells."""
    rows = entries(ledger)
    forged = {
        "a better word": {"body": rows[10].body.replace('"is":"breached"', '"is":"holding"')},
        "fewer breaches": {"body": rows[10].body.replace('"open":4', '"open":3')},
        "another cause": {"body": rows[10].body.replace('"s1"', '"s9"')},
        "no text": {"body": ""},
        "no changes": {"body": '{"changes":7}'},
        "a blank more": {"body": rows[10].body + " "},
        "another commit": {"id": "verdicts/6"},
        "another rule book": {"rulebook": None},
        "another sender": {"source": "office"},
        "known earlier": {"known": rows[10].known - 1},
    }
    for name, columns in forged.items():
        assert any(getattr(rows[10], column) != value for column, value in columns.items()), name
        owned(ledger, changed(rows, 10, **columns), SIZES)
        assert found_by_replay(ledger) == (10, [("verdict-differs", "row 10")]), name
        assert guarding.verify(ledger, quick=True).first_bad is None
    owned(ledger, rows, SIZES)
    assert found_by_replay(ledger) == (None, [])


def test_a_verdict_row_left_out_or_put_in_is_named(ledger: Ledger) -> None:
    rows = entries(ledger)
    owned(ledger, rows[:16], [*SIZES[:-1], 16])
    assert found_by_replay(ledger) == (15, [("verdict-missing", "row 15")])
    owned(ledger, [*rows[:10], *rows[11:]], [1, 3, 5, 10, 14, 16])
    first, told = found_by_replay(ledger)
    assert first == 9 and told[0] == ("verdict-missing", "row 9")
    more = Entry(**{**columns_of(rows[16]), "id": "verdicts/17", "recorded_at": rows[16].recorded_at + 1})
    owned(ledger, [*rows, more], [*SIZES, 18])
    assert found_by_replay(ledger) == (17, [("verdict-extra", "row 17")])
    in_the_midst = Entry(**{**columns_of(rows[10]), "id": "verdicts/12", "recorded_at": rows[12].recorded_at + 1})
    owned(ledger, [*rows[:13], in_the_midst, *rows[13:]], [1, 3, 5, 11, 16, 18])
    assert ("verdict-extra", "row 13") in found_by_replay(ledger)[1]


def test_a_report_that_the_owner_changes_and_signs_no_longer_fits_its_verdict_row(ledger: Ledger) -> None:
    rows = entries(ledger)
    owned(ledger, changed(rows, 5, body=rows[5].body.replace("RU", "UA")), SIZES)
    first, told = found_by_replay(ledger)
    assert first == 10 and told[0] == ("verdict-differs", "row 10")
    owned(ledger, [*rows[:7], *rows[8:]], [1, 3, 5, 10, 14, 16])
    assert found_by_replay(ledger)[0] == 9


def test_a_rule_book_that_the_owner_changes_and_signs_no_longer_fits_the_verdict_rows(ledger: Ledger) -> None:
    rows = entries(ledger)
    said = json.loads(rows[1].body)
    said["files"] = {name: text.replace("within: 100 days", "within: 900 days") for name, text in said["files"].items()}
    said["sha256"] = fingerprint(said["files"])
    rows = [Entry(**{**columns_of(e), "rulebook": e.rulebook and said["sha256"]}) for e in rows]
    owned(ledger, changed(rows, 1, body=json.dumps(said)), SIZES)
    assert found_by_replay(ledger) == (4, [("verdict-differs", "row 4")])
    said["files"] = dict.fromkeys(said["files"], "norms: nothing")
    said["sha256"] = fingerprint(said["files"])
    rows = [Entry(**{**columns_of(e), "rulebook": e.rulebook and said["sha256"]}) for e in rows]
    owned(ledger, changed(rows, 1, body=json.dumps(said)), SIZES)
    assert found_by_replay(ledger) == (1, [("verdicts-not-replayed", "row 1")])


def test_times_that_no_clock_gave_are_named_before_anything_is_judged_by_them(ledger: Ledger) -> None:
    rows = entries(ledger)
    for columns in ({"recorded_at": rows[5].recorded_at}, {"recorded_at": 2**60}, {"known": -(2**60)}):
        owned(ledger, changed(rows, 6, **columns), SIZES)
        assert found_by_replay(ledger) == (6, [("row-out-of-time", "row 6")])


def test_of_rows_that_are_not_sound_no_verdict_is_judged_again(ledger: Ledger) -> None:
    """One finding, and not as many as there are verdict rows behind it."""
    damaged(ledger, "UPDATE entry SET body = replace(body, 'RU', 'UA') WHERE seq = 5")
    assert found_by_replay(ledger) == (5, [("row-changed", "row 5"), ("verdicts-not-replayed", "ledger")])


def test_the_second_opinion_speaks_up_where_the_first_has_missed_a_row(ledger: Ledger) -> None:
    """The log without its last row stands in for a program that has lost one on the way."""
    read = asking.read_log(ledger)
    for count, differing in ((len(read.entries), []), (len(read.entries) - 1, ["error", "error"])):
        live = LiveVerdicts(read.book(), matcher("compiled"))
        live.add(asking.rows_of(read.entries[:count], read.book().vocabulary)[0])
        live.judge(read.entries[-1].recorded_at)
        with storage.reading(ledger.store) as connection:
            found = list(replaying.second_opinion(live, connection, SIZES[-1]))
        assert [problem.severity for problem in found if problem.code == "second-opinion-differs"] == differing
        assert all('"no_strikes"' in problem.message for problem in found)


def test_rows_cut_off_with_their_signatures_are_missed_by_the_checkpoint_beside(ledger: Ledger) -> None:
    damaged(
        ledger,
        "DELETE FROM entry WHERE seq >= 11",
        "DELETE FROM node WHERE position >= 19",
        "DELETE FROM checkpoint WHERE size > 11",
    )
    found = guarding.verify(ledger)
    assert found.first_bad == 11
    assert "row-missing" in errors(found)


def test_a_fork_is_told_by_the_checkpoint_of_the_other_branch(tmp_path: Path, sqlite_url: str, clock: Clock) -> None:
    found = made(sqlite_url, clock)
    sent(found, [SIGNATURE])
    with closing(sqlite3.connect(sqlite_url)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    before = Path(sqlite_url).read_bytes()
    sent(found, [strike("s1")])
    one = homes.kept_checkpoint(found.home)
    assert one is not None
    Path(sqlite_url).write_bytes(before)
    Path(f"{sqlite_url}-wal").unlink(missing_ok=True)
    Path(f"{sqlite_url}-shm").unlink(missing_ok=True)
    sent(found, [strike("s2")])
    told = verify(found.store, saved={"theirs": one})
    assert not told.is_sound
    assert told.first_bad == 5


def test_triggers_that_are_gone_or_switched_off_are_told(ledger: Ledger) -> None:
    off = (
        "ALTER TABLE entry DISABLE TRIGGER entry_no_update"
        if ledger.store.is_postgresql
        else "DROP TRIGGER entry_no_update"
    )
    with ledger.store.engine.begin() as connection:
        connection.execute(sa.text(off))
    found = verify(ledger.store)
    assert [(problem.code, problem.place) for problem in found.problems] == [
        ("trigger-missing", "trigger entry_no_update")
    ]


def test_another_rule_book_in_the_place_of_the_activated_one_is_named(ledger: Ledger) -> None:
    found = damaged(ledger, "UPDATE entry SET body = replace(body, '100 days', '900 days') WHERE seq = 1")
    assert found.first_bad == 1
    assert {"row-changed", "rule-book-changed"} <= set(errors(found))


def test_a_file_with_any_bit_turned_is_never_called_sound_with_other_rows(sqlite_url: str, clock: Clock) -> None:
    """5,000 random bits anywhere in the file: it is said to be damaged, or what it says is unchanged."""
    import random

    found = made(sqlite_url, clock)
    sent(found, [SIGNATURE, *(strike(f"s{day}", day) for day in range(1, 10))])
    with closing(sqlite3.connect(sqlite_url)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute("PRAGMA journal_mode=DELETE")
    whole, rows = Path(sqlite_url).read_bytes(), [entry.leaf() for entry in entries(found)]
    choice = random.Random(5)
    missed = 0
    for _ in range(BITS):
        place = choice.randrange(len(whole) * 8)
        changed = bytearray(whole)
        changed[place // 8] ^= 1 << place % 8
        for left in ("-wal", "-shm"):
            Path(f"{sqlite_url}{left}").unlink(missing_ok=True)
        Path(sqlite_url).write_bytes(changed)
        try:
            told = guarding.verify(Ledger(found.store, found.home), quick=True)
            missed += told.is_sound and [entry.leaf() for entry in entries(found)] != rows
        except storage.StorageError:
            continue
    assert missed == 0


@pytest.mark.parametrize("share", [0.05, 0.3, 0.6, 0.9, 0.99])
def test_a_truncated_file_is_said_to_be_damaged(sqlite_url: str, clock: Clock, share: float) -> None:
    found = made(sqlite_url, clock)
    sent(found, [SIGNATURE, *(strike(f"s{number}", 1 + number % 28) for number in range(300))])
    with closing(sqlite3.connect(sqlite_url)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    whole = Path(sqlite_url).read_bytes()
    Path(sqlite_url).write_bytes(whole[: int(len(whole) * share)])
    for left in ("-wal", "-shm"):
        Path(f"{sqlite_url}{left}").unlink(missing_ok=True)
    with suppress(storage.StorageError):
        assert not guarding.verify(open_ledger(sqlite_url)).is_sound


def test_an_attachment_that_is_changed_or_gone_is_named_by_its_row(ledger: Ledger, tmp_path: Path) -> None:
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(b"crater")
    sha256 = homes.attach(ledger.home, photo)
    assert homes.attach(ledger.home, photo) == sha256
    sent(ledger, [strike("p1", 9, attachments=[{"name": "photo.jpg", "sha256": sha256}])])
    assert guarding.verify(ledger).is_sound
    kept = homes.attachment(ledger.home, sha256)
    kept.chmod(0o644)
    kept.write_bytes(b"garden")
    assert [(p.code, p.place) for p in guarding.verify(ledger).problems] == [("attachment-changed", "row 17")]
    kept.unlink()
    assert [(p.code, p.place) for p in guarding.verify(ledger).problems] == [("attachment-missing", "row 17")]


def test_an_empty_database_with_tables_is_no_sound_ledger(ledger: Ledger) -> None:
    found = damaged(ledger, *(f"DELETE FROM {table.name}" for table in TABLES))
    assert not found.is_sound
    assert guarding.verify(ledger).first_bad == 0


def test_a_proof_is_checked_without_the_ledger(ledger: Ledger, tmp_path: Path) -> None:
    other, _ = make_ledger(str(tmp_path / "other.db"), name="river/ledger")
    key = homes.read_key(ledger.home).verifier
    for entry in entries(ledger):
        proof = guarding.prove(ledger, entry.id)
        assert proof is not None
        assert guarding.check_proof(proof.text(), key).entry == entry
        with pytest.raises(proofs.ProofError):
            guarding.check_proof(proof.text(), homes.read_key(other.home).verifier)
    assert guarding.prove(ledger, "nothing") is None
    assert RIVER

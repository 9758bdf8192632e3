"""Rows are added and nothing else; the same on both databases."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from engine.keeping.ledger import Ledger, add, key_in_force, make_ledger, open_ledger, rotate_key
from engine.ledger import home as homes
from engine.ledger import store as storage
from engine.ledger.entries import KINDS, Draft, Entry
from engine.ledger.notes import new_signer, parse_signer, unverified_checkpoint
from engine.ledger.store import StorageError
from engine.ledger.tables import METADATA
from engine.ledger.verify import verify
from tests.ledger.conftest import START, Clock, made


def draft(id_: str, **more: Any) -> Draft:
    return Draft(id_, more.pop("kind", "event"), "patrol", json.dumps({"id": id_}), **more)


def all_entries(ledger: Ledger) -> list[Entry]:
    with storage.reading(ledger.store) as connection:
        return list(storage.entries(connection))


def count(ledger: Ledger) -> int:
    with storage.reading(ledger.store) as connection:
        return storage.size(connection)


def test_rows_of_every_kind_are_read_back_as_they_were_added(ledger: Ledger) -> None:
    drafts = [draft(f"a/{kind}", kind=kind, known=5) for kind in KINDS if kind not in ("opening", "key", "activation")]
    drafts.append(Draft("a/text", "event", "нагляд 7", '{"note":"“Київ” \\u0001 🚁"}'))
    done = add(ledger, drafts)
    assert [receipt.seq for receipt in done.receipts] == list(range(3, 3 + len(drafts)))
    found = all_entries(ledger)[3:]
    assert [(e.id, e.kind, e.source, e.body) for e in found] == [(d.id, d.kind, d.source, d.body) for d in drafts]
    assert [entry.known for entry in found[:-1]] == [5] * (len(drafts) - 1)
    assert found[-1].known == found[-1].recorded_at
    assert verify(ledger.store).is_sound


def test_the_first_row_names_the_key_and_the_ledger(ledger: Ledger) -> None:
    opening = all_entries(ledger)[0]
    assert (opening.seq, opening.kind, opening.id) == (0, "opening", "opening")
    assert json.loads(opening.body) == {"format": 1, "vkey": str(key_in_force(ledger))}
    assert key_in_force(ledger).name == "river/ledger"


def test_an_id_is_taken_once_and_gives_its_first_receipt_again(ledger: Ledger) -> None:
    first = add(ledger, [draft("a/1")]).receipts[0]
    again = add(ledger, [draft("a/1"), draft("a/2"), draft("a/2")])
    assert [(r.seq, r.recorded_at, r.new) for r in again.receipts[:1]] == [(first.seq, first.recorded_at, False)]
    assert [receipt.new for receipt in again.receipts] == [False, True, False]
    assert count(ledger) == 5


def test_an_id_with_other_content_clashes_and_the_first_stands(ledger: Ledger) -> None:
    add(ledger, [draft("a/1")])
    done = add(ledger, [Draft("a/1", "event", "patrol", "{}"), draft("a/2")])
    assert [clash.stands.seq for clash in done.clashes] == [3]
    assert [receipt.id for receipt in done.receipts] == ["a/2"]
    assert all_entries(ledger)[3].body == json.dumps({"id": "a/1"})


def test_a_clock_set_back_reorders_nothing(ledger: Ledger, clock: Clock) -> None:
    add(ledger, [draft("a/1")])
    clock.at = START - 10**12
    add(ledger, [draft("a/2"), draft("a/3")])
    recorded = [entry.recorded_at for entry in all_entries(ledger)]
    assert recorded == sorted(set(recorded))
    assert recorded[-1] == recorded[-3] + 2
    assert verify(ledger.store).is_sound


TABLES = {"entry": "id", "node": "hash", "checkpoint": "note", "likeness": "likeness"}


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("word", ["update", "delete", "replace"])
def test_the_database_itself_refuses_to_change_or_delete(ledger: Ledger, table: str, word: str) -> None:
    add(ledger, [draft("a/1", likeness="strike")])
    statement = {
        "update": f"UPDATE {table} SET {TABLES[table]} = {TABLES[table]}",
        "delete": f"DELETE FROM {table}",
        "replace": f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}",
    }[word]
    if word == "replace" and ledger.store.is_postgresql:
        statement = f"TRUNCATE {table}"
    refused = pytest.raises(sa.exc.DBAPIError, match=r"only ever added to|after the last one")
    with refused, ledger.store.engine.begin() as connection:
        connection.execute(sa.text(statement))
    assert verify(ledger.store).is_sound


@pytest.mark.parametrize(("seq", "recorded_at"), [(7, START * 2), (1, START * 2), (2, 5)])
def test_the_database_itself_refuses_a_row_out_of_order(ledger: Ledger, seq: int, recorded_at: int) -> None:
    row = {"seq": seq, "id": "x", "kind": "event", "source": "x", "recorded_at": recorded_at, "known": 1, "body": "{}"}
    with pytest.raises(sa.exc.DBAPIError), ledger.store.engine.begin() as connection:
        connection.execute(sa.insert(METADATA.tables["entry"]), [row])


def test_the_migrations_make_the_tables_that_the_code_names(ledger: Ledger) -> None:
    with ledger.store.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []


def test_a_ledger_that_is_there_is_kept(ledger: Ledger, url: str) -> None:
    again, new = make_ledger(url, name="lake/ledger")
    assert not new
    assert all_entries(again) == all_entries(ledger)
    assert key_in_force(again).name == "river/ledger"


def test_what_is_no_ledger_is_said_to_be_none(url: str, tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="no ledger"):
        open_ledger(url)
    text = tmp_path / "text.db"
    text.write_text(1000 * "no database ")
    with pytest.raises(StorageError, match="no ledger, or its beginning is damaged"):
        open_ledger(str(text))
    with pytest.raises(StorageError, match='"mysql" is no kind of database'):
        open_ledger("mysql://somewhere/accord")
    with pytest.raises(StorageError, match="no folder"):
        make_ledger(str(tmp_path / "nowhere" / "accord.db"))
    with pytest.raises(StorageError, match="refused"):
        open_ledger("postgresql://nobody@127.0.0.1:9/nowhere")


def test_tables_of_another_version_are_not_touched(ledger: Ledger, url: str) -> None:
    with ledger.store.engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StorageError, match="tables of version 9999"):
        open_ledger(url)


def test_every_group_of_rows_has_one_signed_checkpoint(ledger: Ledger) -> None:
    add(ledger, [draft("a/1"), draft("a/2"), draft("a/3")])
    with storage.reading(ledger.store) as connection:
        sizes = [size for size, _ in storage.checkpoint_notes(connection)]
        note = storage.head_note(connection)
    assert sizes == [1, 3, 6]
    assert homes.kept_checkpoint(ledger.home) == note
    assert unverified_checkpoint(note).size == 6


# --- keys -----------------------------------------------------------------------------------------------------------


def test_the_secret_key_is_its_owners_alone(ledger: Ledger) -> None:
    assert ledger.home.key.stat().st_mode & 0o777 == 0o600
    assert parse_signer(ledger.home.key.read_text()).verifier == homes.read_public_key(ledger.home.public_key)


def test_a_ledger_without_its_key_is_read_and_not_added_to(ledger: Ledger, url: str) -> None:
    ledger.home.key.unlink()
    assert count(open_ledger(url)) == 3
    with pytest.raises(StorageError, match=r"the secret key .* is missing"):
        add(ledger, [draft("a/1")])
    assert count(ledger) == 3


def test_a_foreign_key_signs_nothing(ledger: Ledger, tmp_path: Path) -> None:
    other, _ = make_ledger(str(tmp_path / "other.db"))
    ledger.home.key.write_text(other.home.key.read_text())
    with pytest.raises(StorageError, match="not the key that this ledger is signed with"):
        add(ledger, [draft("a/1")])


def test_a_new_key_is_brought_in_under_the_old_one(ledger: Ledger) -> None:
    old = key_in_force(ledger)
    add(ledger, [draft("a/1")])
    new = rotate_key(ledger)
    assert new != old and new.name == old.name
    assert key_in_force(ledger) == new
    add(ledger, [draft("a/2")])
    assert verify(ledger.store, trusted=old).is_sound and verify(ledger.store, trusted=new).is_sound
    assert not verify(ledger.store, trusted=new_signer("river/ledger").verifier).is_sound
    assert ledger.home.key.with_name(f"{ledger.home.key.name}.{old.id.hex()}").exists()
    assert not ledger.home.next_key.exists()


def test_a_rotation_that_died_between_file_and_row_or_row_and_file_is_finished(ledger: Ledger) -> None:
    old_text = ledger.home.key.read_text()
    rotate_key(ledger)
    new_text = ledger.home.key.read_text()
    ledger.home.key.write_text(old_text)  # the row is there, the file was not put in its place
    ledger.home.next_key.write_text(new_text)
    add(ledger, [draft("a/1")])
    assert ledger.home.key.read_text() == new_text
    ledger.home.next_key.write_text(old_text)  # the next file is there, its row is not
    add(ledger, [draft("a/2")])
    assert verify(ledger.store).is_sound


# --- several at once ------------------------------------------------------------------------------------------------


WRITER = """
import itertools, sys
from pathlib import Path
from engine.keeping.ledger import add, open_ledger
from engine.ledger.entries import Draft
ledger = open_ledger(sys.argv[1])
for group in itertools.count():
    add(ledger, [Draft(f"{sys.argv[2]}/{group}-{number}", "event", sys.argv[2], "{}") for number in range(5)])
    print(group, flush=True)
    if Path(sys.argv[3]).exists():
        break
"""
WRITERS, TURNS = 8, 5


def test_eight_writers_take_turns_and_none_waits_for_ever(ledger: Ledger, url: str, tmp_path: Path) -> None:
    """They all go on until each has had some turns: who never got one would hold all of them up."""
    stop = tmp_path / "stop"
    command = [sys.executable, "-c", WRITER, url]
    piped = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "cwd": Path(__file__).parents[2]}
    with ExitStack() as stack:
        writers = [
            stack.enter_context(subprocess.Popen([*command, f"w{number}", str(stop)], **piped))
            for number in range(WRITERS)
        ]
        for writer in writers:
            assert [writer.stdout.readline() for _ in range(TURNS)] == [f"{turn}\n" for turn in range(TURNS)]
        stop.touch()
        more = [writer.stdout.read() for writer in writers]
        assert [writer.stderr.read() for writer in writers] == [""] * WRITERS
    assert [writer.returncode for writer in writers] == [0] * WRITERS
    assert count(ledger) == 3 + sum(5 * (TURNS + len(out.splitlines())) for out in more)
    assert verify(ledger.store).is_sound


def test_a_reader_sees_one_instant_while_others_write(ledger: Ledger, url: str) -> None:
    with storage.reading(ledger.store) as connection:
        before = storage.size(connection)
        add(open_ledger(url), [draft("a/1")])
        assert storage.size(connection) == before
        assert len(list(storage.nodes(connection))) == 4
    assert count(ledger) == before + 1


def test_a_group_is_there_whole_or_not_at_all(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger.home.key.chmod(0o600)
    broken = Draft("a/2", "report", "patrol", None)  # type: ignore[arg-type]  # refused by the database itself
    with pytest.raises(StorageError):
        add(ledger, [draft("a/1"), broken])
    assert count(ledger) == 3
    assert verify(ledger.store).is_sound


def test_an_empty_name_of_a_ledger_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="cannot name a key"):
        make_ledger(str(tmp_path / "accord.db"), name="two words")
    assert made(str(tmp_path / "accord.db"), Clock()) is not None

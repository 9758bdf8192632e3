"""Export, backup and restore: the same rows, the same root, on either database."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from proofbundle import checkpoint as theirs
from proofbundle import merkle as their_tree

from engine.keeping import guarding, moving
from engine.keeping.ledger import Ledger, rotate_key
from engine.ledger import home as homes
from engine.ledger import store as storage
from engine.ledger.proofs import ProofError
from engine.ledger.store import StorageError
from engine.time import format_instant
from tests.ledger.conftest import SIGNATURE, Clock, made, sent, strike

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@pytest.fixture
def full(ledger: Ledger, tmp_path: Path) -> Ledger:
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(b"crater")
    sha256 = homes.attach(ledger.home, photo)
    sent(ledger, [SIGNATURE, strike("s1", attachments=[{"name": "photo.jpg", "sha256": sha256}])])
    rotate_key(ledger)
    sent(ledger, [strike("s2", 2, note="“наряд”"), {"id": "r1", "retracts": "s2"}])
    return ledger


def leaves(ledger: Ledger) -> list[bytes]:
    with storage.reading(ledger.store) as connection:
        return [entry.leaf() for entry in storage.entries(connection)]


FILES = {"backup": "backup.zip", "export": "export.jsonl", "columns": "export.parquet"}


@pytest.mark.parametrize("kind", FILES)
@pytest.mark.parametrize("target", ["sqlite", "postgresql"])
def test_what_is_restored_is_the_same_ledger(
    full: Ledger, tmp_path: Path, kind: str, target: str, request: pytest.FixtureRequest
) -> None:
    file = tmp_path / FILES[kind]
    (moving.backup if kind == "backup" else moving.export)(full, file)
    url = str(tmp_path / "again" / "restored.db")
    Path(url).parent.mkdir()
    if target == "postgresql":
        url = request.getfixturevalue("postgresql_url")
        if full.store.is_postgresql:
            url = url.replace("accord_", "restored_")
            server, name = request.getfixturevalue("server"), url.rpartition("%3D")[2]
            server.run(f"CREATE SCHEMA {name}")
            request.addfinalizer(lambda: server.run(f"DROP SCHEMA {name} CASCADE"))
    again = moving.restore(file, url, key=full.home.key)
    assert leaves(again) == leaves(full)
    one, two = guarding.verify(full), guarding.verify(again)
    assert one.is_sound and one.root == two.root
    assert two.replayed == one.replayed == 2  # a strike that is taken back in its own commit changes nothing
    lacking = set() if kind == "backup" else {"attachment-missing"}  # an export has rows only
    assert {problem.code for problem in two.problems} <= lacking
    if kind == "backup":
        assert two.checkpoints == one.checkpoints
    taken = sent(again, [strike("s3", 3), strike("s1b")])
    assert taken.new == 2
    assert [problem.code for problem in taken.problems] == ["near-duplicate"]
    assert {problem.code for problem in guarding.verify(again).problems} <= lacking


def test_anybody_can_check_an_export_with_other_tools(full: Ledger, tmp_path: Path) -> None:
    file = tmp_path / "export.jsonl"
    moving.export(full, file)
    lines = file.read_bytes().splitlines()
    root = their_tree.merkle_tree_hash(lines)
    vkey = full.home.public_key.read_text().strip()
    found = theirs.verify_checkpoint(moving.checkpoint_of(file).read_text(), vkey)
    assert found["ok"] and found["root"] == root and found["tree_size"] == len(lines)
    assert all(json.loads(line)["seq"] == number for number, line in enumerate(lines))
    assert base64.b64encode(root).decode() in moving.checkpoint_of(file).read_text()


def test_an_export_as_columns_holds_the_very_lines_and_what_they_say(full: Ledger, tmp_path: Path) -> None:
    lines, columns = tmp_path / "export.jsonl", tmp_path / "export.parquet"
    assert moving.export(full, columns) == moving.export(full, lines)
    assert moving.checkpoint_of(columns).read_bytes() == moving.checkpoint_of(lines).read_bytes()
    found = pq.read_table(columns).to_pylist()
    assert [row["leaf"].encode() for row in found] == lines.read_bytes().splitlines()
    struck = next(row for row in found if row["id"] == "s2")
    assert (struck["event"], struck["place"], struck["kind"]) == ("strike", "valley", "event")
    assert struck["at"] == "2026-03-02T14:05:00+02:00"
    assert json.loads(struck["body"])["note"] == "“наряд”"
    assert format_instant((struck["recorded_at"] - EPOCH) // timedelta(microseconds=1)) > "2026-03-05"
    assert [row["target"] for row in found if row["kind"] == "retraction"] == ["s2"]
    columns.write_bytes(columns.read_bytes()[:-9])
    with pytest.raises(StorageError, match="not a Parquet file that can be read"):
        moving.restore(columns, str(tmp_path / "again.db"))


def test_a_backup_holds_no_secret(full: Ledger, tmp_path: Path) -> None:
    file = tmp_path / "backup.zip"
    moving.backup(full, file)
    secret = full.home.key.read_text().strip().rpartition("+")[2]
    with zipfile.ZipFile(file) as archive:
        assert sorted(archive.namelist())[:1] == ["checkpoints.jsonl"]
        assert all(secret.encode() not in archive.read(name) for name in archive.namelist())


def test_attachments_go_with_a_backup(full: Ledger, tmp_path: Path) -> None:
    file = tmp_path / "backup.zip"
    assert moving.backup(full, file).attachments == 1
    (tmp_path / "again").mkdir()
    again = moving.restore(file, str(tmp_path / "again" / "accord.db"))
    kept = homes.attachment(again.home, hashlib.sha256(b"crater").hexdigest())
    assert kept.read_bytes() == b"crater"


def test_a_backup_that_is_taken_while_others_write_is_of_one_instant(ledger: Ledger, tmp_path: Path) -> None:
    stop = threading.Event()

    def write() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            sent(ledger, [strike(f"w{number}", 1 + number % 28)])

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(3):
            moving.backup(ledger, tmp_path / f"{number}.zip")
    finally:
        stop.set()
        writer.join()
    for number in range(3):
        folder = tmp_path / str(number)
        folder.mkdir()
        again = moving.restore(tmp_path / f"{number}.zip", str(folder / "accord.db"))
        assert guarding.verify(again).is_sound


def test_a_changed_backup_or_export_is_refused_and_nothing_is_restored(full: Ledger, tmp_path: Path) -> None:
    file = tmp_path / "export.jsonl"
    moving.export(full, file)
    lines = file.read_bytes().splitlines(keepends=True)
    wrong = {
        "changed": [*lines[:-1], lines[-1].replace(b"r1", b"r2")],
        "cut": lines[:-1],
        "swapped": [*lines[:2], lines[3], lines[2], *lines[4:]],
        "doubled": [*lines, lines[-1]],
        "no rows": [b"{}\n"],
        "another key": [lines[0].replace(b"river", b"lakes"), *lines[1:]],
    }
    for name, changed in wrong.items():
        folder = tmp_path / name
        folder.mkdir()
        (folder / "export.jsonl").write_bytes(b"".join(changed))
        (folder / "export.jsonl.checkpoint").write_bytes(moving.checkpoint_of(file).read_bytes())
        with pytest.raises(StorageError):
            moving.restore(folder / "export.jsonl", str(folder / "accord.db"))
        assert leaves_of(folder / "accord.db") == 0


def leaves_of(file: Path) -> int:
    with storage.reading(storage.open_store(str(file))) as connection:
        return storage.size(connection)


def test_nothing_is_restored_over_a_ledger_or_from_what_is_none(full: Ledger, tmp_path: Path, clock: Clock) -> None:
    file = tmp_path / "backup.zip"
    moving.backup(full, file)
    (tmp_path / "other").mkdir()
    other = str(tmp_path / "other" / "accord.db")
    made(other, clock)
    with pytest.raises(StorageError, match="has rows already"):
        moving.restore(file, other)
    (tmp_path / "text").write_text("text")
    with pytest.raises(StorageError, match="neither a backup nor an export"):
        moving.restore(tmp_path / "text", str(tmp_path / "new.db"))


def test_a_name_in_a_backup_reaches_no_other_file(full: Ledger, tmp_path: Path) -> None:
    file = tmp_path / "backup.zip"
    moving.backup(full, file)
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr("files/../../evil", b"x")
    (tmp_path / "again").mkdir()
    moving.restore(file, str(tmp_path / "again" / "accord.db"))
    assert not list(tmp_path.rglob("evil"))


def test_growth_is_proven_from_any_checkpoint_that_was_kept(full: Ledger) -> None:
    key = homes.read_key(full.home).verifier
    with storage.reading(full.store) as connection:
        notes = dict(storage.checkpoint_notes(connection))
    now = max(notes)
    for size in (now - 1, now) if now - 1 in notes else (now,):
        proof = guarding.prove_growth(full, notes[size])
        found = guarding.check_proof(proof.text(), key, notes[size])
        assert found.since is not None and found.since.size == size
    sent(full, [strike("s9", 9)])
    proof = guarding.prove_growth(full, notes[now])
    found = guarding.check_proof(proof.text(), key, notes[now])
    assert (found.head.size, found.since and found.since.size) == (now + 1, now)
    with pytest.raises(ProofError, match="earlier checkpoint is needed"):
        guarding.check_proof(proof.text(), key)

"""Processes that are killed, servers that are stopped, disks that are full: what was acknowledged is there."""

from __future__ import annotations

import json
import os
import random
import resource
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

import pytest

from engine.keeping import books, guarding
from engine.keeping.ledger import make_ledger, open_ledger
from engine.ledger import store as storage
from engine.ledger.store import StorageError
from tests.ledger import postgres, survival
from tests.ledger.conftest import RIVER, SIGNATURE, Clock, made, sent, strike

KILLS = 10


def test_an_import_that_is_killed_loses_and_doubles_nothing(url: str, tmp_path: Path) -> None:
    """Ten times on each database; `python -m tests.ledger.survival 300` does it more often."""
    assert survival.survive(url, KILLS, tmp_path) > 0


@pytest.mark.parametrize("way", ["stop_hard", "kill"])
def test_a_server_that_ends_in_the_midst_of_an_import_loses_nothing_acknowledged(
    way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ACCORD_HOME", str(tmp_path))
    monkeypatch.delenv(postgres.ADDRESS, raising=False)  # one that runs elsewhere is not ours to stop
    log, choice, promised, in_the_midst = tmp_path / "log.jsonl", random.Random(2), [], 0
    with postgres.server() as server:
        server.run("CREATE DATABASE accord")
        url = server.url("accord")
        ledger, _ = make_ledger(url)
        books.activate(ledger, RIVER)
        for number in range(3):
            rows = survival.log_of(number, 400, choice)
            log.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
            got = survival.acknowledged(url, log, choice.random() * 0.05, lambda _: getattr(server, way)())
            promised += got
            in_the_midst += len(got) < len(rows)
            with pytest.raises(StorageError, match="refused"):
                sent(ledger, [strike(f"lost-{number}")])
            server.start()
            with storage.reading(ledger.store) as connection:
                there = [entry.id for entry in storage.log_entries(connection)]
            assert len(set(there)) == len(there) and set(there) >= set(promised)
            assert guarding.verify(ledger, quick=True).is_sound
            taken = sent(ledger, rows, trust_known=True)  # what was interrupted is repeated
            assert {receipt.id for receipt in taken.receipts} == {row["id"] for row in rows}
        assert in_the_midst > 0
        assert guarding.verify(ledger).is_sound


def limited(url: str, limit: int, told: int) -> None:
    """A limit on the size of files stands in for the space on the disk."""
    ledger = open_ledger(url)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
    try:
        sent(ledger, [strike(f"s{n}", 1 + n % 28, note=400 * "x") for n in range(2, 60)])
        os.write(told, b"taken")
    except StorageError as error:
        os.write(told, f"refused: {error}".encode())


def test_a_full_disk_is_said_and_the_ledger_goes_on_after_it(sqlite_url: str, clock: Clock) -> None:
    """Wherever the space runs out."""
    ledger = made(sqlite_url, clock)
    sent(ledger, [SIGNATURE])
    said = []
    for limit in (0, 10, 1000, 4096, 5000, 20_000, 40_000, 60_000, 80_000):
        with survival.forked(lambda written, limit=limit: limited(sqlite_url, limit, written)) as (_, told):
            said.append(told.read().decode())
        checked = guarding.verify(open_ledger(sqlite_url), quick=True)
        assert checked.is_sound, (limit, checked.problems)
    assert {line for line in said if line != "taken"} == {
        "refused: the disk refused to write: nothing of this was recorded"
    }, said
    assert sent(ledger, [strike(f"t{n}") for n in range(50)]).new == 50
    assert guarding.verify(ledger).is_sound


def test_a_torn_write_ahead_log_is_recovered_to_the_last_whole_group(sqlite_url: str, clock: Clock) -> None:
    """What a power cut leaves: the end of the log is missing or was half written."""
    ledger = made(sqlite_url, clock)
    folder, name = Path(sqlite_url).parent, Path(sqlite_url).name
    with storage.reading(ledger.store) as connection:  # an open reader keeps the log from being folded in
        storage.size(connection)
        for number in range(5):
            sent(ledger, [strike(f"s{number}", 1 + number)])
        parts = {ending: (folder / f"{name}{ending}").read_bytes() for ending in ("", "-wal")}
    for cut in (1, 100, 5000, len(parts["-wal"]) // 2, len(parts["-wal"])):
        torn = folder / f"torn-{cut}.db"
        torn.write_bytes(parts[""])
        Path(f"{torn}-wal").write_bytes(parts["-wal"][: len(parts["-wal"]) - cut])
        with suppress(StorageError):  # the tables themselves were in the log
            checked = guarding.verify(open_ledger(str(torn)))
            assert checked.is_sound, (cut, checked.problems)


def test_a_page_that_was_half_written_when_the_power_went_is_written_again(sqlite_url: str, clock: Clock) -> None:
    """The log is folded into the file page by page: until all of it is, the log is still there."""
    ledger = made(sqlite_url, clock)
    folder, name = Path(sqlite_url).parent, Path(sqlite_url).name
    with storage.reading(ledger.store) as connection:
        storage.size(connection)
        for number in range(5):
            sent(ledger, [strike(f"s{number}", 1 + number)])
        before, log = (Path(f"{sqlite_url}{ending}").read_bytes() for ending in ("", "-wal"))
    with closing(sqlite3.connect(sqlite_url)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    after = Path(sqlite_url).read_bytes()
    for cut in (100, 4096 + 7, len(after) // 2, len(after) - 4096 + 512, len(after) - 1):
        torn = folder / f"torn-{cut}-{name}"
        torn.write_bytes(after[:cut] + before[cut:])
        Path(f"{torn}-wal").write_bytes(log)
        found = guarding.verify(open_ledger(str(torn)))
        assert (found.is_sound, found.rows) == (True, 8), (cut, found.problems)

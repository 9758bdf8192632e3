"""Replay = live: the same rows give the same bytes, whatever the process, the machine's clock and words, and the
database are like."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from engine.keeping import books, moving
from engine.keeping.ledger import Ledger, make_ledger
from engine.ledger import home as homes
from engine.ledger import store as storage
from tests.ledger.conftest import RIVER, Clock, sent

ROOT = Path(__file__).parents[2]
EVENTS = ROOT / "tests" / "cli" / "events.jsonl"
ENVIRONMENTS = (
    {"PYTHONHASHSEED": "0", "TZ": "UTC", "LC_ALL": "C"},
    {"PYTHONHASHSEED": "1", "TZ": "Pacific/Kiritimati", "LC_ALL": "C.UTF-8"},
    {"PYTHONHASHSEED": "random", "TZ": "America/St_Johns", "LC_ALL": "tr_TR.UTF-8", "PYTHONOPTIMIZE": "1"},
)
THEN = ("--as-of", "2026-04-20", "--known-at", "2026-04-19")
COMMANDS = (
    ("status", *THEN),
    ("status", *THEN, "--format", "csv"),
    ("evaluate", *THEN, "--format", "json"),
    ("violations", *THEN, "--format", "json"),
    ("explain", "no_strikes", "--for", "p=RU", *THEN),
    ("compare", "--as-of", "2026-04-20", "--against-known-at", "2026-03-03", "--format", "json"),
    ("history", "no_strikes", "--as-of", "2026-04-20", "--format", "json"),
    ("export",),
    ("prove", "s1"),
)
CHILD = f"""
import sys
from engine.cli import main
for arguments in {COMMANDS!r}:
    print("==", *arguments, flush=True)
    sys.argv = ["accord", *arguments]
    try:
        main()
    except SystemExit as done:
        print("==", done.code, flush=True)
"""


def answers(url: str, folder: Path, environment: dict[str, str]) -> bytes:
    """Of a process that has nothing but the ledger."""
    path = str(ROOT)
    around = {**os.environ, **environment, "PYTHONPATH": path, "ACCORD_LEDGER": url, "ACCORD_HOME": str(folder)}
    around |= {"COLUMNS": "120", "NO_COLOR": "1"}
    done = subprocess.run([sys.executable, "-c", CHILD], cwd=folder, env=around, capture_output=True, check=False)
    assert (done.returncode, b"Traceback" in done.stderr) == (0, False), done.stderr.decode()
    return done.stdout


def filled(url: str, folder: Path, key: bytes | None) -> Ledger:
    """Always the same rows at the same instants, under the same key."""
    store = storage.open_store(url, make=True)
    home = homes.home_of(store)
    if key is not None:
        home.key.write_bytes(key)
    clock = Clock()
    ledger, _ = make_ledger(url, name="river/ledger", sender="office", now=clock)
    books.activate(ledger, RIVER, sender="office")
    rows = [json.loads(line) for line in EVENTS.read_text().splitlines()]
    sent(ledger, rows, trust_known=True)
    later = [
        {"id": "İıß/1", "event": "strike", "at": {"from": "2026-03-05", "to": "2026-03-06"}, "place": "valley"},
        {"id": "k1", "corrects": "s2", "by": "UA", "evidence": "verified", "note": "ІЇ İı 🚁"},
        {"id": "x1", "event": "extension", "norm": "elections", "by": "board", "days": 5, "at": "2026-03-04"},
        {"id": "z1", "retracts": "s1", "why": "seen twice"},
    ]
    for row in later:
        sent(ledger, [row])
    return ledger


def test_every_answer_is_the_same_bytes_in_every_environment_on_both_databases_and_after_a_move(
    sqlite_url: str, postgresql_url: str, tmp_path: Path
) -> None:
    here = filled(sqlite_url, tmp_path, None)
    there = filled(postgresql_url, tmp_path, here.home.key.read_bytes())
    moving.backup(there, tmp_path / "moved.zip")
    moved = str(tmp_path / "moved.db")
    moving.restore(tmp_path / "moved.zip", moved, key=here.home.key)
    asked = [*((sqlite_url, one) for one in ENVIRONMENTS), (postgresql_url, ENVIRONMENTS[2]), (moved, ENVIRONMENTS[1])]
    first, *others = (answers(url, tmp_path, environment) for url, environment in asked)
    parts = first.decode().split("\n== ")
    assert len(parts) == 2 * len(COMMANDS) and all(part.startswith("0") for part in parts[1::2]), first.decode()
    assert '"is": "breached"' in first.decode() and "İıß/1" in first.decode()
    assert [place for place, answer in zip(asked[1:], others, strict=True) if answer != first] == []

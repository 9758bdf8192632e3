"""Kill an import again and again, at random moments, and see that nothing acknowledged is lost.

python -m tests.ledger.survival 300              # on SQLite
python -m tests.ledger.survival 300 postgresql   # on a server of the script's own
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from engine import monitor
from engine.intake import RawRows, raw_rows_of
from engine.keeping import asking, books, guarding
from engine.keeping.ledger import make_ledger, open_ledger
from engine.keeping.taking_in import Sending, take_in

ROOT = Path(__file__).parents[2]
RIVER = str(ROOT / "tests" / "cli" / "river")

GROUP = 7


def write(url: str, log: Path, receipts: int) -> None:
    """An import that says which rows it has a receipt for, group by group."""
    ledger = open_ledger(url)
    rows = [json.loads(line) for line in log.read_text().splitlines()]
    for first in range(0, len(rows), GROUP):
        placed = ((row, f"log:{number}") for number, row in enumerate(rows[first : first + GROUP]))
        taken = take_in(ledger, RawRows(placed, [], list), Sending("patrol", trust_known=True))
        ids = [receipt.id for receipt in taken.receipts]
        os.write(receipts, f"{json.dumps(ids)}\n".encode())


@contextmanager
def forked(work: Callable[[int], None]) -> Iterator[tuple[int, BinaryIO]]:
    """A process that does `work`, its number, and what it writes. A fork has everything loaded: starting anew takes
    seconds each time."""
    read, written = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        try:
            work(written)
        finally:
            os._exit(0)
    os.close(written)
    with open(read, "rb") as told:
        yield child, told
    os.waitpid(child, 0)


def log_of(number: int, count: int, choice: random.Random) -> list[dict[str, object]]:
    """The reports of one round, and corrections of them."""
    rows: list[dict[str, object]] = []
    for place in range(count):
        at = f"2026-{2 + place % 8:02}-{1 + number % 28:02}T{place % 24:02}:00:{number % 60:02}Z"
        kind = choice.randrange(5)
        if kind == 3 and rows:
            known = f"2026-10-{1 + place % 28:02}T10:00:00Z"
            rows.append({"id": f"{number}-c{place}", "corrects": rows[0]["id"], "place": "ford", "known": known})
        elif kind == 4 and rows:
            rows.append({"id": f"{number}-p{place}", "event": "patrol_report", "at": at, "place": "valley"})
        else:
            by = choice.choice(["UA", "RU"])
            rows.append({"id": f"{number}-s{place}", "event": "strike", "at": at, "by": by, "place": "valley"})
    return rows


def acknowledged(url: str, log: Path, after: float, stop: Callable[[int], object]) -> list[str]:
    """Ids that an import had a receipt for when it was stopped in the midst, or when it was done. `stop` hears its
    number."""
    with forked(lambda receipts: write(url, log, receipts)) as (child, told):
        first = told.readline()  # from here on it is at work
        time.sleep(after)
        stop(child)
        rest = told.read()
    whole = [line for line in (first + rest).split(b"\n")[:-1] if line.endswith(b"]")]
    return [id_ for line in whole for id_ in json.loads(line)]


def killed(url: str, log: Path, after: float) -> list[str]:
    return acknowledged(url, log, after, lambda child: os.kill(child, signal.SIGKILL))


def survive(url: str, times: int, folder: Path, rows: int = 100, seed: int = 1) -> int:
    """How often the import was killed in the midst of its work. Raises AssertionError where a row is lost, doubled or
    changed, or a recorded verdict does not come out again."""
    choice = random.Random(seed)
    ledger, _ = make_ledger(url)
    books.activate(ledger, RIVER)
    promised: set[str] = set()
    everything, in_the_midst = folder / "everything.jsonl", 0
    for number in range(times):
        log = folder / "log.jsonl"
        log.write_text("".join(f"{json.dumps(row)}\n" for row in log_of(number, rows, choice)))
        with open(everything, "a") as all_of_it:
            all_of_it.write(log.read_text())
        receipts = killed(url, log, choice.random() * 0.1)
        promised |= set(receipts)
        in_the_midst += len(receipts) < rows
        checked = guarding.verify(open_ledger(url), quick=True)
        assert checked.is_sound, (number, checked.problems)
        counts = Counter(entry.id for entry in asking.read_log(ledger).entries)
        assert not promised - counts.keys(), (number, promised - counts.keys())
        assert max(counts.values(), default=1) == 1
    _the_same_at_the_end(url, everything)
    return in_the_midst


def _the_same_at_the_end(url: str, log: Path) -> None:
    """What was interrupted is repeated; then verdicts are those of the file."""
    ledger = open_ledger(url)
    book = books.activations(ledger)[0].book
    taken = take_in(ledger, raw_rows_of([log], book.vocabulary), Sending("patrol", trust_known=True))
    assert not [problem for problem in taken.problems if problem.severity == "error"], taken.problems
    kept, _ = asking.rows_of(asking.read_log(ledger).entries, book.vocabulary)
    read, _ = monitor.read([str(log)], book)
    one, two = (monitor.evaluate(book, found, as_of="2026-12-01").as_json() for found in (kept, read))
    assert {**one, "problems": []} == {**two, "problems": []}
    checked = guarding.verify(ledger)  # every verdict row, of every commit that was in time
    assert checked.is_sound, checked.problems
    assert checked.replayed


def main(arguments: list[str]) -> int:
    times = int(arguments[0]) if arguments else 300
    folder = Path(tempfile.mkdtemp())
    if "postgresql" in arguments:
        from tests.ledger import postgres

        os.environ["ACCORD_HOME"] = str(folder)
        with postgres.server() as server:
            server.run("CREATE DATABASE accord")
            found = survive(server.url("accord"), times, folder)
    else:
        found = survive(str(folder / "accord.db"), times, folder)
    sys.stdout.write(f"killed in the midst of an import: {found}\n")
    sys.stdout.write(f"{times} passed, 0 failed\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

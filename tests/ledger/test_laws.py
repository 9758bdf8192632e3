"""Laws on random logs: what a ledger answers is what the rows alone would give, however they came in."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from engine import monitor
from engine.events import Row
from engine.intake import parse_rows
from engine.keeping import asking, books, guarding, moving
from engine.keeping.ledger import Ledger, make_ledger, open_ledger
from engine.time import DAY
from tests.laws.logs import DAYS, START, instants, logs
from tests.ledger.conftest import Clock, sent

BOOK = str(Path(__file__).parents[1] / "laws" / "book")
EXAMPLES = settings.default.max_examples
"""A ledger takes longer than a list: fewer of them."""
LATER = {"known": "2026-03-20T00:00:00Z"}


@st.composite
def logs_with_later_words(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Corrections and retractions of every kind of row, of rows that are nowhere, and of each other."""
    rows = draw(logs(most=8))
    ids = [row["id"] for row in rows]
    for number in range(draw(st.integers(0, 4))):
        target = draw(st.sampled_from([*ids, "nowhere"]))
        if draw(st.booleans()):
            rows.append({"id": f"r{number}", "retracts": target, **LATER})
        else:
            rows.append({"id": f"k{number}", "corrects": target, "at": "2026-03-05", **LATER})
        ids.append(rows[-1]["id"])
    return rows


@contextmanager
def new_ledger(book: str = BOOK) -> Iterator[Ledger]:
    with tempfile.TemporaryDirectory() as folder:
        made, _ = make_ledger(str(Path(folder) / "accord.db"), now=Clock())
        books.activate(made, book)
        yield made


def told(ledger: Ledger, rows: list[Row], as_of: int, known_at: int | None) -> dict[str, Any]:
    book = asking.read_log(ledger).book()
    whole = monitor.evaluate(book, rows, as_of=as_of, known_at=known_at).as_json()
    return {"verdicts": whole["verdicts"], "states": whole["states"]}


def kept(ledger: Ledger) -> list[Row]:
    log = asking.read_log(ledger)
    return asking.rows_of(log.entries, log.book().vocabulary)[0]


@settings(max_examples=EXAMPLES // 2)
@given(logs_with_later_words(), instants(), st.integers(0, 2 * DAYS), st.randoms(use_true_random=False), st.data())
def test_the_ledger_answers_as_the_rows_alone_do_in_any_order_of_arrival(
    raw: list[dict[str, Any]], as_of: int, days: int, random: Any, data: st.DataObject
) -> None:
    arriving = [*raw, *data.draw(st.lists(st.sampled_from(raw), max_size=3))]
    random.shuffle(arriving)
    with new_ledger() as ledger:
        while arriving:
            size = data.draw(st.integers(1, 5))
            sent(ledger, arriving[:size], trust_known=True)
            arriving = arriving[size:]
        again = open_ledger(str(ledger.store.file))
        vocabulary = asking.read_log(again).book().vocabulary
        rows, _ = parse_rows([(row, f"log:{number}") for number, row in enumerate(raw)], vocabulary)
        for known_at in (None, START + days * DAY):
            assert told(again, kept(again), as_of, known_at) == told(again, rows, as_of, known_at)
        assert guarding.verify(again).is_sound


@settings(max_examples=EXAMPLES // 5)
@given(logs_with_later_words(), instants())
def test_what_is_exported_and_read_back_answers_the_same_under_the_same_root(
    raw: list[dict[str, Any]], as_of: int
) -> None:
    with new_ledger() as ledger, tempfile.TemporaryDirectory() as folder:
        sent(ledger, raw)
        moving.export(ledger, Path(folder) / "all.jsonl")
        again = moving.restore(Path(folder) / "all.jsonl", str(Path(folder) / "again.db"))
        assert kept(again) == kept(ledger)
        assert guarding.verify(again).root == guarding.verify(ledger).root
        assert told(again, kept(again), as_of, None) == told(ledger, kept(ledger), as_of, None)

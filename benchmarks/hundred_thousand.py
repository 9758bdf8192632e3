"""100,000 events that all concern some norm, through the largest shipped rule book: how long, how much, and where.

    python benchmarks/hundred_thousand.py [--events 100000] [--rules peace-plan-28] [--seed 1]

The floor that the project sets itself: under 10 s and 1 GB on two cores. The log is made up, seeded, and holds what
makes evaluation work: weak grades, absent fields, dates without an hour, corrections, confirmations.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import tempfile
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

from engine import monitor
from engine.evaluation.rules import rules_of
from engine.events import as_known
from engine.intake import parse_rows
from engine.language import Rulebook
from engine.matchers import matcher
from engine.time import DAY, MINUTE, format_instant, parse_instant
from engine.vocabulary import FieldType, Vocabulary

START = parse_instant("2026-01-01T00:00:00Z")
DAYS = 365


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--events", type=int, default=100_000)
    asked.add_argument("--rules", default="peace-plan-28")
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--second-engine", type=int, default=2_000, help="events for the durable-rules matcher")
    options = asked.parse_args()
    book = monitor.load(options.rules)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "log.jsonl"
        path.write_text("\n".join(json.dumps(row) for row in concerning(book, options.events, options.seed)))
        measure(book, path, options.second_engine)


def measure(book: Rulebook, path: Path, second_engine: int) -> None:
    clock = time.perf_counter()
    rows, problems = monitor.read([str(path)], book)
    read = time.perf_counter() - clock
    clock = time.perf_counter()
    verdicts = monitor.evaluate(book, rows, as_of=START + (DAYS + 1) * DAY)
    judged = time.perf_counter() - clock
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"{len(rows):,} rows, {len(verdicts.events):,} events, each of which concerns some norm or state")
    print(f"read and checked    {read:6.2f} s   ({len(problems)} problems)")
    print(f"verdicts            {judged:6.2f} s   ({len(verdicts.verdicts):,} verdicts, {len(verdicts.states)} states)")
    print(f"together            {read + judged:6.2f} s   peak memory {peak} MB")
    sample = rows[:second_engine]
    for name in ("compiled", "durable"):
        hits, seconds = _hits(book, sample, name)
        print(f"matching, {name:<9} {len(hits) / seconds:10,.0f} events/s on {len(hits):,} events")


def _hits(book: Rulebook, rows: list[Any], name: Any) -> tuple[list[Any], float]:
    events = as_known(rows, book.vocabulary).events
    rules = rules_of(book.norms, book.states, events, book.vocabulary)
    made = matcher(name)(book.vocabulary, [site.match for site in rules.book.sites])
    clock = time.perf_counter()
    hits = list(made.hits(events))
    seconds = time.perf_counter() - clock
    made.close()
    return hits, seconds


def concerning(book: Rulebook, count: int, seed: int) -> list[dict[str, Any]]:
    """Made-up events of which every one satisfies, or may satisfy, some match of the book; with their confirmations."""
    kept: list[dict[str, Any]] = []
    raw = made_up(book, 8 * count, seed)
    rows, _ = parse_rows(((row, str(n)) for n, row in enumerate(raw)), book.vocabulary)
    events = as_known(rows, book.vocabulary).events
    hitting = {event.id for event, hits in zip(events, _hits(book, rows, "compiled")[0], strict=True) if any(hits)}
    for row in raw:
        if len(kept) < count and (row["id"] in hitting or row.get("confirms") in hitting):
            kept.append(row)
    assert len(kept) == count, "too few of the made-up events concern this book"
    return kept


def made_up(book: Rulebook, count: int, seed: int) -> list[dict[str, Any]]:
    chance = random.Random(seed)
    types = sorted(_types_read(book))
    rows: list[dict[str, Any]] = []
    while len(rows) < count:
        row: dict[str, Any] = {"id": f"e{len(rows):07d}", "event": chance.choice(types)}
        at = START + chance.randrange(DAYS * 24 * 60) * MINUTE
        row["at"] = format_instant(at)[:10] if chance.random() < 0.03 else format_instant(at)
        if chance.random() < 0.1:
            row["evidence"] = book.vocabulary.evidence[0]
        for field in book.vocabulary.events[row["event"]].fields.values():
            if field.required or chance.random() < 0.9:
                row[field.name] = _value(field, book.vocabulary, chance)
        rows.append(row)
        if chance.random() < 0.02:
            by = chance.choice(sorted(book.vocabulary.bodies) or sorted(book.vocabulary.parties))
            rows.append({"id": f"c{len(rows):07d}", "confirms": row["id"], "by": by, "at": format_instant(at + DAY)})
    return rows[:count]


def _types_read(book: Rulebook) -> set[str]:
    sites = rules_of(book.norms, book.states, (), book.vocabulary).book.sites
    return {site.match.event for site in sites} & set(book.vocabulary.events)


def _value(field: FieldType, vocabulary: Vocabulary, chance: random.Random) -> Any:
    if field.kind == "party":
        return chance.choice(sorted(vocabulary.actors))
    if field.kind == "place":
        return chance.choice(sorted(vocabulary.places))
    if field.kind == "enum":
        return chance.choice(field.values)
    if field.kind == "number":
        return int(Decimal(chance.randrange(1, 1000)))
    if field.kind == "bool":
        return chance.random() < 0.5
    if field.kind == "date":
        return format_instant(START + chance.randrange(DAYS) * DAY)[:10]
    return f"word {chance.randrange(1000)}"


if __name__ == "__main__":
    main()

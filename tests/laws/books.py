"""Random questions for the laws: a rule book with readings, amendments and pauses, a zone, a log, instants."""

from __future__ import annotations

import json
import random
import re
import tempfile
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from engine import monitor
from engine.evaluation.verdicts import Verdicts
from engine.events import Row
from engine.intake import parse_rows
from engine.language import Rulebook, check_rulebook
from engine.time import DAY, format_instant, parse_instant
from tests.naive.differential import ZONES, asked_instant
from tests.naive.random_books import VOCABULARY, Written, drafts, later, random_log

GOSSIP: Written = {"fields": {"by": {"type": "party", "required": False}}}
"""An event type that no rule reads."""


@dataclass(frozen=True)
class Recipe:
    """Which book: everything that a random book follows from."""

    seed: int
    level: int
    zone: str = "UTC"
    days: int = 0
    each: bool = True
    """With families over the values that the log brings."""
    exact: bool = False
    """Durations in days and hours only, and no calendar period but the day."""


@dataclass(frozen=True)
class Question:
    provision: Written
    zone: str
    raw: tuple[Written, ...]
    at: int
    known_at: int | None
    reading: str | None = None

    @property
    def book(self) -> Rulebook:
        book = loaded(json.dumps(self.provision), self.zone)
        assert book is not None
        return book

    def rows(self, raw: list[Written] | None = None) -> list[Row]:
        given = self.raw if raw is None else raw
        rows, problems = parse_rows([(row, f"row {n}") for n, row in enumerate(given, 1)], self.book.vocabulary)
        assert not [p for p in problems if p.severity == "error"], problems
        return rows

    def answer(self, rows: list[Row] | None = None) -> Verdicts:
        readings = {"r": self.reading} if self.reading else None
        given = self.rows() if rows is None else rows
        return monitor.evaluate(self.book, given, as_of=self.at, known_at=self.known_at, readings=readings)

    def told(self) -> str:
        """To be read by people, and to be pasted into a test."""
        lines = [f"{kind}:\n" + "\n".join(f"  - {json.dumps(e)}" for e in self.provision[kind]) for kind in _LISTS]
        lines += ["given:", *(f"  - {json.dumps(row)}" for row in self.raw)]
        known = "every row" if self.known_at is None else format_instant(self.known_at)
        lines.append(f"zone {self.zone}, at {format_instant(self.at)}, known at {known}, reading {self.reading}")
        return "\n".join(lines)


_LISTS = ("states", "norms", "readings")


@lru_cache(maxsize=256)
def loaded(provision: str, zone: str) -> Rulebook | None:
    """The rule book, or None where the checks refuse it. JSON is YAML."""
    events = {**VOCABULARY["events"], "gossip": GOSSIP}
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "provisions").mkdir()
        words = json.dumps(VOCABULARY | {"zone": zone, "events": events})
        (Path(folder) / "vocabulary.yaml").write_text(words, encoding="utf-8")
        (Path(folder) / "provisions" / "one.yaml").write_text(provision, encoding="utf-8")
        return check_rulebook(folder)[0]


@lru_cache(maxsize=256)
def written(recipe: Recipe) -> Written:
    """A provision that the checks accept: refused ones are drawn again."""
    for draft in drafts(recipe.seed, recipe.level):
        text = json.dumps(later(draft, recipe.days))
        for inexact, exact in _EXACT.items() if recipe.exact else ():
            text = text.replace(inexact, exact)
        if (recipe.each or '"each":' not in text) and loaded(text, recipe.zone) is not None:
            provision: Written = json.loads(text)
            return provision
    raise AssertionError("no random book was accepted")


_EXACT = {f'"{unit}"': '"day"' for unit in ("week", "month", "quarter", "year")}
_EXACT |= {f"each {unit}": "each day" for unit in ("week", "month", "quarter", "year")}
_EXACT |= {"1 week": "7 days", "1 month": "30 days", "working day": "day"}


@st.composite
def questions(draw: st.DrawFn, *, exact: bool = False, known: bool = True, each: bool = True) -> Question:
    zone, days = ("UTC", 0) if exact else draw(st.sampled_from(ZONES))
    recipe = Recipe(draw(st.integers(0, 1_000_000)), draw(st.integers(1, 4)), zone, days, each, exact)
    provision = written(recipe)
    rng = random.Random(f"question {recipe} {draw(st.integers(0, 99))}")
    log = random_log(rng.randrange(10**6), recipe.level, later(provision, -days))
    question = Question(provision, zone, tuple(later(log, days)), 0, None)
    own = [parse_instant(r["at"]) for r in question.raw if isinstance(r.get("at"), str) and len(r["at"]) > 10]
    at = asked_instant(rng, own, question.book, days)
    known_at = at + rng.choice((-1, 0, DAY // 2)) if known and rng.random() < 0.2 else None
    reading = "other" if provision["readings"] and rng.random() < 0.5 else None
    return replace(question, at=at, known_at=known_at, reading=reading)


def unread_types(question: Question) -> list[str]:
    """Event types of the vocabulary that the book does not name."""
    text = json.dumps(question.provision)
    return [name for name in (*VOCABULARY["events"], "gossip") if not re.search(rf'"{name}["\.]', text)]


def told(verdicts: Verdicts) -> dict[str, Any]:
    """What the answer says of the world: verdicts and states, not the counts of rows or the knowledge asked about."""
    whole = verdicts.as_json()
    return {"verdicts": whole["verdicts"], "states": whole["states"]}

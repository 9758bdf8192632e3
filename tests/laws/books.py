"""Random questions for the laws: a rule book, a log, instants; with readings, values seen in the log, other zones."""

from __future__ import annotations

import json
import random
import re
import tempfile
from dataclasses import dataclass, replace
from datetime import timedelta
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
from tests.naive.random_books import START, VOCABULARY, Books, Written, later, random_log

GOSSIP: Written = {"fields": {"by": {"type": "party", "required": False}}}
"""An event type that no rule reads."""

ZONES = ("UTC", "UTC", "Europe/Kyiv", "America/St_Johns")
CLOCKS_CHANGE = 20
"""So many days later the logs run over the night in which European clocks change."""


@dataclass(frozen=True)
class Recipe:
    """Which book: everything that a random book follows from."""

    seed: int
    level: int
    zone: str = "UTC"
    days: int = 0
    each: bool = False
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
    for attempt in range(1000):
        books = Books(recipe.seed * 1000 + attempt, recipe.level)
        plain = _wrapped(books.provision(), recipe)
        if loaded(json.dumps(plain), recipe.zone) is None:
            continue
        read = {**plain, "readings": [_wrapped(_reading(books, recipe), recipe)]}
        if recipe.level >= 2 and loaded(json.dumps(read), recipe.zone) is not None:
            return read
        return {**plain, "readings": []}
    raise AssertionError("no random book was accepted")


def _wrapped(entry: Written, recipe: Recipe) -> Written:
    text = json.dumps(later(entry, recipe.days))
    if recipe.each:
        text = text.replace('"p": "sides"', '"p": {"each": ["raid.by", "done.by"]}')
    if recipe.exact:
        for inexact, exact in _EXACT.items():
            text = text.replace(inexact, exact)
    changed: Written = json.loads(text)
    return changed


_EXACT = {'"week"': '"day"', "each week": "each day", "1 week": "7 days", "working days": "days"}


def _reading(books: Books, recipe: Recipe) -> Written:
    """Another rule of the same name may have been meant."""
    rng = random.Random(f"reading {recipe.seed} {recipe.level}")
    id_ = rng.choice([norm["id"] for norm in books.norms if "may" not in norm])
    other = Books(recipe.seed + 1, recipe.level)
    other.family, other.norms = books.family, [norm for norm in books.norms if norm["id"] != id_]
    norms = [norm for norm in other.norm(id_) if norm["id"] == id_]
    options: list[Written] = [{"id": "as_written", "title": "as written"}]
    options.append({"id": "other", "title": "otherwise", "norms": norms})
    return {
        "id": "r", "question": "Which?", "about": ["none"], "options": options,
        "chosen": "as_written", "because": "so it stands",
    }  # fmt: skip


@st.composite
def questions(draw: st.DrawFn, *, exact: bool = False, known: bool = True) -> Question:
    zone = "UTC" if exact else draw(st.sampled_from(ZONES))
    recipe = Recipe(
        seed=draw(st.integers(0, 1_000_000)),
        level=draw(st.integers(1, 4)),
        zone=zone,
        days=0 if zone == "UTC" else CLOCKS_CHANGE,
        each=draw(st.integers(0, 4)) == 0,
        exact=exact,
    )
    provision = written(recipe)
    rng = random.Random(f"question {recipe} {draw(st.integers(0, 99))}")
    log = random_log(rng.randrange(10**6), recipe.level, later(provision, -recipe.days))
    raw = tuple(later(log, recipe.days))
    question = Question(provision, zone, raw, 0, None)
    at, known_at = _instants(rng, question, recipe.days)
    reading = "other" if provision["readings"] and rng.random() < 0.5 else None
    return replace(question, at=at, known_at=known_at if known else None, reading=reading)


def _instants(rng: random.Random, question: Question, days: int) -> tuple[int, int | None]:
    """T at midnights and the rows' own times, where things meet; K sometimes."""
    own = [parse_instant(r["at"]) for r in question.raw if isinstance(r.get("at"), str) and len(r["at"]) > 10]
    first = (START + timedelta(days=days + rng.randint(3, 19))).date()
    day = question.book.vocabulary.calendar.start_of(first)
    choices = [day, day, day - 1]
    if own:
        choices += [rng.choice(own), rng.choice(own) + rng.choice((-1, 0, 1))]
    return rng.choice(choices), (day + rng.choice((-1, 0, DAY // 2)) if rng.random() < 0.2 else None)


def unread_types(question: Question) -> list[str]:
    """Event types of the vocabulary that the book does not name."""
    text = json.dumps(question.provision)
    return [name for name in (*VOCABULARY["events"], "gossip") if not re.search(rf'"{name}["\.]', text)]


def told(verdicts: Verdicts) -> dict[str, Any]:
    """What the answer says of the world: verdicts and states, not the counts of rows or the knowledge asked about."""
    whole = verdicts.as_json()
    return {"verdicts": whole["verdicts"], "states": whole["states"]}

"""Law 2: incremental = from scratch. Rows of every kind, in any order and portions, asked about while time goes on."""

from __future__ import annotations

import itertools
import random
from typing import Any

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from engine import monitor
from engine.evaluation import possible
from engine.evaluation.evaluate import evaluate as from_scratch
from engine.evaluation.explain import explain
from engine.evaluation.verdicts import Verdicts
from engine.events import Row
from engine.live.verdicts import LiveVerdicts
from engine.matchers import matcher
from engine.time import NEVER, Instant, format_instant, parse_instant
from tests.laws.books import Question, questions
from tests.laws.test_random_books import FEW_RUNS, runs
from tests.naive.differential import asked_instant

generated = settings(phases=[Phase.explicit, Phase.generate])


@generated
@given(questions(known=False), st.integers(0, 999))
def test_what_is_kept_up_to_date_is_what_comes_out_from_nothing(question: Question, seed: int) -> None:
    rng = random.Random(seed)
    with runs(rng.choice((0, FEW_RUNS, possible.MOST_RUNS))):
        _go_through(question, rng)


def _go_through(question: Question, rng: random.Random) -> None:
    rows = question.rows()
    rng.shuffle(rows)
    live = LiveVerdicts(question.book, matcher("compiled"), _readings(question))
    taken: list[Row] = []
    at = min(_instants(question, rng))
    while True:
        portion, rows = _cut(rng, rows)
        live.add(portion)
        taken += portion
        assert _told(live.at(at)) == _told(_from_nothing(question, taken, at)), _shown(question, taken, at)
        later = [instant for instant in _next_instants(question, live, rng) if instant > at]
        if not rows and (not later or rng.random() < 0.3):
            break
        at = rng.choice(later) if later and rng.random() < 0.8 else at


def _cut(rng: random.Random, rows: list[Row]) -> tuple[list[Row], list[Row]]:
    at = rng.randint(0, len(rows)) if rng.random() < 0.8 else len(rows)
    return rows[:at], rows[at:]


def _readings(question: Question) -> dict[str, str]:
    return {"r": question.reading} if question.reading else {}


def _instants(question: Question, rng: random.Random) -> list[Instant]:
    own = [parse_instant(r["at"]) for r in question.raw if isinstance(r.get("at"), str) and len(r["at"]) > 10]
    return [question.at, *(asked_instant(rng, own, question.book, 0) for _ in range(3))]


def _next_instants(question: Question, live: LiveVerdicts, rng: random.Random) -> list[Instant]:
    """Some at random, and those at which an answer says that it may become another, with the instant before."""
    wakes = [found.stands_until for found in live.answers.values() if found.stands_until < NEVER]
    return [*_instants(question, rng), *wakes, *(wake - 1 for wake in wakes)]


def _from_nothing(question: Question, rows: list[Row], at: Instant) -> Verdicts:
    return from_scratch(
        question.book,
        rows,
        as_of=at,
        known_at=None,
        readings=_readings(question),
        make_matcher=matcher("compiled"),
    )


def _told(verdicts: Verdicts) -> dict[str, Any]:
    """All that is said, reasons and roll-ups included."""
    whole = verdicts.as_json()
    whole["problems"] = sorted(map(str, verdicts.problems))
    return {
        **whole,
        "rolled": dict(verdicts.rolled),
        "explained": [explain(verdict) for verdict in verdicts.verdicts],
        "events": verdicts.events,
    }


def _shown(question: Question, rows: list[Row], at: Instant) -> str:
    return f"{question.told()}\nasked at {format_instant(at)} with {[row.id for row in rows]}"


def test_one_norm_alone_is_judged_as_among_all_others() -> None:
    book = monitor.load("sinai-1979")
    rows, _ = monitor.read(["fixtures/sinai-1979/events.jsonl"], book)
    at = monitor.default_as_of(rows)
    whole = monitor.evaluate(book, rows, as_of=at)
    for norm in sorted({norm.id for norm in book.norms}):
        alone = LiveVerdicts(book, matcher("compiled"), only=("norm", norm))
        alone.add(rows)
        alone.judge(at)
        told = [explain(v) for answer in alone.answers.values() for v in answer.verdicts]
        assert told == [explain(v) for v in whole.verdicts if v.norm == norm]


def test_time_alone_is_told_at_the_very_instant_at_which_it_changes_something() -> None:
    book = monitor.load("sinai-1979")
    rows, _ = monitor.read(["fixtures/sinai-1979/events.jsonl"], book)
    end = monitor.default_as_of(rows)
    live = LiveVerdicts(book, matcher("compiled"))
    live.add(rows)
    steps = [at for at in live.advance(end) if live.horizon == at]
    assert steps[-1] == end and steps == sorted(set(steps))
    # Right before each step stands what stood at the one before.
    for before, after in list(itertools.pairwise(steps))[:: max(1, len(steps) // 40)]:
        then, now = (monitor.evaluate(book, rows, as_of=at) for at in (before, after - 1))
        assert [(v.is_, v.could_be, v.due) for v in then.verdicts] == [(v.is_, v.could_be, v.due) for v in now.verdicts]

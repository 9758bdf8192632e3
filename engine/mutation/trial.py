"""Put every change to the tests, nearest test first, until one notices it."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from engine import monitor
from engine.events import Row
from engine.language import plan
from engine.language.plan import Norm, Rulebook, RuleTest, State
from engine.mutation.changes import Mutant, mutants
from engine.mutation.trees import nodes
from engine.report.mutation import Mutation, Tried
from engine.time import Instant, TimeError

Progress = Callable[[int, int], None]
"""How many of how many changes have been tried."""

Cones = Mapping[str, frozenset[str]]

A_PROCESS_IS_WORTH = 50
"""Changes: for fewer, starting another process takes longer than it saves."""


def mutate(book: Rulebook, *, workers: int = 1, progress: Progress | None = None) -> Mutation:
    """Which small change to the rules does no inline test notice?

    A test that fails on the book as it is cannot notice anything and is left out.
    """
    count = len(mutants(book))
    if min(workers, count // A_PROCESS_IS_WORTH) < 2:
        _open_bench(book)
        return _mutation(book, count, map, progress)
    with multiprocessing.get_context().Pool(workers, _open_bench_apart, (book,)) as pool:
        return _mutation(book, count, partial(pool.imap, chunksize=4), progress)


def _mutation(book: Rulebook, count: int, each: Callable[..., Iterable[Any]], progress: Progress | None) -> Mutation:
    passes = list(each(_passes, range(len(book.tests))))
    failing = frozenset(number for number, passed in enumerate(passes) if not passed)
    tried: list[Tried] = []
    for found in each(partial(_tried, failing), range(count)):
        tried.append(found)
        if progress is not None:
            progress(len(tried), count)
    return Mutation(tuple(tried), tuple(book.tests[number].name for number in sorted(failing)))


# --- one process: the bench is built once in each, and asked by number ------------------------------------------------


@dataclass(frozen=True, slots=True)
class Question:
    """What a test asks at one instant, with only the norms and states that the answer can hang on."""

    test: int
    book: Rulebook
    rows: tuple[Row, ...]
    as_of: Instant
    known_at: Instant | None
    expected: tuple[Mapping[str, Any], ...]
    named: frozenset[str]
    reached: frozenset[str]

    def notices(self, book: Rulebook) -> bool:
        """Is some expectation not what this version of the book answers?"""
        answer = monitor.evaluate(book, self.rows, as_of=self.as_of, known_at=self.known_at)
        return any(monitor.compare(answer, expected, "") for expected in self.expected)


@dataclass(frozen=True, slots=True)
class Bench:
    """`questions` is None of a test that cannot be asked."""

    book: Rulebook
    mutants: tuple[Mutant, ...]
    questions: tuple[tuple[Question, ...] | None, ...]


_benches: list[Bench] = []


def _open_bench(book: Rulebook) -> None:
    _benches[:] = [bench_of(book)]


def _open_bench_apart(book: Rulebook) -> None:
    """In a process of its own, which leaves Ctrl-C to the one that started it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _open_bench(book)


def bench_of(book: Rulebook) -> Bench:
    questions = tuple(_questions(book, number) for number in range(len(book.tests)))
    return Bench(book, tuple(mutants(book)), questions)


def _passes(test: int) -> bool:
    questions = _benches[0].questions[test]
    return questions is not None and not any(question.notices(question.book) for question in questions)


def _tried(failing: frozenset[int], number: int) -> Tried:
    bench = _benches[0]
    mutant = bench.mutants[number]
    questions = [q for q in _nearest_first(mutant, bench) if q.test not in failing]
    noticed = next((q.test for q in questions if q.notices(_with(mutant, q.book))), None)
    return Tried(
        id=mutant.id,
        kind=mutant.change.kind,
        place=mutant.old.place,
        provision=mutant.old.provision,
        entry=mutant.name,
        change=str(mutant.change),
        tests=len({question.test for question in questions}),
        noticed_by=None if noticed is None else bench.book.tests[noticed].name,
    )


def _nearest_first(mutant: Mutant, bench: Bench) -> list[Question]:
    """The questions that can notice: those that name what is changed, then the smaller ones."""
    found = [
        question
        for questions in bench.questions
        for question in questions or ()
        if mutant.old.id in question.reached and _stands_in(mutant.old, question.book)
    ]
    return sorted(found, key=lambda q: (mutant.old.id not in q.named, len(q.reached)))


def _stands_in(entry: Norm | State, book: Rulebook) -> bool:
    """The very object: an option of a reading replaces norms by others of the same id."""
    return any(other is entry for other in (*book.norms, *book.states))


def _with(mutant: Mutant, book: Rulebook) -> Rulebook:
    def put(entry: Any) -> Any:
        return mutant.new if entry is mutant.old else entry

    return replace(book, norms=tuple(map(put, book.norms)), states=tuple(map(put, book.states)))


# --- from tests to questions ------------------------------------------------------------------------------------------


def _questions(book: Rulebook, number: int) -> tuple[Question, ...] | None:
    """None where a row or a time of the test cannot be read."""
    test = book.tests[number]
    rows, problems = monitor.given_rows(book, test)
    if any(problem.severity == "error" for problem in problems):
        return None
    try:
        return tuple(_grouped(book, test, number, tuple(rows)))
    except TimeError:
        return None


def _grouped(book: Rulebook, test: RuleTest, number: int, rows: tuple[Row, ...]) -> Iterator[Question]:
    norms, states, _ = book.with_readings(dict(test.readings))
    reach = cones(norms, states)
    asked: dict[tuple[Instant, Instant | None], list[Mapping[str, Any]]] = {}
    for expected in test.expect:
        asked.setdefault(monitor.asked(expected, book.vocabulary), []).append(expected)
    for (as_of, known_at), group in asked.items():
        named = frozenset(str(expected.get("norm", expected.get("state"))) for expected in group)
        reached = frozenset().union(*(reach.get(name, frozenset({name})) for name in named))
        part = replace(
            book,
            norms=tuple(norm for norm in norms if norm.id in reached),
            states=tuple(state for state in states if state.id in reached),
            readings=(),
            tests=(),
        )
        yield Question(number, part, rows, as_of, known_at, tuple(group), named, reached)


def cones(norms: Sequence[Norm], states: Sequence[State]) -> Cones:
    """For every norm and state the ids of all that it can hang on, itself included."""
    needs = _needs(norms, states)
    return {id_: _closed(id_, needs) for id_ in needs}


def _needs(norms: Sequence[Norm], states: Sequence[State]) -> dict[str, set[str]]:
    entries: list[Norm | State] = [*norms, *states]
    needs: dict[str, set[str]] = {entry.id: set() for entry in entries}
    for entry in entries:
        needs[entry.id].update(_read(entry))
    for norm in norms:
        answered = norm.overrides if norm.cures is None else (*norm.overrides, norm.cures)
        for id_ in answered:
            needs.setdefault(id_, set()).add(norm.id)
    return needs


def _read(entry: Norm | State) -> Iterator[str]:
    for node in nodes(entry):
        if isinstance(node, (plan.OnState, plan.InState)):
            yield node.state
        elif isinstance(node, plan.OnNorm):
            yield node.norm


def _closed(start: str, needs: Mapping[str, set[str]]) -> frozenset[str]:
    seen = {start}
    rest = [start]
    while rest:
        new = needs.get(rest.pop(), set()) - seen
        seen |= new
        rest.extend(new)
    return frozenset(seen)

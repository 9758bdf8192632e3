"""The use cases: load, read, evaluate, run the tests of a rule book. The only place that picks adapters."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from engine.evaluation import evaluate as evaluation
from engine.evaluation.verdicts import StateVerdict, Verdict, Verdicts
from engine.events import Row
from engine.intake import Progress, parse_rows, problems_of_log, read_all
from engine.language import Rulebook, check_rulebook, load_rulebook
from engine.language.plan import RuleTest
from engine.language.usable import usable_rulebook
from engine.matchers import matcher as make_matcher
from engine.problems import Problem, in_order
from engine.time import Instant, TimeError, looks_like_date, parse_date, parse_instant
from engine.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class TestResult:
    __test__ = False
    provision: str
    name: str
    place: str
    failures: tuple[Problem, ...]

    @property
    def passed(self) -> bool:
        return not self.failures


@dataclass(frozen=True, slots=True)
class TestReport:
    __test__ = False
    results: tuple[TestResult, ...]

    @property
    def passed(self) -> int:
        return sum(result.passed for result in self.results)

    @property
    def failed(self) -> int:
        return len(self.results) - self.passed


def load(path: str) -> Rulebook:
    """A rule book from its folder or shipped id. Raises RulebookError, which carries every problem."""
    return load_rulebook(path)


def check(path: str) -> tuple[Rulebook | None, list[Problem]]:
    """The rule book where it has no error, and everything that is wrong with it."""
    return check_rulebook(path)


def usable(path: str) -> tuple[Rulebook | None, list[Problem]]:
    """As `check`, but with the good rules of a book that has bad ones."""
    return usable_rulebook(path)


def read(
    sources: Sequence[str], book: Rulebook, mapping: str | None = None, progress: Progress | None = None
) -> tuple[list[Row], list[Problem]]:
    """The rows of files (`-`: standard input), and every problem of a row. What is wrong with rows together depends on
    when one asks: `evaluate` tells it with the verdicts, `problems_together` for the whole log."""
    with _collector_resting():
        return read_all(sources, book, mapping, progress)


def problems_together(rows: Sequence[Row], book: Rulebook) -> list[Problem]:
    """One id with two contents, a correction of a correction, a target that is nowhere."""
    return in_order(problems_of_log(rows, book.vocabulary))


def parse_when(text: str, vocabulary: Vocabulary) -> Instant:
    """RFC 3339, or a date: the last instant of that day in the agreement's zone. Raises TimeError."""
    if looks_like_date(text):
        return vocabulary.calendar.last_of(parse_date(text))
    return parse_instant(text)


def default_as_of(rows: Sequence[Row]) -> Instant:
    """The latest `at` or `known` of a log."""
    latest = [row.known for row in rows] + [row.span[1] for row in rows if row.span is not None]
    return max(latest, default=0)


def evaluate(
    book: Rulebook,
    rows: Sequence[Row],
    *,
    as_of: Instant | str | None = None,
    known_at: Instant | str | None = None,
    readings: Mapping[str, str] | None = None,
    matcher: str | None = None,
) -> Verdicts:
    """Verdicts at `as_of` (default: the latest instant in the log), from the rows known at `known_at` (default: all).

    Instants are microseconds since 1970 in UTC, or text as on the command line. Raises TimeError for a time that
    cannot be read and KeyError for an unknown reading or option.
    """
    with _collector_resting():
        return evaluation(
            book,
            rows,
            as_of=default_as_of(rows) if as_of is None else _instant(as_of, book.vocabulary),
            known_at=None if known_at is None else _instant(known_at, book.vocabulary),
            readings=readings or {},
            make_matcher=make_matcher(matcher or "compiled"),  # type: ignore[arg-type]
        )


@contextmanager
def _collector_resting() -> Iterator[None]:
    """Python's cycle collector walks all rows again and again while they pile up and finds nothing to free: a third of
    the time on 100,000 events."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _instant(when: Instant | str, vocabulary: Vocabulary) -> Instant:
    return parse_when(when, vocabulary) if isinstance(when, str) else when


def run_tests(book: Rulebook, *, matcher: str = "compiled") -> TestReport:
    """Every test in the rule files: events in, verdicts out."""
    return TestReport(tuple(_run_test(book, test, matcher) for test in book.tests))


def _run_test(book: Rulebook, test: RuleTest, matcher: str) -> TestResult:
    rows, problems = given_rows(book, test)
    failures = [problem for problem in problems if problem.severity == "error"]
    answers: dict[tuple[Instant, Instant | None], Verdicts] = {}
    for expected, place in zip(test.expect, test.expect_places, strict=True):
        try:
            as_of, known_at = asked(expected, book.vocabulary)
        except TimeError as error:
            failures.append(Problem("bad-time", "error", place, str(error)))
            continue
        if (as_of, known_at) not in answers:
            answers[as_of, known_at] = evaluate(
                book, rows, as_of=as_of, known_at=known_at, readings=dict(test.readings), matcher=matcher
            )
        failures.extend(compare(answers[as_of, known_at], expected, place))
    return TestResult(test.provision, test.name, test.place, tuple(failures))


def given_rows(book: Rulebook, test: RuleTest) -> tuple[list[Row], list[Problem]]:
    """The rows of a test; those without an id are `e1`, `e2`, … in order."""
    raws = [
        ({"id": f"e{n}", **row}, place)
        for n, (row, place) in enumerate(zip(test.given, test.given_places, strict=True), start=1)
    ]
    return parse_rows(raws, book.vocabulary)


def asked(expected: Mapping[str, Any], vocabulary: Vocabulary) -> tuple[Instant, Instant | None]:
    """`at` and `known_at` of an expectation. Raises TimeError."""
    known_at = expected.get("known_at")
    return (
        parse_when(str(expected["at"]), vocabulary),
        None if known_at is None else parse_when(str(known_at), vocabulary),
    )


def compare(answer: Verdicts, expected: Mapping[str, Any], place: str) -> list[Problem]:
    """Where an answer is not what an expectation says."""
    for_ = {str(name): _text(value) for name, value in (expected.get("for") or {}).items()}
    if "state" in expected:
        states = [
            state
            for state in answer.states
            if state.state == expected["state"] and all(dict(state.binding).get(n) == v for n, v in for_.items())
        ]
        return _compare_state(states, expected, place)
    try:
        instance = expected.get("instance")
        verdict = answer.find(str(expected["norm"]), for_ or None, None if instance is None else _text(instance))
    except KeyError as error:
        return [Problem("test-failed", "error", place, str(error.args[0]))]
    return _compare_verdict(verdict, expected, place)


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value.normalize()) if isinstance(value, Decimal) and value == value.to_integral() else str(value)


def _compare_state(states: Sequence[StateVerdict], expected: Mapping[str, Any], place: str) -> list[Problem]:
    if not states:
        return [Problem("test-failed", "error", place, f'no state is called "{expected["state"]}" in that binding')]
    got = {
        "is": any(state.is_ for state in states),
        "certainly": any(state.certainly for state in states),
        "possibly": any(state.possibly for state in states),
    }
    name = states[0].state
    return [
        Problem(
            "test-failed", "error", place, f'state "{name}": {key} is {_yes(got[key])}, expected {_yes(expected[key])}'
        )
        for key in ("is", "certainly", "possibly")
        if key in expected and expected[key] is not got[key]
    ]


def _yes(value: object) -> str:
    return {True: "true", False: "false"}.get(value, str(value))  # type: ignore[call-overload,no-any-return]


def _compare_verdict(verdict: Verdict, expected: Mapping[str, Any], place: str) -> list[Problem]:
    got: dict[str, Any] = {
        "is": verdict.is_,
        "alleged": verdict.alleged,
        "claimed": verdict.claimed,
        "firm": verdict.firm,
    }
    said = [
        f"{key} {_yes(got[key])}, expected {_yes(expected[key])}"
        for key in got
        if key in expected and expected[key] != got[key]
    ]
    missing = [str(s) for s in expected.get("could_be") or () if s not in verdict.could_be]
    if missing:
        said.append(f"could be {', '.join(verdict.could_be)}; expected also {', '.join(missing)}")
    unnamed = [str(e) for e in expected.get("because") or () if str(e) not in verdict.because]
    if unnamed:
        said.append(f"rests on {', '.join(verdict.because) or 'no event'}; expected also {', '.join(unnamed)}")
    if not said:
        return []
    message = f'norm "{verdict.norm}": {"; ".join(said)}'
    return [
        Problem("test-failed", "error", place, message, f"it is so because {verdict.reason}" if verdict.reason else "")
    ]

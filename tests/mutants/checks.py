"""What may notice a change: each case of the rule books, each test of a module, random books, one by one and named."""

from __future__ import annotations

import functools
import importlib
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
OWN_BOOKS = sorted(path.parent for path in (ROOT / "tests").glob("*/**/vocabulary.yaml"))
SHIPPED_BOOKS = sorted(path.parent for path in (ROOT / "rules").glob("*/vocabulary.yaml"))
MODULES = [
    "tests.conformance.test_words_for_people",
    *(f"tests.evaluation.{path.stem}" for path in sorted((ROOT / "tests" / "evaluation").glob("test_*.py"))),
]
RANDOM_BOOKS = range(1, 5), range(6)
"""Levels and seeds."""
SETTLEMENTS = 4
ABOVE_EVALUATION = ("engine.evaluation", "engine.matchers", "engine.monitor", "engine.report", "tests")

_books: dict[str, Any] = {}
_cases: dict[tuple[int, int], list[Any]] = {}
_naive: dict[tuple[Any, ...], list[Any]] = {}


@dataclass(frozen=True)
class Check:
    name: str
    run: Callable[[], None]
    """Raises where something is wrong."""


def all_checks() -> list[Check]:
    """Everything read that can be read ahead, so that a check only evaluates."""
    _keep_books()
    return [*_rule_cases(), *_story(), *_test_functions(), *_random_books()]


def forget_what_was_imported() -> None:
    """What imports the evaluation is imported again by `all_checks`; rule books and random cases are kept."""
    for name in [name for name in sys.modules if name.startswith(ABOVE_EVALUATION)]:
        if name not in ("tests", "tests.mutants") and not name.startswith(("tests.mutants.", "tests.naive.evaluator")):
            del sys.modules[name]
    engine = sys.modules["engine"]
    for name in ("evaluation", "matchers", "monitor", "report"):
        engine.__dict__.pop(name, None)


def _keep_books() -> None:
    from engine import monitor
    from engine.language import load_rulebook

    def load(path: str) -> Any:
        if path not in _books:
            _books[path] = load_rulebook(path)
        return _books[path]

    monitor.load = load


def _rule_cases() -> Iterator[Check]:
    from engine import monitor

    for folder in (*OWN_BOOKS, *SHIPPED_BOOKS):
        book = monitor.load(str(folder))
        exact = "conformance" in folder.parts
        for test in book.tests:
            rows, _ = monitor.given_rows(book, test)
            yield Check(f"{folder.name}: {test.name}", functools.partial(_as_expected, book, test, rows, exact))


def _as_expected(book: Any, test: Any, rows: Any, exact: bool) -> None:
    from engine import monitor
    from engine.evaluation.verdicts import RANK

    answers: dict[Any, Any] = {}
    for expected, place in zip(test.expect, test.expect_places, strict=True):
        asked = as_of, known_at = monitor.asked(expected, book.vocabulary)
        if asked not in answers:
            readings = dict(test.readings)
            answers[asked] = monitor.evaluate(book, rows, as_of=as_of, known_at=known_at, readings=readings)
        assert not monitor.compare(answers[asked], expected, place)
        if exact and "could_be" in expected:
            for_ = {name: str(value) for name, value in (expected.get("for") or {}).items()}
            instance = expected.get("instance")
            verdict = answers[asked].find(expected["norm"], for_ or None, None if instance is None else str(instance))
            assert verdict.could_be == tuple(sorted(expected["could_be"], key=RANK.__getitem__))


def _story() -> Iterator[Check]:
    """The verdicts on the shipped story, as tests/books holds them, an instant at a time."""
    from engine import monitor

    folder = ROOT / "fixtures" / "peace-plan-28"
    book = monitor.load(str(ROOT / "rules" / "peace-plan-28"))
    rows, _ = monitor.read([str(folder / "events.jsonl")], book)
    for case in json.loads((folder / "expected.json").read_text(encoding="utf-8"))["cases"]:
        yield Check(f"the story at {case['as_of']}", functools.partial(_as_derived, book, rows, case))


def _as_derived(book: Any, rows: Any, case: Any) -> None:
    from engine import monitor

    answer = monitor.evaluate(book, rows, as_of=case["as_of"], known_at=case["known_at"])
    for expected in case["verdicts"]:
        verdict = answer.find(expected["norm"], expected.get("for"), expected.get("instance"))
        assert (verdict.is_, list(verdict.could_be)) == (expected["is"], expected["could_be"])


def _test_functions() -> Iterator[Check]:
    """Test functions without fixtures, once for each of their parameters."""
    for module_name in MODULES:
        module = importlib.import_module(module_name)
        for name, function in vars(module).items():
            if name.startswith("test_"):
                for number, arguments in enumerate(_arguments(function)):
                    yield Check(f"{module_name}.{name}/{number}", functools.partial(function, **arguments))


def _arguments(function: Any) -> list[dict[str, Any]]:
    sets: list[dict[str, Any]] = [{}]
    for mark in getattr(function, "pytestmark", []):
        if mark.name == "parametrize":
            names = mark.args[0].split(",") if isinstance(mark.args[0], str) else list(mark.args[0])
            values = [_values(value, len(names)) for value in mark.args[1]]
            sets = [{**one, **dict(zip(names, value, strict=True))} for one in sets for value in values]
    wanted = set(function.__code__.co_varnames[: function.__code__.co_argcount])
    return sets if set(sets[0] if sets else {}) == wanted else []


def _values(value: Any, count: int) -> Any:
    if type(value).__name__ == "ParameterSet":  # pytest.param
        return value.values
    return value if count > 1 else (value,)


def _random_books() -> Iterator[Check]:
    from tests.naive import differential

    really = differential.possible

    def remembered(book: Any, rows: Any, **asked: Any) -> list[Any]:
        """The naive evaluator is not what is changed: it answers once."""
        key = (id(book), repr(rows), *sorted(asked.items()))
        if key not in _naive:
            _naive[key] = list(really(book, rows, **asked))
        return _naive[key]

    differential.possible = remembered
    for level in RANDOM_BOOKS[0]:
        for seed in RANDOM_BOOKS[1]:
            if (level, seed) not in _cases:
                _cases[level, seed] = list(differential.random_cases(seed, level, SETTLEMENTS))
            for number, (case, book) in enumerate(_cases[level, seed]):
                yield Check(f"random book {seed} level {level}/{number}", functools.partial(_agree, case, book))


def _agree(case: Any, book: Any) -> None:
    from tests.naive import differential

    assert not differential.disagreements(case, book)[0]

"""Every book here checks without errors and passes its tests on both matchers; what could be is listed exactly."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from engine import monitor
from engine.evaluation.verdicts import RANK
from engine.intake import parse_rows
from engine.language import Rulebook
from engine.language.plan import RuleTest
from engine.matchers import MATCHERS

BOOKS = sorted(path for path in (Path(__file__).parent / "books").iterdir() if path.is_dir())
HAS_DURABLE = sys.version_info < (3, 13)
NAMES = [name for name in MATCHERS if name != "durable" or HAS_DURABLE]


@pytest.fixture(scope="module", params=BOOKS, ids=lambda path: path.name)
def book(request: pytest.FixtureRequest) -> Rulebook:
    return monitor.load(str(request.param))


@pytest.mark.parametrize("matcher", NAMES)
def test_every_case_holds(book: Rulebook, matcher: str) -> None:
    report = monitor.run_tests(book, matcher=matcher)
    assert report.results
    assert [f"{result.name}: {problem}" for result in report.results for problem in result.failures] == []


def test_what_could_be_is_listed_exactly(book: Rulebook) -> None:
    """A test in a rule file asks that what it lists be in the set; here all of the set is listed, worst first."""
    assert [wrong for test in book.tests for wrong in _wider_or_narrower(book, test)] == []


def test_the_order_of_the_rows_changes_nothing(book: Rulebook) -> None:
    turned = replace(book, tests=tuple(_turned_round(test) for test in book.tests))
    report = monitor.run_tests(turned)
    assert [f"{result.name}: {problem}" for result in report.results for problem in result.failures] == []


def _turned_round(test: RuleTest) -> RuleTest:
    named = tuple({"id": f"e{n}", **row} for n, row in enumerate(test.given, start=1))
    return replace(test, given=named[::-1], given_places=test.given_places[::-1])


def test_every_norm_is_asked_about(book: Rulebook) -> None:
    asked = {str(expected.get("norm")) for test in book.tests for expected in test.expect}
    assert {norm.id for norm in book.norms if not _permits(norm.modal)} - asked == set()


def _permits(modal: object) -> bool:
    return type(modal).__name__ == "May"


def _wider_or_narrower(book: Rulebook, test: RuleTest) -> Iterator[str]:
    rows, _ = parse_rows(
        [({"id": f"e{n}", **row}, test.given_places[n - 1]) for n, row in enumerate(test.given, start=1)],
        book.vocabulary,
    )
    for expected, place in zip(test.expect, test.expect_places, strict=True):
        if "could_be" in expected:
            listed = tuple(sorted(expected["could_be"], key=RANK.__getitem__))
            got = _could_be(book, test, rows, expected)
            if got != listed:
                yield f"{place}: {test.name}: {expected['norm']} could be {got}, listed {listed}"


def _could_be(book: Rulebook, test: RuleTest, rows: Any, expected: Any) -> tuple[str, ...]:
    known_at = expected.get("known_at")
    answer = monitor.evaluate(
        book,
        rows,
        as_of=str(expected["at"]),
        known_at=None if known_at is None else str(known_at),
        readings=dict(test.readings),
    )
    for_ = {name: str(value) for name, value in (expected.get("for") or {}).items()}
    instance = expected.get("instance")
    return answer.find(expected["norm"], for_ or None, None if instance is None else str(instance)).could_be

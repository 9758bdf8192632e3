"""Cases of the conformance books, asked about by name in a text of what is agreed about each."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from engine import monitor
from engine.evaluation.verdicts import Verdicts
from engine.intake import parse_rows
from engine.language import Rulebook

BOOKS = Path(__file__).resolve().parents[1] / "conformance" / "books"


def agreed_in(file: Path) -> list[tuple[list[str], str]]:
    """`== word | word | …` and the lines up to the next: the words, and what is agreed."""
    texts = file.read_text(encoding="utf-8").split("== ")[1:]
    split = [text.split("\n", 1) for text in texts]
    return [(head.split(" | "), told.rstrip("\n")) for head, told in split]


@cache
def _book(name: str) -> Rulebook:
    return monitor.load(str(BOOKS / name))


def answer(book: str, case: str, as_of: str) -> Verdicts:
    """What the rows of that test come to."""
    rules = _book(book)
    test = next(test for test in rules.tests if test.name == case)
    given = [({"id": f"e{n}", **row}, f"row {n}") for n, row in enumerate(test.given, start=1)]
    rows, _ = parse_rows(given, rules.vocabulary)
    return monitor.evaluate(rules, rows, as_of=as_of, readings=dict(test.readings))

"""What is said of a verdict, word for word, over the cases of the conformance books: `explanations.txt`.

Each block is a case, a norm and an instant, then the explanation, then its times. A change of wording or meaning shows
in the diff of that file: `python -m tests.evaluation.test_explanations` writes it anew, keeping its blocks.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from engine import monitor
from engine.evaluation.explain import explain
from engine.evaluation.verdicts import Verdict
from engine.intake import parse_rows
from engine.language import Rulebook
from engine.time import format_instant

BOOKS = Path(__file__).resolve().parents[1] / "conformance" / "books"
AGREED = Path(__file__).with_name("explanations.txt")


class Asked(NamedTuple):
    book: str
    case: str
    norm: str
    instance: str
    as_of: str

    def head(self) -> str:
        return " | ".join(self)


def blocks() -> list[tuple[Asked, str]]:
    """`== book | case | norm | instance | instant`, and what is agreed to be said of it."""
    texts = AGREED.read_text(encoding="utf-8").split("== ")[1:]
    split = [text.split("\n", 1) for text in texts]
    return [(Asked(*head.split(" | ")), told.rstrip("\n")) for head, told in split]


@cache
def the_book(name: str) -> Rulebook:
    return monitor.load(str(BOOKS / name))


def told(asked: Asked) -> str:
    book = the_book(asked.book)
    test = next(test for test in book.tests if test.name == asked.case)
    given = [({"id": f"e{n}", **row}, f"row {n}") for n, row in enumerate(test.given, start=1)]
    rows, _ = parse_rows(given, book.vocabulary)
    answer = monitor.evaluate(book, rows, as_of=asked.as_of, readings=dict(test.readings))
    norm, _, binding = asked.norm.partition(" ")
    verdict = next(
        v for v in answer.verdicts if v.norm == norm and bound(v) == binding and (v.instance or "-") == asked.instance
    )
    return f"{explain(verdict)}\n  {times(verdict)}"


def bound(verdict: Verdict) -> str:
    return ",".join(f"{name}={value}" for name, value in verdict.binding)


def times(verdict: Verdict) -> str:
    said = {"opened": verdict.opened, "since": verdict.since, "due": verdict.due}
    found = [f"{word} {'-' if at is None else format_instant(at)}" for word, at in said.items()]
    return ", ".join([*found, verdict.deadline or "no deadline"])


@pytest.mark.parametrize(("asked", "agreed"), blocks())
def test_an_explanation_reads_as_agreed(asked: Asked, agreed: str) -> None:
    assert told(asked) == agreed


if __name__ == "__main__":
    AGREED.write_text("\n".join(f"== {asked.head()}\n{told(asked)}\n" for asked, _ in blocks()), encoding="utf-8")

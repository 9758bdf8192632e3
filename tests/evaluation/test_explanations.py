"""What is said of a verdict, word for word, over the cases of the conformance books: `explanations.txt`.

Each block is a case, a norm and an instant, then the explanation, then its times. A change of wording or meaning shows
in the diff of that file: `python -m tests.evaluation.test_explanations` writes it anew, keeping its blocks.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from engine.evaluation.explain import explain
from engine.evaluation.verdicts import Verdict
from engine.time import format_instant
from tests.evaluation.cases import agreed_in, answer

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
    return [(Asked(*words), agreed) for words, agreed in agreed_in(AGREED)]


def told(asked: Asked) -> str:
    norm, _, binding = asked.norm.partition(" ")
    verdict = next(
        v
        for v in answer(asked.book, asked.case, asked.as_of).verdicts
        if v.norm == norm and bound(v) == binding and (v.instance or "-") == asked.instance
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

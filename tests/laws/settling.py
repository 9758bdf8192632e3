"""Ways in which the open rows of a log may turn out, as rows again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

from engine.events import Row
from tests.laws.books import Question
from tests.naive.evaluator import Fact, facts_known, settlements


def settled_logs(question: Question, seed: int, most: int) -> Iterator[list[Row]]:
    """Logs in which some open facts are settled. Events that a ruling names stay as they are: what a ruling has closed
    is not open. Where a rule asks whether something is on record, absent fields stay absent."""
    rows = question.rows()
    vocabulary = question.book.vocabulary
    facts = facts_known(rows, vocabulary, question.known_at)
    ruled = {row.fields.get("breach_by") for row in rows if row.event == "ruling"}
    asks_the_record = '"exists"' in json.dumps(question.provision)
    first = {fact.id: fact for fact in facts}
    for chosen in settlements(question.book, facts, question.at, seed, most):
        kept = [first[fact.id] if fact.id in ruled else fact for fact in chosen]
        if asks_the_record:
            kept = [replace(fact, fields={n: fact.fields[n] for n in fact.recorded}) for fact in kept]
        yield [row for fact in kept for row in _rows(fact, vocabulary.evidence)]


def _rows(fact: Fact, grades: tuple[str, ...]) -> Iterator[Row]:
    yield Row(
        fact.id, "event", fact.known, "", fact.type, (fact.lo, fact.hi), dict(fact.fields),
        tuple(sorted(fact.for_.items())) if isinstance(fact.for_, dict) else fact.for_, grades[fact.grade],
    )  # fmt: skip
    for n, word in enumerate(fact.words):
        yield Row(
            f"{fact.id} word {n}", "confirmation", fact.known, "", span=(word.lo, word.hi),
            evidence=grades[word.grade], target=fact.id, by=word.by,
        )  # fmt: skip

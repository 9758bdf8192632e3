"""Family: the tests in the rule files: names, rows, statuses that a norm can have, and norms that no test reaches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from engine.language import models
from engine.language.check.names import event_problems
from engine.language.check.parts import Entry, entries, named, word_for
from engine.language.check.references import value_in_range
from engine.language.check.values import plain_problems
from engine.language.draft import Draft
from engine.language.locate import Fields, Number, Place
from engine.language.models import ExpectSpec, NormSpec, shown
from engine.problems import Problem, nearest
from engine.time import TimeError, looks_like_date, parse_date, parse_instant
from engine.vocabulary import KEPT_KEYS, FieldType, Vocabulary

STATUSES = (
    "breached", "met_late", "unknown", "in_grace", "active", "suspended", "restored",
    "cured", "excused", "waived", "holding", "met", "lapsed", "dormant",
)  # fmt: skip
"""The words of `engine.evaluation.verdicts`, which stands above and cannot be imported here."""

IMPOSSIBLE: Mapping[str, frozenset[str]] = {
    "must": frozenset({"holding", "restored", "cured"}),
    "must_not": frozenset({"met", "met_late", "active", "suspended", "restored"}),
    "keep": frozenset({"met", "met_late", "active", "suspended"}),
    "may": frozenset(STATUSES),
}
"""What a norm of each kind never is: duties are performed, prohibitions hold, and only a bound is restored."""


def check(draft: Draft) -> Iterator[Problem]:
    known: dict[tuple[str, str], list[Entry]] = {}
    for entry, _ in entries(draft):
        known.setdefault((entry.called, entry.id), []).append(entry)
    readings = {reading.id: reading for reading, _ in draft.readings()}
    for test, _ in draft.tests():
        yield from _readings(test, readings, draft)
        yield from _rows(test, draft)
        for expected in test.expect:
            yield from _expectation(expected, known, draft)
    yield from _untested(draft)


def _readings(test: models.TestSpec, readings: Mapping[str, models.ReadingSpec], draft: Draft) -> Iterator[Problem]:
    for name, option in test.reading.items():
        node = test.node["reading"]
        if name in readings:
            options = [known.id for known in readings[name].options]
            if option not in options:
                hint = nearest(option, options) or f"one of: {', '.join(options)}"
                message = f'reading "{name}" has no option "{option}"'
                yield node.at(name).problem("unknown-option", message, hint)
        elif draft.whole and name not in (declared := draft.declared_as("readings")):
            message = f'"{name}" is no reading of this book'
            yield node.key(name).problem("unknown-reading", message, nearest(name, declared))


# --- expectations ----------------------------------------------------------------------------------------------------


def _expectation(expected: ExpectSpec, known: dict[tuple[str, str], list[Entry]], draft: Draft) -> Iterator[Problem]:
    if (expected.norm is None) == (expected.state is None):
        if not draft.damaged_at(expected.node):
            message = 'an expectation asks for one "norm" or one "state"'
            yield expected.node.place.problem("expectation-form", message, "give it one of them")
        return
    kind, name = ("norm", expected.norm) if expected.norm is not None else ("state", expected.state)
    assert name is not None
    entries_of_name = known.get((kind, name))
    if entries_of_name is None:
        declared = draft.declared_as(f"{kind}s")
        if name not in declared and draft.whole:
            message = f'"{name}" is no {kind} of this book'
            yield expected.node.at(kind).problem(f"unknown-{kind}", message, nearest(name, declared))
        return
    yield from _keys(expected, kind)
    yield from _binding(expected, entries_of_name, draft)
    if kind == "state":
        if not isinstance(expected.is_, bool):
            message = f'the state "{name}" holds or not: "is" takes true or false, not "{shown(expected.is_)}"'
            yield expected.node.at("is").problem("wrong-type", message)
        return
    norms = [entry for entry in entries_of_name if isinstance(entry, NormSpec)]
    for word, place in _statuses(expected):
        yield from _status(word, place, norms)


_OF_NORMS = ("instance", "alleged", "claimed", "could_be", "firm", "because")
_OF_STATES = ("certainly", "possibly")


def _keys(expected: ExpectSpec, kind: str) -> Iterator[Problem]:
    for key in _OF_STATES if kind == "norm" else _OF_NORMS:
        if key in expected.node:
            message = f'"{key}" cannot be asked of a {kind}'
            yield expected.node.key(key).problem("expectation-form", message, "leave it out")


def _binding(expected: ExpectSpec, targets: list[Entry], draft: Draft) -> Iterator[Problem]:
    if any(draft.damaged_at(target.node) for target in targets):
        return
    variables = {name for target in targets for name in target.for_each}
    for name, value in expected.for_.items():
        if name not in variables:
            known = ", ".join(sorted(variables)) or "none"
            hint = nearest(name, variables) or f"its variables: {known}"
            message = f'{word_for(targets[0])} has no variable "{name}"'
            yield expected.node["for"].key(name).problem("unknown-variable", message, hint)
            continue
        bound = [target for target in targets if name in target.for_each]
        place = expected.node["for"].at(name)
        found = [list(value_in_range(name, value, place, target, draft.vocabulary)) for target in bound]
        if all(found):
            yield from found[0]


def _statuses(expected: ExpectSpec) -> Iterator[tuple[Any, Place]]:
    yield expected.is_, expected.node.at("is")
    for key in ("alleged", "claimed"):
        if getattr(expected, key) is not None:
            yield getattr(expected, key), expected.node.at(key)
    yield from named(expected, "could_be", expected.could_be or ())


def _status(word: Any, place: Place, norms: list[NormSpec]) -> Iterator[Problem]:
    if word not in STATUSES:
        hint = nearest(shown(word), STATUSES) or f"one of: {', '.join(STATUSES)}"
        yield place.problem("unknown-status", f'"{shown(word)}" is no status', hint)
        return
    kinds = [kind for norm in norms for kind in models.MODAL_WORDS if kind in norm.node]
    if kinds and all(word in IMPOSSIBLE[kind] for kind in kinds):
        message = f'"{norms[0].id}" is a "{kinds[0]}" and can never be "{word}"'
        possible = [status for status in STATUSES if status not in IMPOSSIBLE[kinds[0]]]
        hint = f"it can be: {', '.join(possible)}" if possible else "a permission has no verdict of its own"
        yield place.problem("impossible-status", message, hint)


# --- rows ------------------------------------------------------------------------------------------------------------

_WORDS_OF_ROWS = frozenset({"id", "at", "known", "evidence", "why", "by"})


def _rows(test: models.TestSpec, draft: Draft) -> Iterator[Problem]:
    vocabulary = draft.vocabulary
    given = test.node["given"]
    types = {shown(row.get("id")): shown(row.get("event")) for row in given if isinstance(row, Fields)}
    for row in given:
        yield from _times(row)
        grade = row.get("evidence")
        if isinstance(grade, str) and grade not in vocabulary.evidence:
            hint = nearest(grade, vocabulary.evidence)
            yield row.at("evidence").problem("unknown-grade", f'"{grade}" is no grade of evidence', hint)
        if "event" in row:
            if shown(row["event"]) not in draft.damaged_events:
                yield from _event_row(row, vocabulary)
        elif "corrects" in row and types.get(shown(row["corrects"])) in vocabulary.event_types:
            fields = vocabulary.event_types[types[shown(row["corrects"])]].fields
            yield from _fields_of_row(row, fields, {"corrects"}, vocabulary)
        elif not any(key in row for key in ("corrects", "retracts", "confirms")):
            message = 'a row has one of "event", "corrects", "retracts", "confirms"'
            yield row.place.problem("row-form", message, "say which event it is")


def _times(row: Fields) -> Iterator[Problem]:
    for key in ("at", "known"):
        value = row.get(key)
        ends = [(value, row.at(key))]
        if isinstance(value, Fields):
            ends = [(value.get(end), value.at(end)) for end in ("from", "to")]
        for text, place in ends:
            if text is None:
                continue
            try:
                parse_date(shown(text)) if looks_like_date(shown(text)) else parse_instant(shown(text))
            except TimeError as error:
                yield place.problem("bad-time", str(error), "a date, or a time with an offset")


def _event_row(row: Fields, vocabulary: Vocabulary) -> Iterator[Problem]:
    name = shown(row["event"])
    yield from event_problems(name, row.at("event"), vocabulary)
    kind = vocabulary.event_types.get(name)
    if kind is None:
        return
    yield from _fields_of_row(row, kind.fields, {"event", "for"}, vocabulary)
    for field in kind.fields.values():
        if field.required and row.get(field.name) is None:
            message = f'event "{name}" has no "{field.name}"'
            hint = "add it, or let the vocabulary say required: false"
            yield row.at("event").problem("missing-field", message, hint)


def _fields_of_row(
    row: Fields, fields: Mapping[str, FieldType], own: set[str], vocabulary: Vocabulary
) -> Iterator[Problem]:
    for key, value in row.items():
        if key in fields:
            if value is not None:
                yield from _value_in_row(value, row.at(key), fields[key], vocabulary)
        elif key not in _WORDS_OF_ROWS | KEPT_KEYS | own:
            hint = nearest(key, fields) or f"its fields: {', '.join(fields) or 'none'}"
            yield row.key(key).problem("unknown-field", f'the event of this row has no field "{key}"', hint)


def _value_in_row(value: Any, place: Place, field: FieldType, vocabulary: Vocabulary) -> Iterator[Problem]:
    """In rows a number is a bare number: its unit is said by the vocabulary."""
    if field.kind != "number":
        yield from plain_problems(value, place, field, vocabulary)
    elif not isinstance(value, Number):
        message = f'"{field.name}" is a number, not "{shown(value)}"'
        yield place.problem("wrong-type", message, "write the bare number, without unit")


# --- what no test reaches --------------------------------------------------------------------------------------------


@dataclass
class _Reached:
    tested: set[str]
    breached: set[str]


def _untested(draft: Draft) -> Iterator[Problem]:
    """Nothing is said of it where a test was refused: it may be the one that is missed."""
    lists = [part.model.node.get("tests") for part in draft.provisions]
    if not draft.whole or any(tests is not None and tests.place in draft.damaged for tests in lists):
        return
    reached = _Reached(set(), set())
    for test, _ in draft.tests():
        for expected in test.expect:
            if expected.norm is not None:
                reached.tested.add(expected.norm)
                if expected.is_ == "breached":
                    reached.breached.add(expected.norm)
    said: set[str] = set()
    for norm, _ in draft.norms():
        if norm.id in said or norm.may is not None:
            continue
        said.add(norm.id)
        place = norm.node.at("id")
        if norm.id not in reached.tested:
            message = f"no test asks for {word_for(norm)}"
            yield place.problem("untested-norm", message, "add a test that expects it", severity="warning")
        elif norm.id not in reached.breached and norm.no_deadline is None:
            message = f"no test reaches a breach of {word_for(norm)}"
            yield place.problem("untested-breach", message, "add a test in which it is breached", severity="warning")

"""Family: every name is one that the book defines, and defines once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from engine.language import models
from engine.language.check.parts import Entry, aggregate, entries, field_tests, measured_event, named
from engine.language.draft import Draft
from engine.language.locate import Place
from engine.problems import Problem, nearest
from engine.vocabulary import Vocabulary


def check(draft: Draft) -> Iterator[Problem]:
    norms = _known(draft, "norms")
    states = _known(draft, "states")
    for entry, _ in entries(draft):
        yield from _events_and_fields(entry, draft)
        yield from _grades(entry, draft.vocabulary)
        yield from _ranges(entry, draft)
        if draft.whole:
            yield from _references(entry, norms, states)
    yield from _ids(draft)
    for reading, _ in draft.readings():
        if reading.chosen not in {option.id for option in reading.options} and not draft.damaged_at(reading.node):
            options = [option.id for option in reading.options]
            hint = nearest(reading.chosen, options) or f"one of: {', '.join(options)}"
            message = f'reading "{reading.id}" has no option "{reading.chosen}"'
            yield reading.node.at("chosen").problem("unknown-option", message, hint)


def _known(draft: Draft, kind: str) -> frozenset[str]:
    return frozenset(name for of, name in draft.declared if of == kind)


# --- events, fields, grades ------------------------------------------------------------------------------------------


def _events_and_fields(entry: Entry, draft: Draft) -> Iterator[Problem]:
    for _, part in entry.parts:
        if isinstance(part, models.MatchSpec):
            yield from event_problems(part.event, part.node.at("event"), draft.vocabulary)
            yield from _field_problems(part, part.event, draft)
        elif isinstance(part, models.MeasureSpec):
            found = aggregate(part)
            if found and found[0] == "count":
                yield from event_problems(found[1], part.node.at("count"), draft.vocabulary)
            elif found:
                yield from path_problems(found[1], part.node.at(found[0]), draft)
            yield from _field_problems(part, measured_event(part), draft)


def event_problems(name: str, place: Place, vocabulary: Vocabulary) -> Iterator[Problem]:
    if name not in vocabulary.event_types:
        hint = nearest(name, vocabulary.event_types)
        if not hint and name.partition(".")[0] in vocabulary.event_types:
            hint = f'count events: "{name.partition(".")[0]}"'
        yield place.problem("unknown-event", f'"{name}" is no event type', hint)


def path_problems(path: str, place: Place, draft: Draft) -> Iterator[Problem]:
    event, _, name = path.partition(".")
    kind = draft.vocabulary.event_types.get(event)
    if kind is None:
        hint = nearest(event, draft.vocabulary.event_types)
        yield place.problem("unknown-event", f'"{path}": "{event}" is no event type', hint)
    elif name not in kind.fields and event not in draft.damaged_events:
        yield place.problem(
            "unknown-field", f'"{path}": event "{event}" has no field "{name}"', _field_hint(name, kind.fields)
        )


def _field_problems(part: models.MatchSpec | models.MeasureSpec, event: str | None, draft: Draft) -> Iterator[Problem]:
    kind = draft.vocabulary.event_types.get(event or "")
    if kind is None or "where" not in part.node or event in draft.damaged_events:
        return
    for name in dict.fromkeys(test.field for test in field_tests(part.where, part.node["where"])):
        if name not in kind.fields:
            message = f'event "{event}" has no field "{name}"'
            yield part.node["where"].key(name).problem("unknown-field", message, _field_hint(name, kind.fields))


def _field_hint(name: str, known: Iterable[str]) -> str:
    known = sorted(known)
    return nearest(name, known) or (f"its fields: {', '.join(known)}" if known else "it has no fields")


def _grades(entry: Entry, vocabulary: Vocabulary) -> Iterator[Problem]:
    for model in (entry, *(part for _, part in entry.parts)):
        grade = getattr(model, "evidence", None)
        if isinstance(grade, str) and grade not in vocabulary.evidence:
            hint = nearest(grade, vocabulary.evidence) or f"one of: {', '.join(vocabulary.evidence)}"
            yield model.node.at("evidence").problem("unknown-grade", f'"{grade}" is no grade of evidence', hint)


def _ranges(entry: Entry, draft: Draft) -> Iterator[Problem]:
    for name, given in entry.for_each.items():
        place = entry.node["for_each"].at(name)
        vocabulary = draft.vocabulary
        if isinstance(given, str) and given not in vocabulary.groups:
            hint = nearest(given, vocabulary.groups)
            if given in vocabulary.actors or given in vocabulary.places:
                hint = f"for one value write a list: [{given}]"
            yield place.problem("unknown-group", f'"{given}" is no group', hint)
        elif isinstance(given, models.EachSpec):
            for path, at in named(given, "each", given.each):
                yield from path_problems(path, at, draft)


# --- norms, states, ids ----------------------------------------------------------------------------------------------


def _references(entry: Entry, norms: frozenset[str], states: frozenset[str]) -> Iterator[Problem]:
    for _, part in entry.parts:
        for key in ("enters", "leaves", "state"):
            name = getattr(part, key, None)
            if isinstance(name, str) and name not in states:
                yield _unknown("state", name, part.node.at(key), states, norms)
        for key in ("breach", "met"):
            name = getattr(part, key, None)
            if isinstance(name, str) and name not in norms:
                yield _unknown("norm", name, part.node.at(key), norms, states)
    if isinstance(entry, models.NormSpec):
        for name, place in named(entry, "overrides", entry.overrides):
            if name not in norms:
                yield _unknown("norm", name, place, norms, states)
        if entry.cures is not None and entry.cures not in norms:
            yield _unknown("norm", entry.cures, entry.node.at("cures"), norms, states)


def _unknown(kind: str, name: str, place: Place, known: frozenset[str], others: frozenset[str]) -> Problem:
    hint = nearest(name, known)
    if name in others:
        hint = f'"{name}" is a {"state" if kind == "norm" else "norm"}'
    return place.problem(f"unknown-{kind}", f'"{name}" is no {kind} of this book', hint)


def _ids(draft: Draft) -> Iterator[Problem]:
    """Norms and states share one space of ids; versions of a norm share one id; options replace by id."""
    seen: dict[str, tuple[str, Place, bool]] = {}
    for entry, origin in entries(draft):
        if origin.reading is not None:
            continue
        place = entry.node.at("id")
        dated = isinstance(entry, models.NormSpec) and (entry.valid is not None or "valid" in entry.node)
        before = seen.get(entry.id)
        if before is None:
            seen[entry.id] = (entry.called, place, dated)
        elif before[0] != entry.called or entry.called == "state" or not (dated or before[2]):
            yield _twice(entry.called, entry.id, place, before[1])
    yield from _twice_in_lists(draft)


def _twice(kind: str, name: str, place: Place, before: Place) -> Problem:
    message = f'the id "{name}" of this {kind} stands already in {before}'
    hint = "give it another id" + ("; versions of one norm each need valid" if kind == "norm" else "")
    return place.problem("duplicate-id", message, hint)


def _twice_in_lists(draft: Draft) -> Iterator[Problem]:
    readings: dict[str, Place] = {}
    provisions: dict[str, Place] = {}
    for part in draft.provisions:
        place = part.model.node.at("provision")
        if part.model.provision in provisions:
            yield _twice("provision", part.model.provision, place, provisions[part.model.provision])
        provisions.setdefault(part.model.provision, place)
    for reading, _ in draft.readings():
        if reading.id in readings:
            yield _twice("reading", reading.id, reading.node.at("id"), readings[reading.id])
        readings.setdefault(reading.id, reading.node.at("id"))
        options: dict[str, Place] = {}
        for option in reading.options:
            if option.id in options:
                yield _twice("option", option.id, option.node.at("id"), options[option.id])
            options.setdefault(option.id, option.node.at("id"))

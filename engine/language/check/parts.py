"""The parts of a norm or state that the families of checks look at: nested models, and the slots that hold values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from engine.language import models
from engine.language.draft import Draft, Origin
from engine.language.locate import Fields, Items, Place
from engine.language.models import Located, NormSpec, StateSpec
from engine.language.plan import Var
from engine.vocabulary import FieldType, Vocabulary

Entry = NormSpec | StateSpec


def entries(draft: Draft) -> Iterator[tuple[Entry, Origin]]:
    """Norms and states of the whole book, those of reading options included."""
    yield from draft.norms()
    yield from draft.states()


def word_for(entry: Entry) -> str:
    return f'{entry.called} "{entry.id}"'


def matches(entry: Entry) -> Iterator[tuple[str, models.MatchSpec]]:
    for role, part in entry.parts:
        if isinstance(part, models.MatchSpec):
            yield role, part


def measures(entry: Entry) -> Iterator[models.MeasureSpec]:
    """Bounds, and what they are divided by."""
    for _, part in entry.parts:
        if isinstance(part, models.MeasureSpec):
            yield part


def bounds(entry: Entry) -> Iterator[tuple[str, models.BoundSpec]]:
    for role, part in entry.parts:
        if isinstance(part, models.BoundSpec):
            yield role, part


def aggregate(measure: models.MeasureSpec) -> tuple[str, str] | None:
    """(`sum`, `payment.amount`); None where there is not exactly one."""
    found = [(word, getattr(measure, word)) for word in models.AGGREGATES if getattr(measure, word) is not None]
    return found[0] if len(found) == 1 else None


def measured_events(measure: models.MeasureSpec) -> set[str]:
    """Every event type that a measure names, even where it names too many."""
    named_here = [getattr(measure, word) for word in models.AGGREGATES]
    return {path.partition(".")[0] for path in named_here if path is not None}


def measured_event(measure: models.MeasureSpec) -> str | None:
    found = aggregate(measure)
    return found[1].partition(".")[0] if found else None


def measured_field(measure: models.MeasureSpec, vocabulary: Vocabulary) -> FieldType | None:
    """The field that is summed up, or None: of a count, and where it is not known."""
    found = aggregate(measure)
    if not found or found[0] == "count":
        return None
    event, _, name = found[1].partition(".")
    kind = vocabulary.event_types.get(event)
    return kind.fields.get(name) if kind else None


# --- tests on fields -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class FieldTest:
    """One value that one field is held against."""

    field: str
    field_at: Place
    op: str
    value: Any
    at: Place


def field_tests(where: Mapping[str, Any], node: Fields) -> Iterator[FieldTest]:
    for name, spec in where.items():
        at = node.key(name)
        if isinstance(spec, models.Comparison):
            yield from _compared(name, at, spec)
        elif isinstance(spec, list):
            for value, place in _with_places(spec, node[name], node.at(name)):
                yield FieldTest(name, at, "in", value, place)
        else:
            yield FieldTest(name, at, "in", spec, node.at(name))


def _compared(name: str, at: Place, spec: models.Comparison) -> Iterator[FieldTest]:
    for op in ("gt", "gte", "lt", "lte", "exists"):
        value = getattr(spec, op)
        if value is not None:
            yield FieldTest(name, at, op, value, spec.node.at(op))
    for op, values in (("not", spec.not_), ("in", spec.in_)):
        for value, place in _with_places(values or (), spec.node.get(op), spec.node.at(op)):
            yield FieldTest(name, at, op, value, place)


def _with_places(values: Any, node: Any, whole: Place) -> Iterator[tuple[Any, Place]]:
    places = node.items_at if isinstance(node, Items) else [whole] * len(values)
    yield from zip(values, places, strict=False)


def named(model: Located, key: str, values: Any) -> Iterator[tuple[Any, Place]]:
    """One name or a list of names under a key, each with its place."""
    yield from _with_places(values, model.node.get(key), model.node.at(key))


# --- slots -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Slot:
    """A place where a value stands, and what may stand there. `bound`: the value is a limit of it. `word`: its key."""

    word: str
    value: Any
    at: Place
    takes: Literal["field", "duration", "limit"]
    field: FieldType | None = None
    exact: bool = False
    bound: models.BoundSpec | None = None


ACTOR = FieldType("", "party")
_EXACT = frozenset({"over", "last", "earlier_than", "stale_after", "observe_every", "early"})
_DURATIONS = ("within", "grace", "early", "at_most", "over", "last", "earlier_than", "stale_after", "observe_every")


def slots(entry: Entry, vocabulary: Vocabulary) -> Iterator[Slot]:
    """Every slot of a norm or state that a variable or a value fills (references apart)."""
    if isinstance(entry, NormSpec):
        yield Slot("who", entry.who, entry.node.at("who"), "field", ACTOR)
    for _, part in entry.parts:
        yield from _inner_slots(part, vocabulary)
    if isinstance(entry, NormSpec):
        yield from _own_slots(entry, vocabulary)


def _own_slots(norm: NormSpec, vocabulary: Vocabulary) -> Iterator[Slot]:
    """`to` may name a group: a duty can be owed to several. Borne it is by one."""
    yield from (slot for slot in _actors(norm, "to", norm.to) if slot.value not in vocabulary.groups)
    yield from _actors(norm, "waived_by", norm.waived_by)
    for key in ("within", "grace", "early", "observe_every", "every"):
        yield from _duration(norm, key)
    if isinstance(norm.must, models.ReachSpec):
        for milestone in norm.milestones or ():
            yield Slot("at_least", milestone.at_least, milestone.node.at("at_least"), "limit", bound=norm.must.reach)


def _inner_slots(part: Located, vocabulary: Vocabulary) -> Iterator[Slot]:
    match part:
        case models.MatchSpec():
            yield from _field_slots(part, part.event, vocabulary)
        case models.BoundSpec():
            yield from _field_slots(part, measured_event(part), vocabulary)
            for key in ("at_least", "at_most"):
                if getattr(part, key) is not None:
                    yield Slot(key, getattr(part, key), part.node.at(key), "limit", bound=part)
            yield from _duration(part, "over")
            yield from _duration(part, "stale_after")
        case models.MeasureSpec():
            yield from _field_slots(part, measured_event(part), vocabulary)
        case models.AllOfThem():
            yield from _actors(part, "all", part.all)
        case models.SomeOfThem():
            yield from _actors(part, "of", part.of)
        case models.ExtendableSpec():
            yield from _actors(part, "by", part.by)
            yield from _duration(part, "at_most")
        case models.HappenedCond():
            yield from _duration(part, "last")
            yield from _duration(part, "earlier_than")
        case models.TriggersInOrder() | models.MilestoneSpec():
            yield from _duration(part, "within")
        case models.AfterSpec():
            yield from _duration(part, "after")


def _actors(model: Located, key: str, values: Any) -> Iterator[Slot]:
    for value, place in named(model, key, values):
        yield Slot(key, value, place, "field", ACTOR)


def _duration(model: Located, key: str) -> Iterator[Slot]:
    value = getattr(model, key)
    if value is not None and not isinstance(value, (bool, models.Each)):
        yield Slot(key, value, model.node.at(key), "duration", exact=key in _EXACT)


def _field_slots(
    part: models.MatchSpec | models.MeasureSpec, event: str | None, vocabulary: Vocabulary
) -> Iterator[Slot]:
    kind = vocabulary.event_types.get(event or "")
    if kind is None or "where" not in part.node:
        return
    for test in field_tests(part.where, part.node["where"]):
        field = kind.fields.get(test.field)
        if field is not None and test.op != "exists":
            yield Slot(test.field, test.value, test.at, "field", field)


# --- variables -------------------------------------------------------------------------------------------------------


def variables(entry: Entry, vocabulary: Vocabulary) -> Iterator[tuple[Var, Place]]:
    """Every variable that is used, in place."""
    for slot in slots(entry, vocabulary):
        if isinstance(slot.value, Var):
            yield slot.value, slot.at
    for _, part in entry.parts:
        for name, value in (getattr(part, "for_", None) or {}).items():
            if isinstance(value, Var):
                yield value, part.node["for"].at(name)
    for part_with_unknown_event in _unresolved(entry, vocabulary):
        yield from part_with_unknown_event


def _unresolved(entry: Entry, vocabulary: Vocabulary) -> Iterator[Iterator[tuple[Var, Place]]]:
    """Variables in tests on fields that are not known: their type cannot be checked, but whether they are bound can."""
    for _, part in entry.parts:
        if not isinstance(part, (models.MatchSpec, models.MeasureSpec)) or "where" not in part.node:
            continue
        event = part.event if isinstance(part, models.MatchSpec) else measured_event(part)
        kind = vocabulary.event_types.get(event or "")
        tests = field_tests(part.where, part.node["where"])
        yield (
            (test.value, test.at)
            for test in tests
            if isinstance(test.value, Var) and (kind is None or test.field not in kind.fields)
        )


def range_of(entry: Entry, var: Var, vocabulary: Vocabulary) -> list[tuple[Any, Place]] | None:
    """The values that a variable can have, each in place; None where only the log says."""
    given = entry.for_each.get(var.name)
    node = entry.node.get("for_each")
    if given is None or not isinstance(node, Fields) or isinstance(given, models.EachSpec):
        return None
    at = node.at(var.name)
    if isinstance(given, dict):
        rows: Fields = node[var.name]
        if var.column is None:
            return [(row, rows.key(row)) for row in given]
        return [(cells[var.column], rows[row].at(var.column)) for row, cells in given.items() if var.column in cells]
    if isinstance(given, list):
        return list(_with_places(given, node[var.name], at))
    return [(member, at) for member in vocabulary.groups[given]] if given in vocabulary.groups else None

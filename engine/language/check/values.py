"""Family: values of the right type, name and unit in every slot, through variables and table rows too."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from engine.language import models
from engine.language.check.parts import (
    Entry,
    FieldTest,
    Slot,
    entries,
    field_tests,
    measured_event,
    measured_field,
    range_of,
    slots,
)
from engine.language.draft import Draft
from engine.language.locate import Number, Place
from engine.language.models import shown
from engine.language.plan import Var
from engine.problems import Problem, nearest
from engine.quantities import Quantity, QuantityError, parse_quantity
from engine.time import Duration, TimeError, parse_date, parse_duration
from engine.vocabulary import FieldType, Vocabulary

ORDERED = ("number", "date")


def check(draft: Draft) -> Iterator[Problem]:
    for entry, _ in entries(draft):
        yield from _comparisons(entry, draft.vocabulary)
        for slot in slots(entry, draft.vocabulary):
            yield from _slot_problems(slot, entry, draft.vocabulary)


def _comparisons(entry: Entry, vocabulary: Vocabulary) -> Iterator[Problem]:
    """Only numbers and dates have an order."""
    for field, test in _all_tests(entry, vocabulary):
        if test.op in ("gt", "gte", "lt", "lte") and field.kind not in ORDERED:
            message = f'"{test.field}" is of type {field.kind}, which has no order: "{test.op}" cannot compare it'
            yield test.field_at.problem("unordered-comparison", message, "list the values that are meant")


def _all_tests(entry: Entry, vocabulary: Vocabulary) -> Iterator[tuple[FieldType, FieldTest]]:
    for _, part in entry.parts:
        if not isinstance(part, (models.MatchSpec, models.MeasureSpec)) or "where" not in part.node:
            continue
        event = part.event if isinstance(part, models.MatchSpec) else measured_event(part)
        kind = vocabulary.event_types.get(event or "")
        for test in field_tests(part.where, part.node["where"]):
            if kind is not None and test.field in kind.fields:
                yield kind.fields[test.field], test


def _slot_problems(slot: Slot, entry: Entry, vocabulary: Vocabulary) -> Iterator[Problem]:
    if not isinstance(slot.value, Var):
        yield from value_problems(slot.value, slot.at, slot, vocabulary)
        return
    given = entry.for_each.get(slot.value.name)
    if isinstance(given, str):
        if slot.takes != "field" or (slot.field and slot.field.kind not in ("party", "text")):
            yield _wrong_range(slot, f'the group "{given}"')
    elif isinstance(given, models.EachSpec):
        yield from _each_problems(slot, given, vocabulary)
    else:
        for value, place in range_of(entry, slot.value, vocabulary) or ():
            yield from value_problems(value, place, slot, vocabulary)


def _wrong_range(slot: Slot, over: str) -> Problem:
    wanted = slot.field.kind if slot.takes == "field" and slot.field else slot.takes
    message = f'"{slot.value}" ranges over {over}, but "{slot.word}" takes a {_wanted(wanted)}'
    return slot.at.problem("wrong-type", message)


def _wanted(kind: str) -> str:
    return {"limit": "quantity", "enum": "word of an enum"}.get(kind, kind)


def _each_problems(slot: Slot, given: models.EachSpec, vocabulary: Vocabulary) -> Iterator[Problem]:
    for path in given.each:
        event, _, name = path.partition(".")
        kind = vocabulary.event_types.get(event)
        field = kind.fields.get(name) if kind else None
        if field is None:
            continue
        if not _fits(field, slot):
            yield _wrong_range(slot, f'"{path}", which is of type {field.kind}')


def _fits(field: FieldType, slot: Slot) -> bool:
    """May the values of a field stand in a slot?"""
    if slot.field is not None:
        return field.kind == slot.field.kind or slot.field.kind in ("text", "enum")
    return slot.takes == "limit" and field.kind == "number"


def value_problems(value: Any, place: Place, slot: Slot, vocabulary: Vocabulary) -> Iterator[Problem]:
    """What is wrong with one value in one slot."""
    if slot.takes == "duration":
        yield from _duration_problems(value, place, slot)
    elif slot.takes == "limit":
        assert slot.bound is not None
        yield from _limit_problems(value, place, slot.bound, vocabulary)
    elif slot.field is not None:
        yield from field_problems(value, place, slot.field, vocabulary)


# --- durations -------------------------------------------------------------------------------------------------------


def _duration_problems(value: Any, place: Place, slot: Slot) -> Iterator[Problem]:
    if not isinstance(value, Duration):
        try:
            value = parse_duration(shown(value), zero_days=slot.word == "within")
        except TimeError as error:
            yield place.problem("bad-duration", str(error), "a whole number and a whole word: 100 days")
            return
    if slot.exact and value.unit in ("month", "year", "working day"):
        message = f'"{value}" has no exact length, which "{slot.word}" asks for'
        yield place.problem("inexact-length", message, "write it in minutes, hours, days or weeks")
    if slot.word == "every" and value.unit == "working day":
        yield place.problem("inexact-length", f'"{value}" is no period', "write days, weeks, months or years")


# --- limits ----------------------------------------------------------------------------------------------------------


def _limit_problems(value: Any, place: Place, bound: models.BoundSpec, vocabulary: Vocabulary) -> Iterator[Problem]:
    text = value.text if isinstance(value, models.Written) else shown(value)
    try:
        quantity = value.quantity if isinstance(value, models.Written) else _quantity(value)
    except QuantityError as error:
        yield place.problem("bad-quantity", str(error), "a number, then its unit after a space: 25 bn USD")
        return
    field = measured_field(bound, vocabulary)
    if bound.per is not None:
        yield from _share_problems(text, quantity, place, bound, vocabulary)
    elif bound.count is not None:
        if quantity.unit is not None:
            message = f'"{text}" has a unit, but events are counted: "{bound.count}"'
            yield place.problem("unit-mismatch", message, "write a bare number")
    elif field is not None and field.kind == "number":
        yield from _unit_problems(text, quantity, place, field)


def _share_problems(
    text: str, quantity: Quantity, place: Place, bound: models.BoundSpec, vocabulary: Vocabulary
) -> Iterator[Problem]:
    """A share is a percentage or a bare number; so many of a unit per counted event may name that unit."""
    field = measured_field(bound, vocabulary)
    of_counted = bound.per is not None and bound.per.count is not None
    allowed = {None, "%"} | ({field.unit} if field and of_counted else set())
    if quantity.unit not in allowed:
        message = f'"{text}" has the unit "{quantity.unit}", but a ratio is compared here'
        yield place.problem("unit-mismatch", message, 'write a share like "50 %" or a bare number')


def _quantity(value: Any) -> Quantity:
    if isinstance(value, bool):
        raise QuantityError(f'"{shown(value)}" is not a quantity like "600000 persons" or "25 bn USD"')
    return parse_quantity(shown(value))


def _unit_problems(text: str, quantity: Quantity, place: Place, field: FieldType) -> Iterator[Problem]:
    if quantity.unit == field.unit:
        return
    if quantity.unit is None:
        message = f'"{text}" has no unit, but "{field.name}" is counted in "{field.unit}"'
        yield place.problem("missing-unit", message, f'write "{text} {field.unit}"')
    elif field.unit is None:
        message = f'"{text}" has the unit "{quantity.unit}", but "{field.name}" has none'
        yield place.problem("unit-mismatch", message, "write a bare number, or give the field its unit")
    else:
        message = f'"{text}" has the unit "{quantity.unit}", but "{field.name}" is counted in "{field.unit}"'
        yield place.problem("unit-mismatch", message, f'write it in "{field.unit}"')


# --- fields ----------------------------------------------------------------------------------------------------------


def field_problems(value: Any, place: Place, field: FieldType, vocabulary: Vocabulary) -> Iterator[Problem]:
    """What is wrong with a value that a field is held against in a rule."""
    if field.kind == "number":
        yield from _number_problems(value, place, field)
    else:
        yield from plain_problems(value, place, field, vocabulary)


def plain_problems(value: Any, place: Place, field: FieldType, vocabulary: Vocabulary) -> Iterator[Problem]:
    """What is wrong with a value that is no number."""
    text = shown(value)
    match field.kind:
        case "party":
            if text not in vocabulary.actors:
                yield place.problem("unknown-party", f'"{text}" is no party and no body', _actor_hint(text, vocabulary))
        case "place":
            if text not in vocabulary.places:
                yield place.problem("unknown-place", f'"{text}" is no place', nearest(text, vocabulary.places))
        case "enum":
            if text not in field.values:
                hint = nearest(text, field.values) or f"one of: {', '.join(field.values)}"
                yield place.problem("unknown-value", f'"{text}" is no value of "{field.name}"', hint)
        case "bool":
            if not isinstance(value, bool):
                yield place.problem("wrong-type", f'"{field.name}" is true or false, not "{text}"')
        case "date":
            yield from _date_problems(text, place, field)


def _actor_hint(text: str, vocabulary: Vocabulary) -> str:
    if text in vocabulary.groups:
        return f'"{text}" is a group: bind a variable to it with for_each'
    return nearest(text, vocabulary.actors)


def _date_problems(text: str, place: Place, field: FieldType) -> Iterator[Problem]:
    try:
        parse_date(text)
    except TimeError as error:
        yield place.problem("wrong-type", f'"{field.name}" is a date: {error}')


def _number_problems(value: Any, place: Place, field: FieldType) -> Iterator[Problem]:
    text = shown(value)
    if isinstance(value, bool) or not (isinstance(value, Number) or text[:1].isdigit() or text[:1] == "-"):
        yield place.problem("wrong-type", f'"{field.name}" is a number, not "{text}"')
        return
    try:
        quantity = parse_quantity(text)
    except QuantityError as error:
        yield place.problem("bad-quantity", str(error), "a number, then its unit after a space: 25 bn USD")
        return
    yield from _unit_problems(text, quantity, place, field)

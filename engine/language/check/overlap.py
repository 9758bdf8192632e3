"""Can two matches meet, and does one cover the other? Asked of permissions, exceptions and conflicts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.language import models
from engine.language.check.parts import Entry, field_tests, range_of
from engine.language.locate import Number
from engine.language.models import MatchSpec, shown
from engine.language.plan import Var
from engine.quantities import plain
from engine.vocabulary import FieldType, Vocabulary


def same_bearer(one: models.NormSpec, other: models.NormSpec, vocabulary: Vocabulary) -> bool:
    """Can both be borne by one party?"""
    here, there = _values(one.who, one, vocabulary), _values(other.who, other, vocabulary)
    return here is None or there is None or bool(here & there)


def can_meet(one: MatchSpec, here: Entry, other: MatchSpec, there: Entry, vocabulary: Vocabulary) -> bool:
    """Is there an event that satisfies both? Said with certainty only where sets of values are disjoint."""
    if one.event != other.event:
        return False
    left, right = _allowed(one, here, vocabulary), _allowed(other, there, vocabulary)
    for field in left.keys() & right.keys():
        a, b = left[field], right[field]
        if a is not None and b is not None and not any(_touch(x, y, vocabulary) for x in a for y in b):
            return False
    return True


def covers(wide: MatchSpec, there: Entry, narrow: MatchSpec, here: Entry, vocabulary: Vocabulary) -> bool:
    """Does every event that satisfies `narrow` satisfy `wide`? False where it cannot be told."""
    if wide.event != narrow.event or wide.confirmed_by is not None or (wide.evidence or "") != (narrow.evidence or ""):
        return False
    asked, given = _allowed(wide, there, vocabulary), _allowed(narrow, here, vocabulary)
    for field, spec in wide.where.items():
        if field in narrow.where and _same(spec, narrow.where[field]):
            continue
        outer, inner = asked[field], given.get(field)
        if outer is None or inner is None or _has_variable(spec):
            return False  # a variable covers one value at a time
        if not all(any(_inside(x, y, vocabulary) for y in outer) for x in inner):
            return False
    return True


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, models.Comparison) or isinstance(other, models.Comparison):
        return isinstance(one, models.Comparison) and isinstance(other, models.Comparison) and one == other
    return bool(one == other)


def _has_variable(spec: Any) -> bool:
    return isinstance(spec, Var) or (isinstance(spec, list) and any(isinstance(value, Var) for value in spec))


def _allowed(match: MatchSpec, entry: Entry, vocabulary: Vocabulary) -> Mapping[str, frozenset[str] | None]:
    """Per field the values that it may have; None where that is no list of known words."""
    allowed: dict[str, frozenset[str] | None] = {}
    kind = vocabulary.event_types.get(match.event)
    if "where" not in match.node or kind is None:
        return allowed
    for test in field_tests(match.where, match.node["where"]):
        values = _values(test.value, entry, vocabulary) if test.op == "in" else None
        if values is not None and not _all_known(values, kind.fields.get(test.field), vocabulary):
            values = None
        before = allowed.get(test.field, frozenset())
        allowed[test.field] = None if values is None or before is None else before | values
    return allowed


def _all_known(values: frozenset[str], field: FieldType | None, vocabulary: Vocabulary) -> bool:
    """A misspelt word is reported as such; that it meets nothing need not be said as well."""
    if field is None:
        return False
    words = {"party": vocabulary.actors, "place": vocabulary.places.keys(), "enum": frozenset(field.values)}
    return values <= set(words.get(field.kind, values))


def _values(value: Any, entry: Entry, vocabulary: Vocabulary) -> frozenset[str] | None:
    if not isinstance(value, Var):
        return frozenset({_text(value)})
    known = range_of(entry, value, vocabulary)
    return None if known is None else frozenset(_text(each) for each, _ in known)


def _text(value: Any) -> str:
    return plain(value) if isinstance(value, Number) else shown(value)


def _inside(inner: str, outer: str, vocabulary: Vocabulary) -> bool:
    return inner == outer or outer in vocabulary.containing.get(inner, ())


def _touch(one: str, other: str, vocabulary: Vocabulary) -> bool:
    return _inside(one, other, vocabulary) or _inside(other, one, vocabulary)

"""What matches and events look like to durable-rules: JSON predicates over flat facts of texts and 64-bit integers.

Its quirks are met here. Texts go percent-coded, as it reads no escapes. Numbers go as scaled integers: a field's scale is
the most decimals of its constants, and the integer is doubled so that an event's value between two of them can be told by
an odd one. Places go as their position in a walk of the tree, so that "inside" is one span however many places it has
(it takes no more than 500 alternatives). The branches of every `$or` exclude each other: a rule fires once an event.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from typing import Any, cast
from urllib.parse import quote

from engine.events import FieldValue
from engine.language.plan import Match, Pred
from engine.quantities import EXACT, plain
from engine.vocabulary import Vocabulary

Code = str | int
Predicate = dict[str, Any]
Fact = dict[str, Code]

ROOM = 2**62
"""No constant reaches it, and event values beyond it are cut to it: they compare the same."""
LONGEST_TEXT = 60_000
"""durable-rules counts a text's length in 16 bits; a longer one goes as its digest."""


class MatcherError(Exception):
    """The chosen matcher cannot do its work here; the message is one line for the user."""


class MatcherRefused(MatcherError):
    """A match that durable-rules cannot carry, by its key."""

    def __init__(self, match: str, why: str):
        super().__init__(f'durable-rules cannot carry "{match}": {why}')


@dataclass(frozen=True, slots=True)
class Column:
    """A field as facts carry it: `value`, left out where the field is absent, and `present`, 1 or 0."""

    value: str
    present: str
    code: Callable[[Any], Code]


@dataclass(frozen=True, slots=True)
class Spans:
    """Place -> first and last position of the places in it, itself the first."""

    of: Mapping[str, tuple[int, int]]

    def position(self, place: str) -> int:
        return self.of[place][0]


class Forms:
    """Translates the matches once, and then event after event."""

    def __init__(self, vocabulary: Vocabulary, matches: Sequence[Match]):
        self._vocabulary = vocabulary
        self._spans = spans(vocabulary)
        preds: dict[str, dict[str, list[Pred]]] = {}
        for match in matches:
            fields = preds.setdefault(match.event, {})
            for pred in match.preds:
                fields.setdefault(pred.field, []).append(pred)
        self._columns = {
            event: {name: self._column(number, event, fields[name]) for number, name in enumerate(sorted(fields))}
            for event, fields in preds.items()
        }

    def _column(self, number: int, event: str, preds: Sequence[Pred]) -> Column:
        kind = self._kind(event, preds[0].field)
        code: Callable[[Any], Code] = text_code
        if kind == "place":
            code = self._spans.position
        elif kind == "number":
            code = number_code(max((_decimals(value) for pred in preds for value in pred.values), default=0))
        return Column(f"v{number}", f"h{number}", code)

    def _kind(self, event: str, field: str) -> str:
        return self._vocabulary.event_types[event].fields[field].kind

    def fact(self, event: str, fields: Mapping[str, FieldValue]) -> Fact | None:
        """Nothing where no match asks about the event's type."""
        columns = self._columns.get(event)
        if columns is None:
            return None
        fact: Fact = dict(ANYTHING)
        for name, column in columns.items():
            value = fields.get(name)
            fact[column.present] = int(value is not None)
            if value is not None:
                fact[column.value] = column.code(value)
        return fact

    def rules(self, match: Match) -> tuple[Predicate, Predicate]:
        """Two predicates: every pred of the match holds; none of them fails. Raises MatcherRefused."""
        terms = [self._terms(pred, match) for pred in match.preds]
        return all_of([ANYTHING, *(yes for yes, _ in terms)]), all_of([ANYTHING, *(near for _, near in terms)])

    def _terms(self, pred: Pred, match: Match) -> tuple[Predicate, Predicate]:
        column = self._columns[match.event][pred.field]
        if pred.op == "exists":
            compared = {column.present: int(pred.values[0] is True)}
            return compared, compared
        kind = self._kind(match.event, pred.field)
        if kind == "place":
            yes, near = place_terms(pred, column, self._vocabulary, self._spans)
        else:
            yes = near = value_term(pred, column, match)
        return yes, any_of([{column.present: 0}, near])


ANYTHING: Predicate = {"fact": 1}
"""Every fact says so. A rule on `id` would do for facts, but then fires on its own state too, and never ends."""


def value_term(pred: Pred, column: Column, match: Match) -> Predicate:
    codes = list(dict.fromkeys(constant_code(value, column, match) for value in pred.values))
    if pred.op == "in":
        return any_of([{column.value: code} for code in codes])
    if pred.op == "not":
        return all_of([{"$neq": {column.value: code}} for code in codes])
    return {f"${pred.op}": {column.value: codes[0]}}


def constant_code(value: object, column: Column, match: Match) -> Code:
    code = column.code(value)
    if isinstance(code, int) and abs(code) >= ROOM:
        raise MatcherRefused(match.key, f"{plain(cast(Decimal, value))} does not fit its 64-bit numbers")
    return code


def place_terms(pred: Pred, column: Column, vocabulary: Vocabulary, spans: Spans) -> tuple[Predicate, Predicate]:
    """What holds of a place, and what does not fail: a place that contains an asked one may have been in it or not."""
    asked = {str(value) for value in pred.values}
    outermost = sorted(place for place in asked if len(asked & vocabulary.containing[place]) == 1)
    within = [spans.of[place] for place in outermost]
    around = frozenset[str]().union(*(vocabulary.containing[place] - {place} for place in outermost))
    coarser = [spans.position(place) for place in sorted(around)]
    if pred.op == "in":
        inside = [_between(column, first, last) for first, last in within]
        return any_of(inside), any_of([*inside, *({column.value: at} for at in coarser)])
    outside = [_not_between(column, first, last) for first, last in within]
    return all_of([*outside, *({"$neq": {column.value: at}} for at in coarser)]), all_of(outside)


def _between(column: Column, first: int, last: int) -> Predicate:
    if first == last:
        return {column.value: first}
    return all_of([{"$gte": {column.value: first}}, {"$lte": {column.value: last}}])


def _not_between(column: Column, first: int, last: int) -> Predicate:
    if first == last:
        return {"$neq": {column.value: first}}
    return any_of([{"$lt": {column.value: first}}, {"$gt": {column.value: last}}])


def all_of(parts: Sequence[Predicate]) -> Predicate:
    return parts[0] if len(parts) == 1 else {"$and": list(parts)}


def any_of(parts: Sequence[Predicate]) -> Predicate:
    return parts[0] if len(parts) == 1 else {"$or": list(parts)}


def spans(vocabulary: Vocabulary) -> Spans:
    around = vocabulary.containing
    inside = Counter(place for places in around.values() for place in places)

    def path(place: str) -> list[str]:
        return sorted(around[place], key=lambda other: len(around[other]))

    walk = sorted(around, key=path)
    return Spans({place: (at, at + inside[place] - 1) for at, place in enumerate(walk)})


def text_code(value: object) -> Code:
    """Texts, names, dates (ISO, so they order as texts) and truth values."""
    code = quote(str(value), safe="", errors="surrogatepass")
    if len(code) > LONGEST_TEXT:
        return "#" + hashlib.sha256(code.encode()).hexdigest()
    return "=" + code


def number_code(scale: int) -> Callable[[Decimal], Code]:
    """Even: a multiple of 10^-scale, as every constant is. Odd: strictly between two of them."""

    def code(value: Decimal) -> int:
        scaled = value.scaleb(scale, EXACT)
        floor = scaled.to_integral_value(ROUND_FLOOR)
        return max(-ROOM, min(ROOM, 2 * int(floor) + (scaled != floor)))

    return code


def _decimals(value: object) -> int:
    if not isinstance(value, Decimal):
        return 0
    return max(0, -int(value.as_tuple().exponent))

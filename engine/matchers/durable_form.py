"""What matches and events look like to durable-rules: JSON predicates over flat facts of texts and 64-bit integers.

Its quirks are met here. Texts go percent-coded, as it reads no escapes. Numbers go as scaled integers: a field's
scale is the most decimals of its constants, and the integer is doubled so that an event's value between two of them
can be told by an odd one. A place goes as its own name and the names around it by depth: "inside donetsk" is one
equality, however many places donetsk has. The branches of every `$or` exclude each other, as an event would fire the
rule once for each.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from typing import Any, TypeVar, cast
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
TERMS_A_RULE = 6
"""durable-rules takes 32 expressions a rule; a term, with its `$or` and `$and` and their ends, is four at most."""
COMPARISONS = 400
"""durable-rules keeps comparisons that follow one another in a table of 512, and loops for ever once it is full."""
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
    """A field as facts carry it: under `value`, left out where it is absent; under `present`, 1 or 0."""

    value: str
    present: str
    code: Callable[[Any], Code]
    depths: Mapping[str, int] | None = None
    """Of a place field: how deep each place lies."""

    def at_depth(self, depth: int) -> str:
        return f"{self.value}d{depth}"


class Forms:
    """Translates the matches once, and then event after event."""

    def __init__(self, vocabulary: Vocabulary, matches: Sequence[Match]):
        self._vocabulary = vocabulary
        self._depths = {place: len(around) for place, around in vocabulary.containing.items()}
        preds: dict[str, dict[str, list[Pred]]] = defaultdict(lambda: defaultdict(list))
        for match in matches:
            fields = preds[match.event]
            for pred in match.preds:
                fields[pred.field].append(pred)
        self._columns = {
            event: {name: self._column(number, event, fields[name]) for number, name in enumerate(sorted(fields))}
            for event, fields in preds.items()
        }

    def _column(self, number: int, event: str, preds: Sequence[Pred]) -> Column:
        kind = self._vocabulary.event_types[event].fields[preds[0].field].kind
        if kind == "place":
            return Column(f"v{number}", f"h{number}", text_code, self._depths)
        if kind == "number":
            scale = max(_decimals(value) for pred in preds for value in pred.values)
            return Column(f"v{number}", f"h{number}", number_code(scale))
        return Column(f"v{number}", f"h{number}", text_code)

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
                fact.update(self._around(value, column))
        return fact

    def _around(self, value: FieldValue, column: Column) -> Fact:
        """At every depth that the vocabulary has, the place around this one; deeper than itself: none."""
        if column.depths is None:
            return {}
        around = {column.depths[place]: text_code(place) for place in self._vocabulary.containing[str(value)]}
        return {column.at_depth(depth): around.get(depth, NO_PLACE) for depth in set(column.depths.values())}

    def rules(self, match: Match) -> tuple[list[Predicate], list[Predicate]]:
        """Predicates that all hold where every pred of the match holds; and that all hold where none of them fails.

        Several, as a rule of durable-rules takes few expressions. Raises MatcherRefused.
        """
        terms = [self._terms(pred, match) for pred in match.preds]
        yes, near = (_in_parts(each) for each in zip(*terms, strict=True)) if terms else ([ANYTHING], [ANYTHING])
        most = max(comparisons(part) for part in near)
        if most > COMPARISONS:
            raise MatcherRefused(match.key, f"{most} values in one condition are more than the {COMPARISONS} it takes")
        return yes, near

    def _terms(self, pred: Pred, match: Match) -> tuple[Predicate, Predicate]:
        column = self._columns[match.event][pred.field]
        if pred.op == "exists":
            compared = {column.present: int(pred.values[0] is True)}
            return compared, compared
        if column.depths is not None:
            yes, near = place_terms(pred, column, self._vocabulary)
        else:
            yes = near = value_term(pred, column, match)
        return yes, any_of([{column.present: 0}, near])


ANYTHING: Predicate = {"fact": 1}
"""Every fact says so. A rule on `id` would do for facts, but then fires on its own state too, and never ends."""
NO_PLACE = "-"


def _in_parts(terms: Sequence[Predicate]) -> list[Predicate]:
    return [all_of([ANYTHING, *part]) for part in packed(terms, TERMS_A_RULE, comparisons)]


Item = TypeVar("Item")


def packed(items: Iterable[Item], most: int, comparisons_of: Callable[[Item], int]) -> list[list[Item]]:
    """In order, in as few parts as hold `most` items and COMPARISONS each; an item that is too large stands alone."""
    parts: list[list[Item]] = []
    room = 0
    for item in items:
        size = comparisons_of(item)
        if not parts or len(parts[-1]) == most or size > room:
            parts.append([])
            room = COMPARISONS - 1
        parts[-1].append(item)
        room -= size
    return parts


def comparisons(predicate: Predicate) -> int:
    parts = predicate.get("$and") or predicate.get("$or")
    return sum(comparisons(part) for part in parts) if parts else 1


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


def place_terms(pred: Pred, column: Column, vocabulary: Vocabulary) -> tuple[Predicate, Predicate]:
    """What holds of a place, and what does not fail: a place that contains an asked one may have been in it or not."""
    assert column.depths is not None
    asked = {str(value) for value in pred.values}
    outermost = sorted(place for place in asked if len(asked & vocabulary.containing[place]) == 1)
    coarser = sorted({around for place in outermost for around in vocabulary.containing[place]} - set(outermost))
    inside = [{column.at_depth(column.depths[place]): text_code(place)} for place in outermost]
    around = [{column.value: text_code(place)} for place in coarser]
    if pred.op == "in":
        return any_of(inside), any_of(inside + around)
    outside = [{"$neq": place} for place in inside]
    return all_of(outside + [{"$neq": place} for place in around]), all_of(outside)


def all_of(parts: Sequence[Predicate]) -> Predicate:
    return parts[0] if len(parts) == 1 else {"$and": list(parts)}


def any_of(parts: Sequence[Predicate]) -> Predicate:
    return parts[0] if len(parts) == 1 else {"$or": list(parts)}


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

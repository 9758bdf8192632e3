"""The default matcher: preds compiled to functions, answers kept in a table of the value classes that matter."""

from __future__ import annotations

import operator
from bisect import bisect_left
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from typing import Any, cast

from engine.evaluation.matching import Hits
from engine.events import Event, FieldValue
from engine.language.plan import Match, Pred, Value
from engine.vocabulary import Vocabulary

KEPT_NUMBERS = 2_000_000
"""Per event type: so many numbers of matches are kept in answers, then the table starts afresh. Bounded by content and
not by answers: one answer may name 10,000 open matches."""

_NOTHING = Hits((), ())
_UNNAMED = object()
"""Stands for every value that no match names."""

_ORDERS: Mapping[str, Callable[[Any, Any], bool]] = {
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
}

Test = Callable[[FieldValue | None], bool | None]
"""A field's value (None: absent) -> holds, fails, or None: open."""
Classify = Callable[[FieldValue | None], Hashable]
"""A field's value -> a word for all the values that no match tells apart from it."""


class CompiledMatcher:
    notes: tuple[str, ...] = ()

    def __init__(self, vocabulary: Vocabulary, matches: Sequence[Match]):
        groups: dict[str, list[tuple[int, Match]]] = defaultdict(list)
        for number, match in enumerate(matches):
            groups[match.event].append((number, match))
        self._tables = {event: _Table(event, vocabulary, group) for event, group in groups.items()}

    def hits(self, events: Sequence[Event]) -> Iterator[Hits]:
        tables = self._tables
        for event in events:
            table = tables.get(event.type)
            yield _NOTHING if table is None else table.answer(event.fields)

    def close(self) -> None:
        """Nothing is held."""


_MADE: OrderedDict[Any, tuple[Any, CompiledMatcher]] = OrderedDict()
_KEPT_MATCHERS = 8


def compiled_matcher(vocabulary: Vocabulary, matches: Sequence[Match]) -> CompiledMatcher:
    """The same matches are asked about again and again, and nothing in a matcher changes but the answers that it keeps:
    the last few are kept."""
    key = (id(vocabulary), tuple(map(id, matches)))
    if key not in _MADE:
        # What an id stands for is kept with it, so that it stands for nothing else meanwhile.
        _MADE[key] = ((vocabulary, tuple(matches)), CompiledMatcher(vocabulary, matches))
        while len(_MADE) > _KEPT_MATCHERS:
            _MADE.popitem(last=False)
    _MADE.move_to_end(key)
    return _MADE[key][1]


class _Table:
    """The matches on one event type."""

    def __init__(self, event: str, vocabulary: Vocabulary, matches: Sequence[tuple[int, Match]]):
        preds = [pred for _, match in matches for pred in match.preds]
        self._asked = [(name, _classify(group, event, vocabulary)) for name, group in _by_field(preds)]
        self._tests = {
            number: [(pred.field, _test(pred, event, vocabulary)) for pred in match.preds] for number, match in matches
        }
        self._index = _Index(event, vocabulary, matches)
        self._answers: dict[tuple[Hashable, ...], Hits] = {}
        self._room = KEPT_NUMBERS

    def answer(self, fields: Mapping[str, FieldValue]) -> Hits:
        key = tuple([classify(fields.get(name)) for name, classify in self._asked])
        known = self._answers.get(key)
        if known is None:
            known = self._worked_out(fields)
            self._keep(key, known)
        return known

    def _keep(self, key: tuple[Hashable, ...], hits: Hits) -> None:
        self._room -= 1 + len(hits.yes) + len(hits.open)
        if self._room < 0:
            self._answers.clear()
            self._room = KEPT_NUMBERS
        self._answers[key] = hits

    def _worked_out(self, fields: Mapping[str, FieldValue]) -> Hits:
        hits: dict[bool | None, list[int]] = {True: [], None: [], False: []}
        for number in self._index.candidates(fields):
            hits[_all_hold(self._tests[number], fields)].append(number)
        return Hits(tuple(sorted(hits[True])), tuple(sorted(hits[None])))


def _all_hold(tests: Iterable[tuple[str, Test]], fields: Mapping[str, FieldValue]) -> bool | None:
    result: bool | None = True
    for name, test in tests:
        holds = test(fields.get(name))
        if holds is False:
            return False
        if holds is None:
            result = None
    return result


class _Index:
    """Which matches can an event concern at all? Each match waits under the values of its most selective `in`.

    Without it, a family of 10,000 bindings that differ in one value would cost 10,000 tests an event.
    """

    def __init__(self, event: str, vocabulary: Vocabulary, matches: Sequence[tuple[int, Match]]):
        named = Counter(
            (pred.field, value)
            for _, match in matches
            for pred in match.preds
            if pred.op == "in"
            for value in pred.values
        )
        self._always: list[int] = []
        self._under: dict[str, dict[Value, list[int]]] = defaultdict(lambda: defaultdict(list))
        self._all_under: dict[str, list[int]] = defaultdict(list)
        for number, match in matches:
            equalities = [pred for pred in match.preds if pred.op == "in"]
            if not equalities:
                self._always.append(number)
                continue
            pred = min(equalities, key=lambda p: max(named[p.field, value] for value in p.values))
            self._all_under[pred.field].append(number)
            for value in _not_failing(pred, event, vocabulary):
                self._under[pred.field][value].append(number)

    def candidates(self, fields: Mapping[str, FieldValue]) -> Iterator[int]:
        """Every match that the event satisfies or leaves open, and few others; each once."""
        yield from self._always
        for name, under in self._under.items():
            value = fields.get(name)
            # An absent field leaves every one of them open.
            yield from self._all_under[name] if value is None else under.get(value, ())


def _not_failing(pred: Pred, event: str, vocabulary: Vocabulary) -> set[Value]:
    """The values with which an `in` holds or is open."""
    values = _values(pred)
    if not _is_place(pred, event, vocabulary):
        return set(values)
    places = [str(value) for value in values]
    return {near for place in places for near in vocabulary.inside[place] | vocabulary.containing[place]}


def _by_field(preds: Iterable[Pred]) -> list[tuple[str, list[Pred]]]:
    groups: dict[str, list[Pred]] = defaultdict(list)
    for pred in preds:
        groups[pred.field].append(pred)
    return sorted(groups.items())


def _classify(preds: Sequence[Pred], event: str, vocabulary: Vocabulary) -> Classify:
    """Compared: the position among the constants. A place: itself. Others: themselves where some match names them."""
    if any(_is_place(pred, event, vocabulary) for pred in preds):
        return lambda value: value
    constants = {value for pred in preds if pred.op != "exists" for value in _values(pred)}
    if any(pred.op in _ORDERS for pred in preds):
        return _position(sorted(cast(set[Any], constants)))
    return lambda value: value if value is None or value in constants else _UNNAMED


def _position(steps: Sequence[Any]) -> Classify:
    def position(value: Any) -> Hashable:
        if value is None:
            return None
        at = bisect_left(steps, value)
        return (at, at < len(steps) and steps[at] == value)

    return position


def _test(pred: Pred, event: str, vocabulary: Vocabulary) -> Test:
    if pred.op == "exists":
        wanted = pred.values[0]
        return lambda value: (value is not None) is wanted
    holds = _place_test(pred, vocabulary) if _is_place(pred, event, vocabulary) else _value_test(pred)
    return lambda value: None if value is None else holds(value)


def _value_test(pred: Pred) -> Callable[[FieldValue], bool]:
    values = frozenset(_values(pred))
    if pred.op == "in":
        return lambda value: value in values
    if pred.op == "not":
        return lambda value: value not in values
    compare, limit = _ORDERS[pred.op], pred.values[0]
    return lambda value: compare(value, limit)


def _place_test(pred: Pred, vocabulary: Vocabulary) -> Callable[[FieldValue], bool | None]:
    places = [str(value) for value in _values(pred)]
    within = frozenset().union(*(vocabulary.inside[place] for place in places))
    coarser = frozenset().union(*(vocabulary.containing[place] for place in places)) - within
    inside_holds = pred.op == "in"
    return lambda value: None if value in coarser else (value in within) is inside_holds


def _is_place(pred: Pred, event: str, vocabulary: Vocabulary) -> bool:
    kind = vocabulary.event_types[event].fields[pred.field].kind
    return kind == "place" and pred.op in ("in", "not")


def _values(pred: Pred) -> tuple[Value, ...]:
    """Matchers get matches with no variable left in them."""
    return cast(tuple[Value, ...], pred.values)

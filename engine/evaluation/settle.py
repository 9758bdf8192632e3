"""Settlements: every way in which an open event may turn out, as far as it makes a difference."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import fields, is_dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from engine.evaluation.case import Case
from engine.evaluation.facts import Fact, OpenFact, Site
from engine.evaluation.matching import Hits
from engine.events import Confirmation, Event
from engine.language import plan
from engine.time import DAY, Duration, Instant
from engine.vocabulary import FieldType

MOST_INSTANTS = 64
MOST_VARIANTS = 1500
_ABSENT = object()


class Critical:
    """The instants at which it can matter when something happened: every other instant behaves like one next to it.

    They are the instants of the events and of the book, those an exact length away, the midnights, and those so many
    hours after a midnight; between two neighbours any one instant stands for all.
    """

    def __init__(self, case: Case, events: Iterable[Event], components: Iterable[Any]):
        self._calendar = case.vocabulary.calendar
        self._instants: Counter[Instant] = Counter([case.horizon])
        lengths: set[int] = set()
        for component in components:
            _collect(component, self._instants, lengths, exact=False)
        for event in events:
            self._instants.update({event.lo, event.hi})
            for confirmation in event.confirmations:
                self._instants.update(set(confirmation.span))
        steps = {0, *lengths}
        if len(lengths) <= 6:
            steps |= {a + b for a in lengths for b in lengths} | {a - b for a in lengths for b in lengths}
        self._steps = sorted({sign * step for step in steps for sign in (1, -1)})
        self._hours = [step for step in self._steps if step > 0 and step % DAY]
        self.too_many = len(self._instants) * len(self._steps) > 60_000

    def within(self, lo: Instant, hi: Instant, own: Event | None = None) -> list[Instant] | None:
        """Instants that stand for the whole of [lo, hi]; None where they are too many to try. `own`: the event whose
        time this is: its own edges matter only where another has them too."""
        if self.too_many or hi - lo > 45 * DAY:
            return None
        own_edges = set() if own is None else {edge for edge in (own.lo, own.hi) if self._instants[edge] == 1}
        points = {
            instant + step
            for step in self._steps
            for instant in self._instants
            if lo <= instant + step <= hi and (step or instant not in own_edges)
        }
        points.update(self._midnights(lo, hi))
        for step in self._hours:
            points.update(midnight + step for midnight in self._midnights(lo - step, hi - step))
        found = _each_stretch(sorted(points), lo, hi)
        return found if len(found) <= MOST_INSTANTS else None

    def _midnights(self, lo: Instant, hi: Instant) -> Iterator[Instant]:
        day = self._calendar.date_of(lo - 1)
        while (midnight := self._calendar.end_of(day)) <= hi:
            if midnight >= lo:
                yield midnight
            day += timedelta(days=1)


def _each_stretch(points: Sequence[Instant], lo: Instant, hi: Instant) -> list[Instant]:
    """The points, and one instant before, between and after them. The ends are always among them: what opens at an
    instant is named by it, and after the last point an event of uncertain time stands as long as nothing is settled."""
    if not points:
        return sorted({lo, hi})
    between = [(a + b) // 2 for a, b in itertools.pairwise(points) if b - a > 1]
    ends = [instant for instant in (lo, hi) if instant not in (points[0], points[-1])]
    return sorted({*points, *between, *ends})


_COUNTED_EXACTLY = {"rolling", "stale_after", "last", "earlier_than", "early", "observe_every"}


def _collect(node: Any, instants: Counter[Instant], lengths: set[int], *, exact: bool) -> None:
    """Every instant that a norm or state names, and every length that is counted to the microsecond. Days and weeks of
    a due are counted by the calendar and end with a midnight, unless a pause moves it."""
    if isinstance(node, Duration):
        if node.unit in ("minute", "hour") or (exact and node.unit in ("day", "week")):
            lengths.add(node.exact)
    elif isinstance(node, plan.AtTime):
        instants[node.at] += 1
    elif isinstance(node, plan.By):
        if not isinstance(node.at, date):
            instants[node.at] += 1
    elif isinstance(node, plan.Valid):
        instants.update(end for end in (node.start, node.end) if end is not None)
    elif isinstance(node, tuple):
        for item in node:
            _collect(item, instants, lengths, exact=exact)
    elif is_dataclass(node):
        exact = exact or (isinstance(node, plan.Norm) and node.paused_while is not None)
        for f in fields(node):
            _collect(getattr(node, f.name), instants, lengths, exact=exact or f.name in _COUNTED_EXACTLY)


def settled(
    case: Case, event: Event, open_facts: Sequence[OpenFact], numbers: frozenset[int], critical: Critical
) -> list[tuple[Fact, ...]] | None:
    """The different facts that an open event may come to, as it stands included; None where they cannot be listed."""
    mine = [fact for fact in open_facts if fact.match in numbers]
    sites = [
        case.maker.sites[number] for number in sorted(numbers) if case.maker.sites[number].match.event == event.type
    ]
    dimensions: list[list[Any]] = []
    grades = _grades(case, event, sites)
    named = _fields(case, event, sites)
    times = _times(case, event, critical)
    confirmed = _confirmations(
        case, event, [case.maker.sites[f.match] for f in mine if "confirmation" in f.dimensions], critical
    )
    if named is None or times is None or confirmed is None:
        return None
    dimensions = [grades, *[values for _, values in named], times, *confirmed]
    count = 1
    for dimension in dimensions:
        count *= len(dimension)
    if count > MOST_VARIANTS:
        return None
    variants = [_variant(event, choice, [name for name, _ in named]) for choice in itertools.product(*dimensions)]
    return _different(case, event, variants, numbers)


def settled_built_in(case: Case, event: Event, critical: Critical) -> list[Event | None] | None:
    """An extension or waiver that is weak or of uncertain time: as it counts now, or at some instant, or never."""
    times = _times(case, event, critical)
    if times is None:
        return None
    counts = case.maker.grades[event.evidence] >= case.maker.counts
    best = case.vocabulary.evidence[-1]
    found: list[Event | None] = [event if counts and event.hi <= case.horizon else None]
    for time in times:
        at = event.hi if time is None else time
        happened = at != () and at <= case.horizon
        found.append(replace(event, lo=at, hi=at, evidence=best) if happened else None)
    return _unlike(found)


def _unlike(found: Sequence[Event | None]) -> list[Event | None]:
    kept: list[Event | None] = []
    for event in found:
        if not any(event == other for other in kept):
            kept.append(event)
    return kept


def _grades(case: Case, event: Event, sites: Sequence[Site]) -> list[str]:
    now = case.maker.grades[event.evidence]
    higher = {site.match.grade for site in sites if site.match.grade > now}
    return [event.evidence, *[case.vocabulary.evidence[grade] for grade in sorted(higher)]]


def _fields(case: Case, event: Event, sites: Sequence[Site]) -> list[tuple[str, list[Any]]] | None:
    """For each field that is absent and asked about, or a place known only coarsely: the values that differ."""
    type_ = case.vocabulary.event_types[event.type]
    asked: dict[str, list[plan.Pred]] = {}
    for site in sites:
        for pred in site.match.preds:
            asked.setdefault(pred.field, []).append(pred)
    found: list[tuple[str, list[Any]]] = []
    for name, preds in sorted(asked.items()):
        spec = type_.fields[name]
        if name not in event.fields:
            if any(pred.op != "exists" for pred in preds):
                found.append((name, [_ABSENT, *_values(case, spec, preds)]))
        elif spec.kind == "place":
            inner = case.vocabulary.inside.get(str(event.fields[name]), frozenset()) - {str(event.fields[name])}
            wanted = {str(value) for pred in preds for value in pred.values}
            if inner & wanted:
                found.append((name, [event.fields[name], *_unlike_places(case, inner, wanted)]))
    # Of a number that is measured no list of values stands for all.
    measured = {site.field for site in sites if site.field is not None}
    return None if measured - event.fields.keys() else found


def _unlike_places(case: Case, places: Iterable[str], asked: Collection[str]) -> list[str]:
    """One of those that lie alike to all places that are asked about."""
    around, inside = case.vocabulary.containing, case.vocabulary.inside
    one_of: dict[tuple[tuple[bool, bool], ...], str] = {}
    for place in sorted(places):
        lies = tuple((name in around[place], name in inside.get(place, ())) for name in sorted(asked))
        one_of.setdefault(lies, place)
    return list(one_of.values())


def _values(case: Case, spec: FieldType, preds: Sequence[plan.Pred]) -> list[Any]:
    named = list(dict.fromkeys(value for pred in preds for value in pred.values if pred.op != "exists"))
    if spec.kind == "party":
        others = sorted(case.vocabulary.actors - {str(value) for value in named})
        return [*named, *others[:1]]
    if spec.kind == "place":
        return sorted(case.vocabulary.places)
    if spec.kind == "enum":
        return list(spec.values)
    if spec.kind == "bool":
        return [True, False]
    if spec.kind == "date":
        days = [value for value in named if isinstance(value, date)]
        return sorted({d + timedelta(days=n) for d in days for n in (-1, 0, 1)})
    if spec.kind == "number":
        numbers = [value for value in named if isinstance(value, Decimal)]
        step = Decimal("0.000001")
        near = {n + d for n in numbers for d in (-step, Decimal(0), step)} | {Decimal(0)}
        return sorted(n for n in near if n >= 0 or spec.negative)
    return [*named, "\x00" + "".join(str(value) for value in named)]


def _times(case: Case, event: Event, critical: Critical) -> list[Any] | None:
    """None: left as it is. An empty tuple: after the instant asked about."""
    if event.lo == event.hi:
        return [None]
    found = critical.within(event.lo, min(event.hi, case.horizon), own=event)
    if found is None:
        return None
    return [None, *found, *([()] if event.hi > case.horizon else [])]


def _confirmations(
    case: Case, event: Event, sites: Sequence[Site], critical: Critical
) -> list[list[Confirmation | None]] | None:
    """One dimension for each body whose word is missing, weak or of uncertain time."""
    wanted: dict[str, bool] = {}
    for site in sites:
        assert site.match.quorum is not None
        for member in site.match.quorum.of:
            from_then = site.match.counts_from == "confirmation"
            wanted[str(member)] = wanted.get(str(member), False) or from_then
    complete = all(case.maker.completion(event, site.match) is not None for site in sites)
    dimensions: list[list[Confirmation | None]] = []
    best = case.vocabulary.evidence[-1]
    for member, from_then in sorted(wanted.items()):
        instants = _instants_of_word(case, event, member, critical, from_then=from_then, complete=complete)
        if instants is None:
            return None
        choices: list[Confirmation | None] = [None]
        choices.extend(Confirmation(f"\x00{member}", member, (at, at), best, at) for at in instants)
        dimensions.append(choices)
    return dimensions


def _instants_of_word(
    case: Case, event: Event, member: str, critical: Critical, *, from_then: bool, complete: bool
) -> list[Instant] | None:
    """When a body may have confirmed. To a complete quorum only words that are there, weak or uncertain, matter."""
    if not complete:
        return critical.within(event.lo, case.horizon) if from_then else [event.lo]
    found: list[Instant] = []
    for word in event.confirmations:
        if word.by == member:
            instants = critical.within(word.span[0], min(word.span[1], case.horizon))
            if instants is None:
                return None
            found.extend(instants)
    return found


def _variant(event: Event, choice: Sequence[Any], names: Sequence[str]) -> Event | None:
    """The event as chosen: grade, values, time, confirmations; None where it lies after the instant asked about."""
    grade, values = choice[0], choice[1 : 1 + len(names)]
    time, words = choice[1 + len(names)], choice[2 + len(names) :]
    if time == ():
        return None
    settled_fields = {**event.fields, **dict(zip(names, values, strict=True))}
    settled_fields = {name: value for name, value in settled_fields.items() if value is not _ABSENT}
    lo, hi = (event.lo, event.hi) if time is None else (time, time)
    added = tuple(word for word in words if word is not None)
    return replace(
        event, evidence=grade, fields=settled_fields, lo=lo, hi=hi, confirmations=(*event.confirmations, *added)
    )


def _different(
    case: Case, event: Event, variants: Sequence[Event | None], numbers: frozenset[int]
) -> list[tuple[Fact, ...]]:
    """What the variants come to, each once. What a ruling has closed stays as it is in all of them."""
    present = [variant for variant in variants if variant is not None]
    distinct: dict[tuple[Any, ...], int] = {}
    shapes: list[Event] = []
    for variant in present:
        key = tuple(sorted((name, str(value)) for name, value in variant.fields.items()))
        if key not in distinct:
            distinct[key] = len(shapes)
            shapes.append(variant)
    hits = _hits(case, event, shapes, numbers)
    closed = {number for number in numbers if case.maker.closed(event, case.maker.sites[number])}
    standing = tuple(fact for fact in case.facts if fact.event == event.id and fact.match in closed)
    found: dict[tuple[Fact, ...], None] = {}
    for variant in present:
        key = tuple(sorted((name, str(value)) for name, value in variant.fields.items()))
        facts = tuple(
            fact
            for fact in case.maker.facts(variant, hits[distinct[key]])
            if fact.match in numbers and fact.hi <= case.horizon and fact.match not in closed
        )
        found[(*facts, *standing)] = None
    if len(present) < len(variants):
        found[standing] = None
    return list(found)


def _hits(case: Case, event: Event, shapes: Sequence[Event], numbers: frozenset[int]) -> list[Hits]:
    """What the settled events satisfy. `exists` asks about the record, not the world: a field that the record lacks
    stays lacking for it, whatever it is settled to."""
    found = case.maker.hits(shapes)
    asks = {
        number: [pred for pred in match.preds if pred.op == "exists" and pred.field not in event.fields]
        for number in sorted(numbers)
        if (match := case.maker.sites[number].match).event == event.type
    }
    asks = {number: preds for number, preds in asks.items() if preds}
    if not asks:
        return found
    passing = [number for number, preds in asks.items() if all(pred.values == (False,) for pred in preds)]
    matches = [case.maker.sites[number].match for number in passing]
    without = [
        replace(m, preds=tuple(p for p in m.preds if p not in asks[n])) for n, m in zip(passing, matches, strict=True)
    ]
    matcher = case.maker.make(case.vocabulary, without)
    try:
        again = list(matcher.hits(shapes))
    finally:
        matcher.close()
    return [
        Hits(
            tuple(sorted([n for n in first.yes if n not in asks] + [passing[i] for i in second.yes])),
            tuple(sorted([n for n in first.open if n not in asks] + [passing[i] for i in second.open])),
        )
        for first, second in zip(found, again, strict=True)
    ]

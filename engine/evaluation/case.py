"""One question made ready: the book in its bindings, the events as known, the facts they are, the rulings on them."""

from __future__ import annotations

import copy
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from engine.evaluation.bind import as_text
from engine.evaluation.book import Book, Family
from engine.evaluation.cones import Needs
from engine.evaluation.facts import (
    ComponentKey,
    Fact,
    FactMaker,
    OpenFact,
    Ruling,
    Rulings,
    Site,
    built_in_counts,
    trimmed,
)
from engine.evaluation.matching import Hits, MakeMatcher
from engine.evaluation.rules import Rules, rules_of
from engine.evaluation.verdicts import Binding
from engine.events import Event, KnownLog
from engine.language.plan import Norm, State
from engine.problems import Problem
from engine.time import Instant
from engine.vocabulary import BUILT_IN, Vocabulary


@dataclass
class Taken:
    """What one component takes of the log: the events that its matches take or could, the facts they are (in the order
    of the events), and what is open about them."""

    events: list[str] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)
    open: list[OpenFact] = field(default_factory=list)


@dataclass
class Case:
    """Everything that a run needs, and what the settlements vary. `by_id`: the events that may have happened by the
    horizon, in order."""

    vocabulary: Vocabulary
    horizon: Instant
    rules: Rules
    book: Book
    maker: FactMaker
    by_id: Mapping[str, Event]
    hits: Mapping[str, Hits]
    taken: Mapping[ComponentKey, Taken] = field(default_factory=dict)
    built_in: list[Event] = field(default_factory=list)
    open_built_in: list[Event] = field(default_factory=list)
    told: list[Problem] = field(default_factory=list)
    """What was reported and has no effect."""

    @property
    def needs(self) -> Needs:
        return self.rules.needs

    @property
    def cones(self) -> Needs:
        return self.rules.cones

    @property
    def rulings(self) -> Rulings:
        return self.maker.rulings

    @cached_property
    def facts(self) -> list[Fact]:
        return [fact for key in self.book.keys for fact in self.taken[key].facts]

    @cached_property
    def open_facts(self) -> Mapping[str, Sequence[OpenFact]]:
        """By event."""
        found: dict[str, list[OpenFact]] = defaultdict(list)
        for key in self.book.keys:
            for fact in self.taken[key].open:
                found[fact.event].append(fact)
        return found

    def part(self, family: Family) -> Case:
        """The same of one norm or state and of all that it hangs on; it stays as it is when the whole changes."""
        book = self.rules.part(family)
        named = {norm.id for norm in book.norms}
        taken = {key: self.taken[key] for key in book.keys}
        built_in = [event for event in self.built_in if event.fields["norm"] in named]
        open_built_in = [event for event in self.open_built_in if event.fields["norm"] in named]
        by_id = dict(self.by_id) if self.rules.names_events(family) else self._events_of(taken.values())
        by_id.update((event.id, event) for event in (*built_in, *open_built_in))
        return Case(
            vocabulary=self.vocabulary,
            horizon=self.horizon,
            rules=self.rules,
            book=book,
            maker=self.maker,
            by_id=by_id,
            hits=self.hits,
            taken=taken,
            built_in=built_in,
            open_built_in=open_built_in,
        )

    def _events_of(self, taken: Iterable[Taken]) -> dict[str, Event]:
        return {id_: self.by_id[id_] for found in taken for id_ in found.events}


def prepare(
    norms: Sequence[Norm],
    states: Sequence[State],
    log: KnownLog,
    vocabulary: Vocabulary,
    horizon: Instant,
    make: MakeMatcher,
) -> Case:
    events = trimmed(log.events, horizon)
    rules = rules_of(norms, states, events, vocabulary)
    maker = FactMaker(rules.book.sites, vocabulary, make, horizon)
    try:
        hits = maker.hits(events)
        by_id = {event.id: event for event in events}
        case = Case(vocabulary, horizon, rules, rules.book, maker, by_id, dict(zip(by_id, hits, strict=True)))
        decide(case, [event for event in events if event.type in BUILT_IN])
        case.taken = _taken(case, zip(events, hits, strict=True))
    except BaseException:
        maker.close()
        raise
    return case


def _taken(case: Case, events: Iterable[tuple[Event, Hits]]) -> Mapping[ComponentKey, Taken]:
    taken = {key: Taken() for key in case.book.keys}
    sites = case.maker.sites
    for event, hits in events:
        if not hits.yes and not hits.open:
            continue
        owners = dict.fromkeys(sites[number].owner for number in (*hits.yes, *hits.open))
        for owner in owners:
            if owner in taken:
                taken[owner].events.append(event.id)
        for fact in case.maker.facts(event, hits):
            owner = sites[fact.match].owner
            if owner in taken:
                taken[owner].facts.append(fact)
        for open_fact in case.maker.open_facts(event, hits):
            owner = sites[open_fact.match].owner
            if owner in taken:
                taken[owner].open.append(open_fact)
    return taken


def decide(case: Case, decisions: Iterable[Event]) -> None:
    """Extensions, waivers and rulings that count, and those that only could; then what the rulings rule."""
    norms = {norm.id for norm in case.book.norms}
    for event in decisions:
        named = str(event.fields.get("norm"))
        if named not in norms:
            case.told.append(_without_effect(event, "norm", f'no norm is called "{named}"'))
            continue
        counts = built_in_counts(event, case.maker)
        if counts and event.hi <= case.horizon:
            case.built_in.append(event)
        # A ruling belongs to the whole history: only whether it was made matters, not when.
        uncertain = event.hi > case.horizon if event.type == "ruling" else event.lo < event.hi
        if (not counts or uncertain) and event.fields.get("by") in _named_for(case, event):
            case.open_built_in.append(event)
    case.maker.rulings = _rulings(case)


def _named_for(case: Case, event: Event) -> set[str]:
    """Who may extend or waive that norm, or rule."""
    if event.type == "ruling":
        return set(case.vocabulary.ruled_by)
    versions = [norm for bound in case.book.norms if bound.id == event.fields.get("norm") for norm in bound.versions]
    if event.type == "waiver":
        return {str(name) for norm in versions for name in norm.waived_by}
    return {str(name) for norm in versions if norm.extendable for name in norm.extendable.by}


def under_rulings(case: Case, made: Sequence[Event]) -> Case:
    """The same case with these of its open rulings made, and the others not."""
    maker = copy.copy(case.maker)
    standing = [event for event in case.built_in if event not in case.open_built_in or event.type != "ruling"]
    variant = replace(case, maker=maker, told=[], built_in=[*standing, *made])
    maker.rulings = _rulings(variant)
    ids = {id_ for taken in case.taken.values() for id_ in taken.events}
    events = sorted((case.by_id[id_] for id_ in ids), key=lambda event: (event.hi, event.id))
    variant.taken = _taken(variant, [(event, case.hits[event.id]) for event in events])
    return variant


def _rulings(case: Case) -> Rulings:
    """Between rulings on the same thing the later known, then id, wins."""
    on_event: dict[tuple[str, Binding, str], Ruling] = {}
    on_instance: dict[tuple[str, Binding], list[tuple[str, Ruling]]] = defaultdict(list)
    for event in sorted(case.built_in, key=lambda e: (e.known, e.id)):
        if event.type != "ruling":
            continue
        if event.fields.get("by") not in case.vocabulary.ruled_by:
            who = " or ".join(case.vocabulary.ruled_by) or "nobody"
            case.told.append(_without_effect(event, "by", f"rulings are made by {who} only"))
            continue
        ruling = Ruling(event, event.fields.get("outcome") == "violation")
        bindings = _bindings_named(case, event)
        if "breach_by" in event.fields:
            _rule_on_event(case, event, ruling, bindings, on_event)
        elif "instance" in event.fields:
            for binding in bindings:
                named = on_instance[str(event.fields["norm"]), binding]
                named.insert(0, (str(event.fields["instance"]), ruling))
    return Rulings(on_event, {key: tuple(named) for key, named in on_instance.items()})


def _bindings_named(case: Case, event: Event) -> list[Binding]:
    wanted = {name: as_text(value) for name, value in event.for_}
    return [
        norm.binding
        for norm in case.book.norms
        if norm.id == event.fields["norm"] and all(dict(norm.binding).get(k) == v for k, v in wanted.items())
    ]


def _rule_on_event(
    case: Case,
    event: Event,
    ruling: Ruling,
    bindings: Sequence[Binding],
    on_event: dict[tuple[str, Binding, str], Ruling],
) -> None:
    target = str(event.fields["breach_by"])
    hits, norm_id = case.hits.get(target), str(event.fields["norm"])
    if hits is None:
        case.told.append(_without_effect(event, "breach_by", f'no event "{target}" is known'))
        return
    concerned: dict[Binding, bool] = {}
    for number in (*hits.yes, *hits.open):
        site = case.maker.sites[number]
        kind, norm, binding = site.owner
        asks = kind == "norm" and norm == norm_id and site.use in ("ban", "measure", "per", "act")
        if asks and binding in bindings and _in_force(case, site, target):
            concerned[binding] = concerned.get(binding, False) or number in hits.yes
    certain = [binding for binding, yes in concerned.items() if yes]
    if not event.for_ and not certain and len(concerned) > 1:
        several = f'"{target}" is open for several bindings: say which with "for"'
        case.told.append(_without_effect(event, "for", several))
        return
    chosen = certain if certain and not event.for_ else list(concerned)
    if not chosen:
        case.told.append(_without_effect(event, "breach_by", f'"{target}" is nothing that {norm_id} asks about'))
    for binding in chosen:
        on_event[norm_id, binding, target] = ruling


def _in_force(case: Case, site: Site, event: str) -> bool:
    """Does an act of that time meet this version of the norm? A bound may read what lies before it."""
    norm = next(bound.versions[site.version] for bound in case.book.norms if bound.key == site.owner)
    span = case.by_id[event]
    if norm.valid is None or site.use != "ban":
        return True
    return norm.valid.start <= span.hi and (norm.valid.end is None or span.lo < norm.valid.end)


def _without_effect(event: Event, name: str, why: str) -> Problem:
    return Problem(
        "without-effect", "report", f"{event.place}:{name}", f'{event.type} "{event.id}" is kept, without effect: {why}'
    )

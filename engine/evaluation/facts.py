"""From events to facts: which event counts for which match, from when on, and what about it is open."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Literal, NamedTuple

from engine.evaluation.bind import BoundNorm, BoundState
from engine.evaluation.matching import Hits, MakeMatcher
from engine.evaluation.verdicts import Binding
from engine.events import Event
from engine.language import plan
from engine.language.plan import Match, Use
from engine.time import Instant
from engine.vocabulary import BUILT_IN, Vocabulary

Dimension = Literal["evidence", "field", "place", "confirmation", "time"]
ComponentKey = tuple[str, str, Binding]


class Fact(NamedTuple):
    """An established event, for one match. `lo` < `hi` only where the time is open and the match is a ban's act;
    everything else of uncertain time stands at its last instant."""

    hi: Instant
    match: int
    event: str
    lo: Instant
    value: Decimal | None


@dataclass(frozen=True, slots=True)
class Site:
    """A match in its place: whose it is (and of which version), and what for. `field` is what a measure reads."""

    match: Match
    owner: ComponentKey
    use: Use
    field: str | None = None
    version: int = 0


@dataclass(frozen=True, slots=True)
class Ruling:
    """A ruling that counts, on one event or instance of one norm and binding."""

    event: Event
    violation: bool


@dataclass(frozen=True)
class Rulings:
    """`on_event`: (norm, binding, event id); `on_instance`: norm and binding -> (label as written, ruling), the ruling
    that wins first."""

    on_event: Mapping[tuple[str, Binding, str], Ruling] = field(default_factory=dict)
    on_instance: Mapping[tuple[str, Binding], tuple[tuple[str, Ruling], ...]] = field(default_factory=dict)


class OpenFact(NamedTuple):
    """An event that a match could take and does not (yet), or not at a certain time."""

    match: int
    event: str
    dimensions: frozenset[Dimension]


def sites_of(norms: Iterable[BoundNorm], states: Iterable[BoundState]) -> list[Site]:
    """Every match of every bound norm and state, in a fixed order: the index in this list is the match's number."""
    sites: list[Site] = []
    for bound in norms:
        for version, norm in enumerate(bound.versions):
            sites.extend(replace(site, version=version) for site in _sites_of_norm(norm, bound.key))
    for state in states:
        for trigger in (state.state.begins, state.state.ends):
            sites.extend(_sites_of_trigger(trigger, state.key))
        sites.extend(_sites_of_cond(state.state.holds_while, state.key))
    return sites


def _sites_of_norm(norm: plan.Norm, owner: ComponentKey) -> Iterable[Site]:
    for match, use, field_read in norm.modal.takes():
        yield Site(match, owner, use, field_read)
    yield from _sites_of_trigger(norm.when, owner)
    for cond in (norm.while_, norm.paused_while, norm.unless):
        yield from _sites_of_cond(cond, owner)
    if norm.observed_by:
        yield Site(norm.observed_by, owner, "observation")


def _sites_of_trigger(trigger: plan.Trigger | None, owner: ComponentKey) -> Iterable[Site]:
    if isinstance(trigger, plan.OnMatch):
        yield Site(trigger.match, owner, "trigger")
    elif isinstance(trigger, (plan.AllOf, plan.AnyOf, plan.InOrder)):
        for part in trigger.parts:
            yield from _sites_of_trigger(part, owner)
    elif isinstance(trigger, plan.AfterTrigger):
        yield from _sites_of_trigger(trigger.of, owner)


def _sites_of_cond(cond: plan.Cond | None, owner: ComponentKey) -> Iterable[Site]:
    if isinstance(cond, plan.Happened):
        yield Site(cond.match, owner, "condition")
    elif isinstance(cond, plan.Holds):
        for match, _, field_read in cond.bound.takes():
            yield Site(match, owner, "condition", field_read)
    elif isinstance(cond, plan.NotCond):
        yield from _sites_of_cond(cond.cond, owner)
    elif isinstance(cond, (plan.AllCond, plan.AnyCond)):
        for part in cond.parts:
            yield from _sites_of_cond(part, owner)


class FactMaker:
    """Turns events, as they are or as settled, into facts for the numbered sites."""

    def __init__(self, sites: Sequence[Site], vocabulary: Vocabulary, make: MakeMatcher, horizon: Instant):
        self.sites = sites
        self.vocabulary = vocabulary
        self.horizon = horizon
        self.grades = {name: rank for rank, name in enumerate(vocabulary.evidence)}
        self.counts = vocabulary.grade(vocabulary.counts)
        self.make = make
        self.matcher = make(vocabulary, [site.match for site in sites])
        self.rulings = Rulings()
        self._easy = [
            site.match.quorum is None and (site.field is None) and site.match.counts_from == "event" for site in sites
        ]

    def close(self) -> None:
        self.matcher.close()

    def hits(self, events: Sequence[Event]) -> list[Hits]:
        return list(self.matcher.hits(events))

    def facts(self, event: Event, hits: Hits) -> list[Fact]:
        """What counts of this event with nothing settled beyond it."""
        found = []
        for number in hits.yes:
            fact = self._fact(event, number)
            if fact is not None:
                found.append(fact)
        if self.rulings.on_event:
            self._under_rulings(event, hits, found)
        return found

    def open_facts(self, event: Event, hits: Hits) -> list[OpenFact]:
        """Where the event could still come to count for a match, or count at another time."""
        found = []
        grade = self.grades[event.evidence]
        span = event.lo < event.hi
        for number in hits.yes:
            site = self.sites[number]
            match = site.match
            if self._easy[number] and grade >= match.grade and not span:
                continue
            dimensions = self._open_dimensions(event, site, grade)
            if dimensions and not self.closed(event, site):
                found.append(OpenFact(number, event.id, dimensions))
        for number in hits.open:
            site = self.sites[number]
            if not self.closed(event, site):
                dimensions = self._open_dimensions(event, site, grade) | {"field"}
                found.append(OpenFact(number, event.id, dimensions))
        return found

    def _open_dimensions(self, event: Event, site: Site, grade: int) -> frozenset[Dimension]:
        dimensions: set[Dimension] = set()
        if grade < site.match.grade:
            dimensions.add("evidence")
        if site.field is not None and site.field not in event.fields:
            dimensions.add("field")
        if event.lo < event.hi:
            dimensions.add("time")
        if site.match.quorum is not None:
            completed = self.completion(event, site.match)
            from_then = site.match.counts_from == "confirmation"
            if completed is None or (from_then and self._could_complete_earlier(event, site.match)):
                dimensions.add("confirmation")
        return frozenset(dimensions)

    def _could_complete_earlier(self, event: Event, match: Match) -> bool:
        """Nothing is missing from a complete quorum; but a word that is weak or of uncertain time may have completed it
        sooner."""
        assert match.quorum is not None
        return any(
            c.by in match.quorum.of and (c.span[0] < c.span[1] or self.grades[c.evidence] < match.grade)
            for c in event.confirmations
        )

    def closed(self, event: Event, site: Site) -> bool:
        """Has a ruling closed it? The body has ruled on the act or reading, not on what conditions and triggers ask."""
        return (
            site.use in ("ban", "measure", "per")
            and bool(self.rulings.on_event)
            and (site.owner[1], site.owner[2], event.id) in self.rulings.on_event
        )

    def _fact(self, event: Event, number: int, *, forced: bool = False) -> Fact | None:
        site = self.sites[number]
        match = site.match
        if not forced and self.grades[event.evidence] < match.grade:
            return None
        value: Decimal | None = None
        if site.field is not None:
            read = event.fields.get(site.field)
            if not isinstance(read, Decimal):
                return None
            value = read
        lo, hi = event.lo, event.hi
        if match.quorum is not None and not forced:
            completed = self.completion(event, match)
            if completed is None:
                return None
            if match.counts_from == "confirmation":
                hi = max(hi, completed)
                lo = hi
        if site.use != "ban" or forced:
            lo = hi
        return Fact(hi, number, event.id, lo, value)

    def _confirmed(self, event: Event, match: Match) -> dict[str, Instant]:
        """Member of the quorum -> the (last) instant of its first confirmation that counts."""
        assert match.quorum is not None
        first: dict[str, Instant] = {}
        for confirmation in event.confirmations:
            at = confirmation.span[1]
            if at > self.horizon or self.grades[confirmation.evidence] < match.grade:
                continue
            if confirmation.by in match.quorum.of:
                first[confirmation.by] = min(at, first.get(confirmation.by, at))
        return first

    def completion(self, event: Event, match: Match) -> Instant | None:
        assert match.quorum is not None
        instants = sorted(self._confirmed(event, match).values())
        return instants[match.quorum.needed - 1] if len(instants) >= match.quorum.needed else None

    def _under_rulings(self, event: Event, hits: Hits, found: list[Fact]) -> None:
        """A ruling has closed what is open of the event for its norm: established under `violation`, and, so that it
        goes on record as excused, under `no_violation` too (of a ban: a measure takes no reading that is ruled out)."""
        for number in (*hits.yes, *hits.open):
            site = self.sites[number]
            ruling = self.rulings.on_event.get((site.owner[1], site.owner[2], event.id))
            if ruling is None:
                continue
            known = [fact for fact in found if fact.match == number]
            if site.use == "ban" or (site.use in ("measure", "per") and ruling.violation):
                fact = self._fact(event, number, forced=True)
                if fact is not None:
                    if known:
                        found.remove(known[0])
                    found.append(fact)


def built_in_counts(event: Event, maker: FactMaker) -> bool:
    """An extension, waiver or ruling needs the grade `counts` like any fact."""
    return event.type in BUILT_IN and maker.grades[event.evidence] >= maker.counts


def trimmed(events: Iterable[Event], horizon: Instant) -> list[Event]:
    """What may have happened at or before the horizon, with the confirmations made by then."""
    kept = []
    for event in events:
        if event.lo > horizon:
            continue
        made = tuple(c for c in event.confirmations if c.span[0] <= horizon)
        kept.append(event if made == event.confirmations else replace(event, confirmations=made))
    return kept

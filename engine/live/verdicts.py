"""What stands, judged anew only where something has changed: at every instant what `evaluate` gives from nothing."""

from __future__ import annotations

import decimal
import heapq
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from engine.evaluation.answer import Answer, answer
from engine.evaluation.book import Family
from engine.evaluation.case import Case, decide
from engine.evaluation.evaluate import states_in_order, verdicts_in_order
from engine.evaluation.facts import ComponentKey, FactMaker, Ruling, trimmed
from engine.evaluation.matching import Hits, MakeMatcher
from engine.evaluation.rules import rules_of
from engine.evaluation.verdicts import Binding, Verdicts
from engine.events import Event, FieldValue, Row, as_known
from engine.language.plan import Rulebook
from engine.live.holdings import Holdings
from engine.live.log import GrowingLog
from engine.problems import Problem
from engine.quantities import EXACT
from engine.time import BEGINNING, Instant
from engine.vocabulary import BUILT_IN

_NOTHING = Hits((), ())
By = dict[Family, set[str]]
"""Which norms and states are to be judged anew, and the rows that brought it about."""


@dataclass(frozen=True)
class Judged:
    """A norm or state that was judged anew. `by`: the rows that are new to it; none where only time had passed."""

    before: Answer | None
    after: Answer | None
    by: tuple[str, ...]


class LiveVerdicts:
    """One rule book over one growing log. `add` takes rows in; `judge` says what they changed, and what time did.

    Asked about instants that never go back. The same rows, added in whatever order and portions, give the same answers.
    """

    def __init__(
        self,
        book: Rulebook,
        make_matcher: MakeMatcher,
        readings: Mapping[str, str] | None = None,
        *,
        only: Family | None = None,
    ):
        """`only`: the one norm or state that is asked about. Raises KeyError for an unknown reading or option."""
        self.book = book
        self._only = only
        self.horizon: Instant = BEGINNING
        self.answers: dict[Family, Answer] = {}
        self._norms, self._states, self.readings = book.with_readings(readings or {})
        self._make = make_matcher
        self._log = GrowingLog(book.vocabulary)
        self._changed: dict[str, set[str]] = {}
        self._edges: list[tuple[Instant, str]] = []
        self._shown: dict[str, Event] = {}
        self._hits: dict[str, Hits] = {}
        self._decisions: set[str] = set()
        of_each = (*(norm.for_each for norm in self._norms), *(state.for_each for state in self._states))
        self._sources = {source for families in of_each for family in families for source in family.each}
        self._seen: dict[tuple[str, str], Counter[FieldValue]] = {source: Counter() for source in self._sources}
        self._bind()

    def add(self, rows: Iterable[Row]) -> None:
        for id_, by in self._log.add(rows).items():
            self._changed.setdefault(id_, set()).update(by)

    def judge(self, as_of: Instant) -> dict[Family, Judged]:
        """Bring everything up to that instant; what was judged anew, its answer the same or not."""
        assert as_of >= self.horizon
        with decimal.localcontext(EXACT):
            due = self._take_up(as_of)
            for family, found in self.answers.items():
                if found.stands_until <= as_of:
                    due.setdefault(family, set())
            wanted = sorted(family for family in due if self._only in (None, family))
            return {family: self._judge(family, due[family]) for family in wanted}

    def advance(self, as_of: Instant) -> Iterator[Instant]:
        """Judge at every instant up to that one at which time alone may change something, as far as it is known."""
        while self.horizon < as_of:
            coming = [found.stands_until for found in self.answers.values() if found.stands_until > self.horizon + 1]
            coming += [at for at, _ in self._edges[:1]]
            self.judge(min([as_of, *coming]))
            yield self.horizon

    def at(self, as_of: Instant) -> Verdicts:
        """The whole answer, as `evaluate` gives it."""
        self.judge(as_of)
        log = as_known(self._log.rows, self.book.vocabulary)
        answers = list(self.answers.values())
        return Verdicts(
            agreement=self.book.vocabulary.agreement,
            rulebook_version=self.book.version,
            rulebook_sha256=self.book.sha256,
            as_of=as_of,
            known_at=None,
            readings=self.readings,
            rows=log.rows,
            events={event.id: event for event in log.events},
            verdicts=verdicts_in_order(self.book, self._norms, self._case.book, answers),
            states=states_in_order(self.book, self._states, answers),
            problems=(*log.problems, *self.problems(), *self._survived()),
            rolled={key: could for found in answers for key, could in found.rolled.items()},
        )

    def close(self) -> None:
        """Give back what the matcher holds."""
        self._case.maker.close()

    def problems(self) -> list[Problem]:
        """Decisions that are kept, without effect."""
        return [*self._case.told, *(problem for found in self.answers.values() for problem in found.problems)]

    def _survived(self) -> Iterator[Problem]:
        for note in self._case.maker.matcher.notes:
            yield Problem("matcher-restarted", "warning", "matcher", note)

    def _judge(self, family: Family, by: set[str]) -> Judged:
        before = self.answers.pop(family, None)
        if family not in self._case.book.families:
            return Judged(before, None, tuple(sorted(by)))
        self._case.taken = {key: self._holdings.taken(key) for key in self._case.rules.part(family).keys}
        self.answers[family] = answer(self._case, family)
        return Judged(before, self.answers[family], tuple(sorted(by)))

    # --- what has changed ---------------------------------------------------------------------------------------------

    def _take_up(self, as_of: Instant) -> By:
        """Events that are new, others or gone, and those of which the time has come."""
        self.horizon = self._case.horizon = self._case.maker.horizon = as_of
        changed, self._changed = self._changed, {}
        while self._edges and self._edges[0][0] <= as_of:
            changed.setdefault(heapq.heappop(self._edges)[1], set())
        events = {id_: self._show(id_) for id_ in sorted(changed)}
        named = {id_: self._decided(id_, before, after) for id_, (before, after) in events.items()}
        if self._other_values(events.values()):
            self._bind()
            return {family: set().union(*changed.values()) for family in (*self.answers, *self._case.book.families)}
        self._match([after for _, after in events.values() if after is not None])
        touched: dict[ComponentKey, set[str]] = defaultdict(set)
        for norm, id_ in ((norm, id_) for id_, norms in named.items() for norm in norms):
            for key in self._case.book.families.get(("norm", norm), ()):
                touched[key] |= changed[id_]
        ruled = self._rule(events.keys()) if any(named.values()) or self._targets & events.keys() else {}
        for id_ in {**events, **ruled}:
            by = changed.get(id_, set()) | {word for ruling in ruled.get(id_, ()) for word in changed.get(ruling, ())}
            for key in self._hold(id_):
                touched[key] |= by
            for type_ in {event.type for event in events.get(id_, ()) if event is not None}:
                for key in self._named_by.get(type_, ()):
                    touched[key] |= by
        return self._due(touched)

    def _due(self, touched: Mapping[ComponentKey, set[str]]) -> By:
        due: By = {family: set() for family in self._case.book.families if family not in self.answers}
        for key, by in touched.items():
            for family in self._hanging_on[key]:
                due.setdefault(family, set()).update(by)
        return due

    def _show(self, id_: str) -> tuple[Event | None, Event | None]:
        """The event as it was looked at so far, and as it is at the horizon."""
        before, event = self._shown.pop(id_, None), self._log.events.get(id_)
        self._hits.pop(id_, None)
        if event is None:
            return before, None
        coming = [at for at in _edges(event) if at > self.horizon]
        if coming:
            heapq.heappush(self._edges, (min(coming), id_))
        after = next(iter(trimmed([event], self.horizon)), None)
        if after is not None:
            self._shown[id_] = after
        return before, after

    def _decided(self, id_: str, before: Event | None, after: Event | None) -> set[str]:
        """The norms that a decision names, or named."""
        decisions = [event for event in (before, after) if event is not None and event.type in BUILT_IN]
        self._decisions.discard(id_)
        if after in decisions:
            self._decisions.add(id_)
        return {str(event.fields.get("norm")) for event in decisions}

    def _other_values(self, events: Iterable[tuple[Event | None, Event | None]]) -> bool:
        """Are there bindings that were not there, or that are there no more?"""
        before = {source: set(values) for source, values in self._seen.items()}
        for was, is_ in events if self._sources else ():
            for event, one in ((was, -1), (is_, 1)):
                for source in self._sources if event is not None else ():
                    assert event is not None
                    if event.type == source[0] and source[1] in event.fields:
                        value, counted = event.fields[source[1]], self._seen[source]
                        counted[value] += one
                        if not counted[value]:
                            del counted[value]
        return any(set(values) != before[source] for source, values in self._seen.items())

    # --- bindings, matches, rulings -----------------------------------------------------------------------------------

    def _bind(self) -> None:
        """From the values that the log brings to norms and states, and everything anew."""
        events = list(self._shown.values())
        vocabulary = self.book.vocabulary
        rules = rules_of(self._norms, self._states, events, vocabulary)
        book = rules.book
        maker = FactMaker(book.sites, vocabulary, self._make, self.horizon)
        self._case = Case(vocabulary, self.horizon, rules, book, maker, self._shown, self._hits)
        self._holdings = Holdings(book)
        self._read = {site.match.event for site in book.sites}
        self._targets: set[str] = set()
        self._hanging_on: dict[ComponentKey, list[Family]] = defaultdict(list)
        self._named_by: dict[str, list[ComponentKey]] = defaultdict(list)
        for key, cone in self._case.cones.items():
            for member in cone:
                self._hanging_on[member].append((key[0], key[1]))
        for_each = {norm.key: norm.versions[0].for_each for norm in book.norms}
        for key, families in {**for_each, **{state.key: state.state.for_each for state in book.states}}.items():
            for type_ in {source[0] for family in families for source in family.each}:
                self._named_by[type_].append(key)
        self._match(events)
        self._rule(())
        for event in events:
            self._hold(event.id)

    def _match(self, events: Iterable[Event]) -> None:
        events = list(events)
        self._hits.update((event.id, _NOTHING) for event in events)
        read = [event for event in events if event.type in self._read]
        self._hits.update(zip((event.id for event in read), self._case.maker.hits(read), strict=True))

    def _rule(self, changed: Iterable[str]) -> dict[str, set[str]]:
        """Look at all decisions again. The events of which rulings rule otherwise now, with those rulings."""
        case, before = self._case, self._case.rulings.on_event
        case.built_in, case.open_built_in, case.told = [], [], []
        decisions = sorted((self._shown[id_] for id_ in self._decisions), key=lambda event: (event.hi, event.id))
        decide(case, decisions)
        self._targets = {str(event.fields["breach_by"]) for event in decisions if "breach_by" in event.fields}
        after = case.rulings.on_event
        return _ruled_otherwise(before, after)

    def _hold(self, id_: str) -> Iterable[ComponentKey]:
        """Who takes the event, or did."""
        event = self._shown.get(id_)
        if event is None:
            return self._holdings.drop(id_)
        return self._holdings.put(event, self._hits[id_], self._case.maker)


OnEvent = Mapping[tuple[str, Binding, str], Ruling]


def _ruled_otherwise(before: OnEvent, after: OnEvent) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for key in before.keys() | after.keys():
        was, is_ = before.get(key), after.get(key)
        if was != is_:
            found[key[2]].update(ruling.event.id for ruling in (was, is_) if ruling is not None)
    return found


def _edges(event: Event) -> Iterator[Instant]:
    """The instants from which on more of it is looked at."""
    yield from (event.lo, event.hi)
    for word in event.confirmations:
        yield from word.span

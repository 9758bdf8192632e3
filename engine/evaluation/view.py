"""When the first open fact can reach what, and which open acts lie where: for the wider set of every kind."""

from __future__ import annotations

import itertools
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Container, Sequence

from engine.evaluation.case import Case
from engine.evaluation.facts import ComponentKey, OpenFact
from engine.evaluation.instances import NormRun
from engine.evaluation.kinds import kind_of
from engine.evaluation.kinds.kind import CouldBe
from engine.evaluation.run import Run
from engine.evaluation.verdicts import Status
from engine.time import BEGINNING, NEVER, Calendar, Instant


class View:
    """When the first open fact can reach each component; shared by the rules below."""

    def __init__(self, case: Case, run: Run):
        self.case = case
        self.run = run
        self.needs = case.needs
        self.events = case.by_id
        self.open_of: dict[ComponentKey, list[OpenFact]] = {}
        self._reached: dict[ComponentKey, Instant] = {}
        self._own: dict[ComponentKey, Instant] = {}
        for facts in case.open_facts.values():
            for fact in facts:
                self.open_of.setdefault(case.maker.sites[fact.match].owner, []).append(fact)
        self._leave_out_idle_permissions()
        while self._leave_out_what_cannot_matter():
            pass

    def _leave_out_idle_permissions(self) -> None:
        """A permission matters for what is or could be an act that it would permit."""
        acts: dict[ComponentKey, set[str]] = defaultdict(set)
        for key, facts in self.open_of.items():
            acts[key].update(fact.event for fact in facts if self.use(fact) == "ban")
        for fact in self.case.facts:
            site = self.case.maker.sites[fact.match]
            if site.use == "ban":
                acts[site.owner].add(fact.event)
        asked_about: dict[ComponentKey, set[str]] = defaultdict(set)
        for bound in self.case.book.norms:
            for permission in kind_of(bound.versions[0]).run.asks(bound, self.case.book.norms):
                asked_about[permission.key] |= acts[bound.key]
        for key, facts in self.open_of.items():
            self.open_of[key] = [f for f in facts if self.use(f) != "permission" or f.event in asked_about[key]]

    def _leave_out_what_cannot_matter(self) -> bool:
        """Acts and readings that lie outside every opening of a norm whose openings are certain. True where leaving
        them out may have made more openings certain."""
        left_out = False
        for key, norm_run in self.run.norms.items():
            facts = self.open_of.get(key, [])
            could_be = kind_of(norm_run.versions[0]).could_be
            if not facts or self.context(key, could_be.ACTS) <= self.horizon:
                continue
            kept = [f for f in facts if self._concerns(could_be, f, norm_run)]
            if len(kept) < len(facts):
                left_out = True
                self.open_of[key] = kept
                self._own.pop(key, None)
        return left_out

    def _concerns(self, could_be: CouldBe, fact: OpenFact, norm_run: NormRun) -> bool:
        lo, hi = self.lo(fact), self.hi(fact)
        return any(could_be.concerns(norm_run, instance, lo, hi) for instance in norm_run.instances)

    @property
    def horizon(self) -> Instant:
        return self.run.horizon

    @property
    def calendar(self) -> Calendar:
        return self.run.calendar

    def use(self, fact: OpenFact) -> str:
        return self.case.maker.sites[fact.match].use

    def lo(self, fact: OpenFact) -> Instant:
        return self.events[fact.event].lo

    def hi(self, fact: OpenFact) -> Instant:
        """The last instant up to which the fact can still come to count."""
        if "confirmation" in fact.dimensions and self.case.maker.sites[fact.match].match.counts_from == "confirmation":
            return self.case.horizon
        return min(self.events[fact.event].hi, self.case.horizon)

    def reached(self, key: ComponentKey) -> Instant:
        """The earliest instant at which an open fact can make this component differ."""
        if key not in self._reached:
            self._reached[key] = self._reached_without(key, None)
        return self._reached[key]

    def own(self, key: ComponentKey) -> Instant:
        """The earliest instant of an open fact of its own, or of an open decision about it."""
        if key not in self._own:
            self._own[key] = self._earliest_own(key, ())
        return self._own[key]

    def _earliest_own(self, key: ComponentKey, but: Collection[str]) -> Instant:
        starts = [self.lo(fact) for fact in self.open_of.get(key, ()) if self.use(fact) not in but]
        for event in self.case.open_built_in:
            if key[0] == "norm" and event.fields.get("norm") == key[1]:
                # A ruling belongs to the whole history.
                starts.append(BEGINNING if event.type == "ruling" else event.lo)
        return min(starts, default=NEVER)

    def context(self, key: ComponentKey, acts: Collection[str]) -> Instant:
        """The earliest instant at which anything open but its own acts, of these uses, can reach it."""
        # A norm that cures this one hears of its breaches: that way round nothing new comes in.
        others = [self._reached_without(needed, key) for needed in self.needs.get(key, ()) if needed != key]
        return min(self._earliest_own(key, acts), *others, NEVER)

    def _reached_without(self, start: ComponentKey, left_out: ComponentKey | None) -> Instant:
        seen, stack, earliest = {start, left_out}, [start], NEVER
        while stack:
            member = stack.pop()
            earliest = min(earliest, self.own(member))
            for needed in self.needs.get(member, ()):
                if needed not in seen:
                    seen.add(needed)
                    stack.append(needed)
        return earliest

    def by_others(self, norm: str) -> set[Status]:
        """What waivers, rulings and cures could make of a breach."""
        found: set[Status] = set()
        if self._counted(norm, "waiver"):
            found.add("waived")
        if self._counted(norm, "ruling"):
            found.add("excused")
        if any(version.cures == norm for other in self.run.norms.values() for version in other.versions):
            found.add("cured")
        return found

    def _counted(self, norm: str, type_: str) -> bool:
        """Is there an extension, waiver or ruling, counted or open, that names this norm?"""
        return any(
            event.type == type_ and event.fields.get("norm") == norm
            for event in (*self.case.built_in, *self.case.open_built_in)
        )


class OpenActs:
    """Open acts and readings of one norm, ready to ask whether any may lie between two instants."""

    def __init__(self, view: View, facts: Sequence[OpenFact]):
        spans = sorted((view.hi(fact), view.lo(fact), fact) for fact in facts)
        self._all = _Spans(spans)
        self._shrinking = _Spans([s for s in spans if "time" in s[2].dimensions or view.use(s[2]) != "act"])

    def any(self, start: Instant, end: Instant, *, shrinking: bool = False, but: Container[str | None] = ()) -> bool:
        """`shrinking`: only those by which a performance could also fall away. `but`: acts of uncertain time alone that
        are on record at every instant of their span."""
        return (self._shrinking if shrinking else self._all).any(start, end, but)


class _Spans:
    def __init__(self, spans: Sequence[tuple[Instant, Instant, OpenFact]]):
        self._spans = spans
        self._his = [span[0] for span in spans]
        self._earliest = list(itertools.accumulate((span[1] for span in reversed(spans)), min))[::-1]

    def any(self, start: Instant, end: Instant, but: Container[str | None]) -> bool:
        first = bisect_left(self._his, start)
        if first == len(self._his) or self._earliest[first] > end:
            return False
        if not but:
            return True
        return any(
            lo <= end and not (fact.dimensions == {"time"} and fact.event in but) for _, lo, fact in self._spans[first:]
        )

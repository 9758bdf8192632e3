"""Where open facts are too many to try one by one: for each norm and state a set that no settlement leaves."""

from __future__ import annotations

import itertools
from bisect import bisect_left
from collections.abc import Container, Iterable, Mapping, Sequence

from engine.evaluation.case import Case
from engine.evaluation.continuing import Running
from engine.evaluation.facts import ComponentKey, OpenFact
from engine.evaluation.instances import Instance, NormRun
from engine.evaluation.keep import KeepRun, Kept
from engine.evaluation.must import UNPERFORMED, Duty, MustRun
from engine.evaluation.must_not import MustNotRun
from engine.evaluation.run import Run, StateRun
from engine.evaluation.verdicts import Status, worst
from engine.language import plan
from engine.time import BEGINNING, Duration, Instant

Needs = Mapping[ComponentKey, frozenset[ComponentKey]]
_NEVER: Instant = 2**62


def wider(
    view: View,
    key: ComponentKey,
    instances: dict[ComponentKey, dict[str | None, set[Status]]],
    bindings: dict[ComponentKey, set[Status]],
    values: dict[ComponentKey, set[bool]],
) -> None:
    """Note for one component what it could be. Until the first open fact can reach it, it is what it is; from then on
    each open fact is applied both ways."""
    if key[0] == "state":
        values[key] = _values(view, view.run.states[key])
        return
    norm_run = view.run.norms[key]
    table = _statuses(view, norm_run)
    for label, could in table.items():
        if label is not _REST:
            instances[key][label] = could
    possible: set[Status] = {"dormant"}
    for could in {frozenset(could): could for could in table.values()}.values():
        possible = {worst((a, b)) for a in possible for b in could}
    bindings[key] = possible


_REST = "\x00rest"
"""Instances that some settlement has and nothing names."""


class View:
    """When the first open fact can reach each component; shared by the rules below."""

    def __init__(self, case: Case, run: Run, needs: Needs):
        self.case = case
        self.run = run
        self.needs = needs
        self.events = case.by_id
        self.open_of: dict[ComponentKey, list[OpenFact]] = {}
        self._reached: dict[ComponentKey, Instant] = {}
        self._own: dict[ComponentKey, Instant] = {}
        for facts in case.open_facts.values():
            for fact in facts:
                self.open_of.setdefault(case.maker.sites[fact.match].owner, []).append(fact)
        while self._leave_out_what_cannot_matter():
            pass

    def _leave_out_what_cannot_matter(self) -> bool:
        """Acts and readings that lie outside every opening of a norm whose openings are certain. True where leaving
        them out may have made more openings certain."""
        left_out = False
        for key, norm_run in self.run.norms.items():
            facts = self.open_of.get(key, [])
            acts = _ACTS.get(norm_run.kind, ())
            if not facts or self.context(key, acts) <= self.run.horizon:
                continue
            kept = [f for f in facts if any(self._concerns(f, norm_run, i) for i in norm_run.instances)]
            if len(kept) < len(facts):
                left_out = True
                self.open_of[key] = kept
                self._own.pop(key, None)
        return left_out

    def _concerns(self, fact: OpenFact, norm_run: NormRun, instance: Instance) -> bool:
        lo, hi = self.lo(fact), self.hi(fact)
        if isinstance(instance, Duty):
            over = _NEVER if instance.stands(*UNPERFORMED) or instance.since is None else instance.since
            if instance.period is not None and instance.terms.grace is None and not instance.was_extended:
                over = min(over, instance.period[1] - 1)
            assert isinstance(norm_run, MustRun)
            return hi >= norm_run.reads_from(instance) and lo <= over
        if instance.closed is not None and (lo > instance.closed or (lo == instance.closed and instance.closed_early)):
            return False
        if isinstance(norm_run, KeepRun) and isinstance(instance, Kept):
            return hi >= norm_run.reads_from(instance)
        grace = instance.grace if isinstance(instance, Running) else None
        return hi >= (instance.start if grace is None else grace.at)

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
        known = self._own.get(key)
        if known is None:
            known = self._own[key] = self._own_start(key)
        return known

    def _own_start(self, key: ComponentKey) -> Instant:
        starts = [self.lo(fact) for fact in self.open_of.get(key, ())]
        starts += [
            event.lo for event in self.case.open_built_in if key[0] == "norm" and event.fields.get("norm") == key[1]
        ]
        if any(
            e.type == "ruling" and key[0] == "norm" and e.fields.get("norm") == key[1] for e in self.case.open_built_in
        ):
            starts.append(BEGINNING)
        return min(starts, default=_NEVER)

    def context(self, key: ComponentKey, acts: Iterable[str]) -> Instant:
        """The same, leaving out the component's own open facts of those uses."""
        acts = set(acts)
        starts = [self.lo(fact) for fact in self.open_of.get(key, ()) if self.use(fact) not in acts]
        starts += [event.lo for event in self.case.open_built_in if event.fields.get("norm") == key[1]]
        if any(e.type == "ruling" and e.fields.get("norm") == key[1] for e in self.case.open_built_in):
            starts.append(BEGINNING)
        for needed in self.needs.get(key, ()):
            # A norm that cures this one hears of its breaches: that way round nothing new comes in.
            if needed != key:
                starts.append(self._reached_without(needed, key))
        return min(starts, default=_NEVER)

    def _reached_without(self, start: ComponentKey, left_out: ComponentKey | None) -> Instant:
        seen, stack, earliest = {start, left_out}, [start], _NEVER
        while stack:
            member = stack.pop()
            earliest = min(earliest, self.own(member))
            for needed in self.needs.get(member, ()):
                if needed not in seen:
                    seen.add(needed)
                    stack.append(needed)
        return earliest

    def counted(self, norm: str, type_: str) -> bool:
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


def _values(view: View, state: StateRun) -> set[bool]:
    key = state.bound.key
    if view.reached(key) > view.run.horizon:
        return {state.value}
    if state.value and _only_begins_sooner(view, state):
        return {True}
    return {True, False}


def _only_begins_sooner(view: View, state: StateRun) -> bool:
    """A state that holds, whose one simple `begins` is all that is open, and nothing of it in time: it holds anyway."""
    bound = state.bound.state
    if not isinstance(bound.begins, plan.OnMatch) or bound.begins.match.count > 1 or view.needs[state.bound.key]:
        return False
    number = view.run.number_of(bound.begins.match)
    facts = view.open_of.get(state.bound.key, ())
    return all(fact.match == number and not fact.dimensions & {"time", "confirmation"} for fact in facts)


_ACTS: Mapping[str, tuple[str, ...]] = {
    "must": ("act", "measure", "per"),
    "must_not": ("ban",),
    "keep": ("measure", "per"),
}


def _statuses(view: View, norm_run: NormRun) -> dict[str | None, set[Status]]:
    horizon = view.run.horizon
    base = {i.label: {norm_run.status(i, horizon)} for i in norm_run.instances}
    if view.reached(norm_run.key) > horizon:
        return base
    acts = _ACTS.get(norm_run.kind, ())
    if view.context(norm_run.key, acts) > horizon:
        open_acts = OpenActs(view, [fact for fact in view.open_of.get(norm_run.key, ()) if view.use(fact) in acts])
        return {i.label: base[i.label] | _with_acts(view, norm_run, i, open_acts) for i in norm_run.instances}
    everything = _everything(view, norm_run)
    table = {label: could | everything for label, could in base.items()}
    for label in _labels(view, norm_run):
        table.setdefault(label, everything | {"dormant"})
    table[_REST] = everything | {"dormant"}
    return table


def _with_acts(view: View, norm_run: NormRun, instance: Instance, acts: OpenActs) -> set[Status]:
    """The opening is certain; only acts and readings are open."""
    if isinstance(instance, Duty):
        return _duty_with_acts(view, norm_run, instance, acts)
    if isinstance(instance, Kept):
        return _bound_with_readings(view, norm_run, instance, acts)
    assert isinstance(instance, Running)
    return _ban_with_acts(view, norm_run, instance, acts)


def _ban_with_acts(view: View, norm_run: NormRun, running: Running, acts: OpenActs) -> set[Status]:
    start = running.start if running.grace is None else running.grace.at
    end = view.run.horizon if running.closed is None else running.closed - running.closed_early
    known = {occurrence.label for occurrence in running.occurrences}
    if not acts.any(start, end, but=known):
        return set()
    found: set[Status] = {"breached"}
    if view.counted(norm_run.bound.id, "waiver"):
        found |= {"waived", "holding"} if running.closed is None else {"waived"}
    if any(norm.cures == norm_run.bound.id for other in view.run.norms.values() for norm in other.versions):
        found |= {"cured"}
    return found


def _duty_with_acts(view: View, norm_run: NormRun, duty: Duty, acts: OpenActs) -> set[Status]:
    end = view.run.horizon
    if duty.period is not None and duty.terms.grace is None and not duty.was_extended:
        end = duty.period[1] - 1
    assert isinstance(norm_run, MustRun)
    start = norm_run.reads_from(duty)
    if not acts.any(start, end):
        return set()
    shrinks = acts.any(start, end, shrinking=True)
    found: set[Status] = {"met"}
    over = duty.due is not None and duty.due.at <= view.run.horizon
    if duty.state in ("breached", "unknown", "met_late", "waived", "excused", "cured") or over:
        found.add("met_late")
    if duty.state == "unknown" or (duty.state == "cured"):
        found.add("breached")
    if shrinks and duty.state in ("met", "met_late", "cured", "waived", "excused", "lapsed"):
        found |= _unperformed(view, duty, over)
    if duty.period is not None:
        found |= _unperformed(view, duty, over) if shrinks else set()
    return found


def _unperformed(view: View, duty: Duty, over: bool) -> set[Status]:
    found: set[Status] = {"breached"} if over else {"active"}
    if over and duty.terms.grace is not None:
        found |= {"in_grace", "breached"}
    if over and duty.terms.observed_by is not None:
        found.add("unknown")
    if over and duty.was_extended:
        found |= {"active", "breached"}
    if duty.terms.paused_while is not None:
        found |= {"suspended", "active", "breached"}
    if duty.terms.unless is not None or duty.terms.while_ is not None or duty.terms.valid is not None:
        found.add("lapsed")
    if view.counted(duty.terms.id, "waiver"):
        found.add("waived")
    if view.counted(duty.terms.id, "ruling"):
        found.add("excused")
    if any(norm.cures == duty.terms.id for other in view.run.norms.values() for norm in other.versions):
        found.add("cured")
    return found


def _bound_with_readings(view: View, norm_run: NormRun, kept: Kept, readings: OpenActs) -> set[Status]:
    end = view.run.horizon if kept.closed is None else kept.closed
    if not readings.any(BEGINNING, end) or (kept.grace is not None and view.run.horizon < kept.grace.at):
        return set()
    found: set[Status] = {"breached", "restored"}
    found |= {"lapsed"} if kept.closed is not None else {"holding"}
    assert isinstance(kept.terms.modal, plan.Keep)
    bound = kept.terms.modal.bound
    silent = bound.per is not None or bound.measure.aggregate in ("latest", "max", "min")
    if silent or kept.terms.observed_by is not None:
        found.add("unknown")
    return found | _by_others(view, norm_run)


def _by_others(view: View, norm_run: NormRun) -> set[Status]:
    """What waivers, rulings and cures could make of a breach."""
    found: set[Status] = set()
    if view.counted(norm_run.bound.id, "waiver"):
        found.add("waived")
    if view.counted(norm_run.bound.id, "ruling"):
        found.add("excused")
    if any(norm.cures == norm_run.bound.id for other in view.run.norms.values() for norm in other.versions):
        found.add("cured")
    return found


def _everything(view: View, norm_run: NormRun) -> set[Status]:
    """Every status that this norm can have when its opening itself is open, as far as its terms and the log allow."""
    norms = norm_run.versions
    found: set[Status] = {"dormant", *_by_others(view, norm_run)}
    if any(norm.grace is not None for norm in norms):
        found.add("in_grace")
    if norm_run.kind == "must":
        return found | _everything_of_duty(view, norm_run)
    found |= {"holding", "lapsed"}
    if any(norm.observed_by is not None for norm in norms):
        found.add("unknown")
    if isinstance(norm_run, MustNotRun):
        number = {view.run.number_of(n.modal.act) for n in norms if isinstance(n.modal, plan.MustNot)}
        acts = any(fact.match in number and fact.lo <= view.run.horizon for fact in view.case.facts)
        if acts or any(fact.match in number for fact in view.open_of.get(norm_run.key, ())):
            found.add("breached")
        return found
    return found | {"breached", "restored", "unknown"}


def _everything_of_duty(view: View, norm_run: NormRun) -> set[Status]:
    found: set[Status] = {"active", "lapsed"}
    norms = norm_run.versions
    if any(norm.paused_while is not None for norm in norms):
        found.add("suspended")
    found.add("met")
    if _due_can_have_passed(view, norm_run):
        found |= {"breached", "met_late"}
        if any(norm.observed_by is not None for norm in norms):
            found.add("unknown")
    return found


def _due_can_have_passed(view: View, norm_run: NormRun) -> bool:
    """With `within`, not before the earliest instant at which an open fact can open it, and so long again."""
    if not isinstance(norm_run, MustRun):
        return True
    earliest = min(view.reached(norm_run.key), *(duty.start for duty in norm_run.duties), _NEVER)
    for norm in norm_run.versions:
        assert isinstance(norm.modal, plan.Must)
        deadline = norm.modal.deadline
        if isinstance(deadline, plan.NoDeadline):
            continue
        if (
            not isinstance(deadline, plan.Within)
            or not isinstance(deadline.duration, Duration)
            or earliest == BEGINNING
        ):
            return True
        if view.run.calendar.due_after(earliest, deadline.duration).at <= view.run.horizon:
            return True
    return False


def _labels(view: View, norm_run: NormRun) -> list[str]:
    """Instances that only a settlement has, where their events are plain to see."""
    labels: set[str] = set()
    for norm in norm_run.versions:
        if isinstance(norm.modal, plan.Must) and isinstance(
            norm.modal.deadline, (plan.EveryCalendar, plan.EveryLength, plan.Milestones)
        ):
            continue
        for part in _parts(norm.when):
            if isinstance(part, plan.OnMatch) and part.match.count == 1:
                number = view.run.number_of(part.match)
                labels.update(f.event for f in view.open_of.get(norm_run.key, ()) if f.match == number)
            elif isinstance(part, plan.OnNorm) and part.signal == "breach":
                for key in view.run.met("norm", part.norm, part.for_, norm_run.key[2]):
                    labels.update(f.event for f in view.open_of.get(key, ()) if view.use(f) == "ban")
    return sorted(labels)


def _parts(trigger: plan.Trigger | None) -> Iterable[plan.Trigger]:
    if isinstance(trigger, plan.AnyOf):
        for part in trigger.parts:
            yield from _parts(part)
    elif trigger is not None:
        yield trigger

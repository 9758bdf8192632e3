"""What stands behind a verdict: whatever moved, fed or held open the states and norms that it hangs on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import fields, is_dataclass
from functools import cached_property
from typing import Any

from engine.evaluation.bind import as_text
from engine.evaluation.case import Case
from engine.evaluation.facts import ComponentKey, Fact
from engine.evaluation.instances import Instance, NormRun
from engine.evaluation.kinds import kind_of
from engine.evaluation.run import Run, StateRun
from engine.evaluation.verdicts import Part
from engine.language import plan
from engine.language.plan import Match
from engine.time import BEGINNING, Duration, Instant

Ground = tuple[Instant, Part]
"""What played a part, and from when on."""

MOST = 300
"""More than anybody reads of what stands behind one state or norm: of longer histories only the end is told."""


class Grounds:
    """Found once for each state and norm, and shared by all verdicts that hang on it.

    A verdict rests on its own parts (`own`). From these alone it might come out otherwise: a state would not hold, a
    duty would not have been performed. So the states and norms that it hangs on are told with all that they did.
    """

    def __init__(self, case: Case, run: Run, own: Callable[[NormRun, Instance], Iterable[Part]]):
        self._case, self._run, self._own = case, run, own
        self.horizon, self.vocabulary = run.horizon, case.vocabulary
        self._whole_of: dict[ComponentKey, Sequence[Ground]] = {}
        self._shared_of: dict[ComponentKey, Sequence[Ground]] = {}

    def behind(self, norm_run: NormRun, instance: Instance | None) -> Iterator[Part]:
        """Of an instance (None: of a norm that has none) what stands behind it, its own parts aside."""
        upto = self.horizon
        if instance is not None:
            upto = kind_of(instance.terms).told.final_from(instance, self.horizon)
        key = norm_run.key
        hangs_on = self._hangs_on(key)
        for member in dict.fromkeys((key, *hangs_on)):
            yield from self._names(member)
        found = [*self._shared(norm_run)]
        if instance is not None:
            found.extend(kind_of(instance.terms).told.behind(self, norm_run, instance))
        for member in hangs_on:
            found.extend(self._whole(member))
        yield from (part for at, part in found if at <= upto)

    # --- who hangs on whom --------------------------------------------------------------------------------------------

    def _hangs_on(self, key: ComponentKey) -> Sequence[ComponentKey]:
        """Itself only where it moves something that it hangs on."""
        return sorted({member for need in self._case.needs[key] for member in self._case.cones[need]})

    def _whole(self, key: ComponentKey) -> Sequence[Ground]:
        """Everything that a state did, or a norm with all its instances."""
        if key not in self._whole_of:
            state = self._run.states.get(key)
            found = self._of_state(state) if state is not None else self._of_norm(self._run.norms[key])
            self._whole_of[key] = _told(found)
        return self._whole_of[key]

    # --- values that a variable has because the log brings them -------------------------------------------------------

    def _names(self, key: ComponentKey) -> Iterator[Part]:
        entry = self._run.norms[key].versions[0] if key in self._run.norms else self._run.states[key].bound.state
        values = dict(key[2])
        for family in entry.for_each:
            value = values[family.var]
            named = [self._first_naming.get((*source, value)) for source in family.each]
            yield from (Part("trigger", event, f"names {value}") for event in named if event is not None)

    @cached_property
    def _first_naming(self) -> dict[tuple[str, str, str], str]:
        """(event type, field, value) -> the first event that brings it."""
        found: dict[tuple[str, str, str], str] = {}
        for event in sorted(self._case.by_id.values(), key=lambda event: (event.hi, event.id)):
            for name, value in event.fields.items():
                found.setdefault((event.type, name, as_text(value)), event.id)
        return found

    # --- facts --------------------------------------------------------------------------------------------------------

    @cached_property
    def _facts(self) -> dict[str, list[Fact]]:
        """What each match took up to the horizon, in order."""
        found: dict[str, list[Fact]] = defaultdict(list)
        for fact in sorted(self._case.facts, key=lambda fact: (fact.hi, fact.event)):
            if fact.hi <= self.horizon:
                found[self._run.book.sites[fact.match].match.key].append(fact)
        return found

    def taken(self, node: Any, after: Instant = BEGINNING - 1, upto: Instant | None = None) -> Iterator[Fact]:
        for match in _matches_in(node):
            for fact in self._facts.get(match.key, ()):
                if after < fact.hi and (upto is None or fact.hi <= upto):
                    yield fact

    def _of_trigger(self, trigger: plan.Trigger | None, instants: Iterable[Instant]) -> Iterator[Fact]:
        """All that a trigger remembers; of one without memory only what came at these instants."""
        if _remembers(trigger):
            yield from self.taken(trigger)
        else:
            wanted = set(instants)
            yield from (fact for fact in self.taken(trigger) if fact.hi in wanted)

    def _of_condition(self, condition: plan.Cond | None, note: str) -> Iterator[Ground]:
        if isinstance(condition, plan.Happened):
            width = condition.last.exact if isinstance(condition.last, Duration) else None
            for fact in _chain(list(self.taken(condition)), width):
                yield fact.hi, Part("state", fact.event, note)
        elif isinstance(condition, plan.NotCond):
            yield from self._of_condition(condition.cond, note)
        elif isinstance(condition, (plan.AllCond, plan.AnyCond)):
            for part in condition.parts:
                yield from self._of_condition(part, note)
        else:
            yield from ((fact.hi, Part("state", fact.event, note)) for fact in self.taken(condition))

    # --- states -------------------------------------------------------------------------------------------------------

    def _of_state(self, state: StateRun) -> Iterator[Ground]:
        entry, name = state.bound.state, state.bound.id
        for at, began, trail in state.moves:
            yield from ((at, Part("state", event, f"{name} {'began' if began else 'ended'}")) for event in trail)
        yield from self._of_condition(entry.holds_while, f"a condition of {name}")
        moved = [at for at, _, _ in state.moves]
        # What begins it again at the instant that would end it keeps it.
        stopped = {fact.hi for fact in self.taken(entry.ends)} | set(_times_in(entry.ends))
        last = moved[-1] if moved and _moves_no_more(state) else self.horizon
        for trigger, instants in ((entry.begins, {*moved, *stopped}), (entry.ends, {*moved})):
            for fact in self._of_trigger(trigger, instants):
                if fact.hi <= last:
                    yield fact.hi, Part("state", fact.event, f"a trigger of {name}")

    # --- norms --------------------------------------------------------------------------------------------------------

    def _of_norm(self, run: NormRun) -> Iterator[Ground]:
        """All that a norm did: others hear its breaches and performances."""
        yield from self._shared(run)
        for instance in run.instances:
            for part in (part for part in self._own(run, instance) if part.role != "open act"):
                yield instance.start, Part(part.role, part.event, part.note or f"of {run.bound.id}")
            yield from kind_of(instance.terms).told.behind(self, run, instance)

    def _shared(self, run: NormRun) -> Sequence[Ground]:
        if run.key not in self._shared_of:
            self._shared_of[run.key] = _told(self._of_all_instances(run))
        return self._shared_of[run.key]

    def _of_all_instances(self, run: NormRun) -> Iterator[Ground]:
        """Conditions, and what triggers remember."""
        for version in run.versions:
            for condition in (version.while_, version.paused_while, version.unless):
                yield from self._of_condition(condition, f"a condition of {run.bound.id}")
            for fact in self._of_trigger(version.when, ()):
                yield fact.hi, Part("trigger", fact.event, f"a trigger of {run.bound.id}")
        yield from kind_of(run.versions[0]).told.behind_all(self, run)


def _told(grounds: Iterable[Ground]) -> Sequence[Ground]:
    found = sorted(dict.fromkeys(grounds), key=lambda ground: ground[0])
    return found[-MOST:]


def _moves_no_more(state: StateRun) -> bool:
    entry = state.bound.state
    return entry.holds_while is None and (entry.ends if state.value else entry.begins) is None


def _remembers(trigger: plan.Trigger | None) -> bool:
    """Does it hang on what came before whether what comes now fires it?"""
    if isinstance(trigger, plan.OnMatch):
        return trigger.match.count > 1
    if isinstance(trigger, plan.AnyOf):
        return any(_remembers(part) for part in trigger.parts)
    return isinstance(trigger, (plan.AllOf, plan.InOrder, plan.AfterTrigger))


def _matches_in(node: Any) -> Iterator[Match]:
    if isinstance(node, Match):
        yield node
    elif isinstance(node, tuple):
        for item in node:
            yield from _matches_in(item)
    elif is_dataclass(node):
        for f in fields(node):
            yield from _matches_in(getattr(node, f.name))


def _times_in(trigger: plan.Trigger | None) -> Iterator[Instant]:
    if isinstance(trigger, plan.AtTime):
        yield trigger.at
    elif isinstance(trigger, (plan.AllOf, plan.AnyOf, plan.InOrder)):
        for part in trigger.parts:
            yield from _times_in(part)


def _chain(facts: Sequence[Fact], width: int | None) -> Iterator[Fact]:
    """As few as make it true at the same instants: all that make it true anew, then those that carry it on."""
    kept: Instant | None = None
    for n, fact in enumerate(facts):
        if kept is not None and fact.hi > kept:
            if width is None:
                return
            following = next((f.hi for f in facts[n + 1 :] if f.hi > fact.hi), None)
            if following is not None and following <= kept + width:
                continue
        kept = fact.hi
        yield fact

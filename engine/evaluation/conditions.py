"""Conditions: true, false, or (without a reading) neither."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from engine.evaluation.measures import BoundReader, Record
from engine.language import plan
from engine.time import BEGINNING, Duration, Instant

Truth = bool | None


class Condition:
    """`holds(now)`: read from the records and states as they stand."""

    def holds(self, now: Instant) -> Truth:
        raise NotImplementedError


class HasValue(Protocol):
    """A state at work."""

    value: bool


@dataclass
class StateCondition(Condition):
    """Any of the bindings that the reference meets."""

    states: Sequence[HasValue]

    def holds(self, now: Instant) -> Truth:
        return any(state.value for state in self.states)


@dataclass
class HappenedCondition(Condition):
    record: Record
    last: int | None
    earlier: int | None

    def holds(self, now: Instant) -> Truth:
        after = BEGINNING if self.last is None else now - self.last
        upto = now if self.earlier is None else now - self.earlier
        start, end = self.record.slice(after, upto)
        return end > start

    def witnesses(self, now: Instant) -> tuple[str, ...]:
        after = BEGINNING if self.last is None else now - self.last
        upto = now if self.earlier is None else now - self.earlier
        start, end = self.record.slice(after, upto)
        return (self.record.events[end - 1],) if end > start else ()

    def edges(self, instant: Instant) -> list[Instant]:
        return [instant + width for width in (self.last, self.earlier) if width is not None]


@dataclass
class HoldsCondition(Condition):
    reader: BoundReader

    def holds(self, now: Instant) -> Truth:
        reading = self.reader.read(now, BEGINNING).reading
        return None if reading == "none" else reading == "in"


@dataclass
class NotCondition(Condition):
    of: Condition

    def holds(self, now: Instant) -> Truth:
        inner = self.of.holds(now)
        return None if inner is None else not inner


@dataclass
class AllCondition(Condition):
    parts: Sequence[Condition]

    def holds(self, now: Instant) -> Truth:
        truths = [part.holds(now) for part in self.parts]
        return False if False in truths else None if None in truths else True


@dataclass
class AnyCondition(Condition):
    parts: Sequence[Condition]

    def holds(self, now: Instant) -> Truth:
        truths = [part.holds(now) for part in self.parts]
        return True if True in truths else None if None in truths else False


@dataclass
class Reads:
    """What a condition reads: for marking its owner when something of it changes."""

    states: list[plan.InState] = field(default_factory=list)
    matches: list[tuple[plan.Match, Callable[[Instant], list[Instant]]]] = field(default_factory=list)


def build(
    cond: plan.Cond,
    reads: Reads,
    states_met: Callable[[plan.InState], Sequence[HasValue]],
    record_of: Callable[[plan.Match], Record],
) -> Condition:
    if isinstance(cond, plan.InState):
        reads.states.append(cond)
        return StateCondition(states_met(cond))
    if isinstance(cond, plan.Happened):
        happened = HappenedCondition(record_of(cond.match), _exact(cond.last), _exact(cond.earlier_than))
        reads.matches.append((cond.match, happened.edges))
        return happened
    if isinstance(cond, plan.Holds):
        per = cond.bound.per
        reader = BoundReader(cond.bound, record_of(cond.bound.measure.match), record_of(per.match) if per else None)
        reads.matches.append((cond.bound.measure.match, reader.edges))
        if per:
            reads.matches.append((per.match, reader.edges))
        return HoldsCondition(reader)
    if isinstance(cond, plan.NotCond):
        return NotCondition(build(cond.cond, reads, states_met, record_of))
    parts = [build(part, reads, states_met, record_of) for part in cond.parts]
    return AllCondition(parts) if isinstance(cond, plan.AllCond) else AnyCondition(parts)


def witnesses(condition: Condition | None, now: Instant) -> tuple[str, ...]:
    """Events on which a condition that holds rests."""
    if isinstance(condition, HappenedCondition):
        return condition.witnesses(now)
    if isinstance(condition, (AllCondition, AnyCondition)):
        return tuple(e for part in condition.parts if part.holds(now) for e in witnesses(part, now))
    if isinstance(condition, HoldsCondition):
        return condition.reader.read(now, BEGINNING).value.events
    return ()


def _exact(duration: Duration | plan.Var | None) -> int | None:
    return duration.exact if isinstance(duration, Duration) else None

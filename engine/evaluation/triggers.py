"""Triggers: what fires, when, and by which cause."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from engine.evaluation.verdicts import Binding
from engine.language import plan
from engine.time import Calendar, Duration, Instant, format_instant


@dataclass(frozen=True)
class Firing:
    """A trigger has fired. `label` follows the cause: the completing event, the instance whose deadline passed, else
    the instant. `events`: what completed it (never acts of the instance it opens). `trail`: all it rests on.
    `occurrences`: the breaches behind it (what a cure cures). `source`: the binding it came from. `uses`: the events
    and signals that it takes up: one event, and one signal, serves one part of an `all` or `in_order`."""

    label: str
    events: tuple[str, ...] = ()
    trail: tuple[str, ...] = ()
    occurrences: tuple[Any, ...] = ()
    source: Binding = ()
    uses: tuple[str, ...] = ()


class Node:
    """A part of a trigger. `collect` gives what fires in this round and forgets it."""

    def collect(self, now: Instant) -> list[Firing]:
        raise NotImplementedError


class Leaf(Node):
    """Filled by the run: events that match, or signals. Every n-th match fires."""

    def __init__(self, every_nth: int = 1, once_per_instant: bool = False):
        self.inbox: list[Firing] = []
        self._nth = every_nth
        self._seen = 0
        self._trail: list[str] = []
        self._once = once_per_instant
        self._last: Instant | None = None

    def collect(self, now: Instant) -> list[Firing]:
        if not self.inbox:
            return []
        arrived, self.inbox = self.inbox, []
        arrived.sort(key=lambda f: f.label)
        if self._once:
            if self._last == now:
                return []
            self._last = now
            return [arrived[0]]
        if self._nth == 1:
            return arrived
        fired = []
        for firing in arrived:
            self._seen += 1
            self._trail.extend(firing.trail)
            if self._seen % self._nth == 0:
                fired.append(replace(firing, trail=tuple(self._trail)))
                self._trail = []
        return fired


class AnyNode(Node):
    def __init__(self, parts: Sequence[Node]):
        self._parts = parts
        self._last: Instant | None = None

    def collect(self, now: Instant) -> list[Firing]:
        fired = [firing for part in self._parts for firing in part.collect(now)]
        if not fired or self._last == now:
            return []
        self._last = now
        return [min(fired, key=lambda f: f.label)]


class AllNode(Node):
    """Fires when every part has fired since the last firing; one event serves one part, whichever that may be."""

    def __init__(self, parts: Sequence[Node]):
        self._parts = parts
        self._begin_afresh()

    def _begin_afresh(self) -> None:
        self._fired: list[list[Firing]] = [[] for _ in self._parts]
        self._serving: dict[int, Firing] = {}

    def collect(self, now: Instant) -> list[Firing]:
        arrived = [part.collect(now) for part in self._parts]
        if not any(arrived):
            return []
        for so_far, more in zip(self._fired, arrived, strict=True):
            # As many as there are parts are enough: some one of them is always free.
            so_far.extend(more[: len(self._parts) - len(so_far)])
        self._serve()
        if len(self._serving) < len(self._parts):
            return []
        done = [self._serving[n] for n in range(len(self._parts))]
        now_served = [firing for n, firing in enumerate(done) if firing in arrived[n]]
        self._begin_afresh()
        return [_joined(max(now_served, key=lambda f: f.label), done, now_served)]

    def _serve(self) -> None:
        """As many parts as can be, each by a firing of its own (augmenting paths)."""
        holder = {firing.uses: part for part, firing in self._serving.items()}

        def serve(part: int, tried: set[tuple[str, ...]]) -> bool:
            for firing in self._fired[part]:
                if firing.uses in tried:
                    continue
                tried.add(firing.uses)
                if firing.uses not in holder or serve(holder[firing.uses], tried):
                    holder[firing.uses] = part
                    self._serving[part] = firing
                    return True
            return False

        for part in range(len(self._parts)):
            if part not in self._serving:
                serve(part, set())


def _joined(completing: Firing, parts: Iterable[Firing], completing_all: Iterable[Firing]) -> Firing:
    parts = list(parts)
    completing_all = list(completing_all)
    return Firing(
        completing.label,
        tuple(dict.fromkeys(e for f in completing_all for e in f.events)) or completing.events,
        tuple(dict.fromkeys(e for f in parts for e in f.trail)),
        tuple(o for f in parts for o in f.occurrences),
        completing.source,
        tuple(dict.fromkeys(use for f in completing_all for use in f.uses)) or completing.uses,
    )


@dataclass(frozen=True)
class _Chain:
    first: Instant
    firings: tuple[Firing, ...]

    @property
    def used(self) -> set[str]:
        return {use for firing in self.firings for use in firing.uses}


class InOrderNode(Node):
    """Parts at non-decreasing instants; `within` counted from the latest possible first part; afresh after firing."""

    _KEPT = 4
    """Chains kept a part: the latest first parts; more than one only because one event serves one part."""

    def __init__(self, parts: Sequence[Node], within: Duration | None, calendar: Calendar):
        self._parts = parts
        self._within = within
        self._calendar = calendar
        self._chains: list[list[_Chain]] = [[] for _ in parts]
        self._before: list[list[_Chain]] = self._chains
        self._arrived: list[list[Firing]] = [[] for _ in parts]
        self._instant: Instant | None = None

    def collect(self, now: Instant) -> list[Firing]:
        arrived = [part.collect(now) for part in self._parts]
        if not any(arrived):
            return []
        if self._instant != now:
            self._instant, self._before, self._arrived = now, self._chains, [[] for _ in self._parts]
        for so_far, more in zip(self._arrived, arrived, strict=True):
            so_far.extend(more)
        complete = self._grow(now)
        if not complete:
            return []
        best = max(complete, key=lambda chain: (chain.first, chain.firings[-1].label))
        self._chains = self._before = [[] for _ in self._parts]
        self._arrived = [[] for _ in self._parts]
        return [_joined(best.firings[-1], best.firings, [best.firings[-1]])]

    def _grow(self, now: Instant) -> list[_Chain]:
        """All that arrived at this instant, in whatever round, taken together: equal instants are in order."""
        self._chains = [list(chains) for chains in self._before]
        complete: list[_Chain] = []
        last = len(self._parts) - 1
        for n, firings in enumerate(self._arrived):
            for firing in firings:
                grown = self._grown(n, firing, now)
                if n == last:
                    complete.extend(chain for chain in grown if self._in_time(chain, now))
                else:
                    self._keep(n, grown)
        return complete

    def _grown(self, n: int, firing: Firing, now: Instant) -> list[_Chain]:
        if n == 0:
            return [_Chain(now, (firing,))]
        return [
            _Chain(chain.first, (*chain.firings, firing))
            for chain in self._chains[n - 1]
            if not chain.used.intersection(firing.uses)
        ]

    def _keep(self, n: int, grown: list[_Chain]) -> None:
        pool = sorted([*self._chains[n], *grown], key=lambda chain: chain.first, reverse=True)
        self._chains[n] = pool[: self._KEPT]

    def _in_time(self, chain: _Chain, now: Instant) -> bool:
        return self._within is None or self._calendar.due_after(chain.first, self._within).in_time(now)


class AlarmNode(Node):
    """Fires where the run's clock reaches an instant."""

    def __init__(self) -> None:
        self.ready: list[Firing] = []

    def collect(self, now: Instant) -> list[Firing]:
        fired, self.ready = self.ready, []
        return fired


SetAlarm = Callable[[AlarmNode, Instant, Firing], None]


class AfterNode(AlarmNode):
    """So long after another trigger: each firing of it sets an alarm."""

    def __init__(self, of: Node, after: Duration, calendar: Calendar, alarm: SetAlarm):
        super().__init__()
        self._of = of
        self._after = after
        self._calendar = calendar
        self._alarm = alarm

    def collect(self, now: Instant) -> list[Firing]:
        for firing in self._of.collect(now):
            self._alarm(self, self._calendar.due_after(now, self._after).at, firing)
        return super().collect(now)


@dataclass
class Wiring:
    """What the leaves of one trigger listen to; the run subscribes them."""

    matches: list[tuple[plan.Match, Leaf]] = field(default_factory=list)
    states: list[tuple[plan.OnState, Leaf]] = field(default_factory=list)
    norms: list[tuple[plan.OnNorm, Leaf]] = field(default_factory=list)
    times: list[tuple[Instant, AlarmNode, Firing]] = field(default_factory=list)


def build(trigger: plan.Trigger, wiring: Wiring, calendar: Calendar, alarm: SetAlarm) -> Node:
    """The automaton of a trigger, its leaves noted in `wiring`."""
    if isinstance(trigger, plan.OnMatch):
        leaf = Leaf(trigger.match.count)
        wiring.matches.append((trigger.match, leaf))
        return leaf
    if isinstance(trigger, plan.OnState):
        leaf = Leaf(once_per_instant=True)
        wiring.states.append((trigger, leaf))
        return leaf
    if isinstance(trigger, plan.OnNorm):
        leaf = Leaf(once_per_instant=trigger.signal == "met")
        wiring.norms.append((trigger, leaf))
        return leaf
    if isinstance(trigger, plan.AtTime):
        node = AlarmNode()
        at = format_instant(trigger.at)
        wiring.times.append((trigger.at, node, Firing(at, uses=(f"time {len(wiring.times)}",))))
        return node
    if isinstance(trigger, plan.AfterTrigger):
        assert isinstance(trigger.after, Duration)
        inner = build(trigger.of, wiring, calendar, alarm)
        return AfterNode(inner, trigger.after, calendar, alarm)
    parts = [build(part, wiring, calendar, alarm) for part in trigger.parts]
    if isinstance(trigger, plan.AnyOf):
        return AnyNode(parts)
    if isinstance(trigger, plan.AllOf):
        return AllNode(parts)
    assert trigger.within is None or isinstance(trigger.within, Duration)
    return InOrderNode(parts, trigger.within, calendar)

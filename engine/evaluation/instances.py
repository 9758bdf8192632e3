"""What every kind of norm has in common: versions, instances, occurrences, opening and closing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from engine.evaluation.bind import BoundNorm
from engine.evaluation.conditions import Condition
from engine.evaluation.facts import Fact
from engine.evaluation.triggers import Firing
from engine.evaluation.verdicts import Breach, BreachStatus, Figure, Part, Role, Status
from engine.events import Event
from engine.language.plan import Norm, OpenInstances, Use
from engine.time import BEGINNING, Due, Instant, format_instant

if TYPE_CHECKING:
    from engine.evaluation.run import Run


@dataclass(slots=True, eq=False)
class Occurrence:
    """One breach. `label` names it for signals and rulings: the act's event, or the instance whose deadline passed."""

    at: Instant | None
    because: tuple[str, ...]
    label: str | None
    span: tuple[Instant, Instant] | None = None
    status: BreachStatus = "open"

    def as_breach(self) -> Breach:
        return Breach(self.at, self.span, self.because, self.status)


@dataclass(slots=True, eq=False)
class Instance:
    """One opening of one norm. `opened` is None for what is open since before all events."""

    label: str | None
    opened: Instant | None
    terms: Norm
    terms_at: int
    occurrences: list[Occurrence] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    fired_by: frozenset[str] = frozenset()
    closed: Instant | None = None
    closed_early: bool = False
    since: Instant | None = None

    def close(self, now: Instant, step: int) -> None:
        """`closed_early`: before the acts of that instant are judged."""
        self.closed, self.closed_early = now, step < 2

    @property
    def start(self) -> Instant:
        return BEGINNING if self.opened is None else self.opened

    def played(self, role: Role, event: str, note: str = "") -> None:
        self.parts.append(Part(role, event, note))


@dataclass
class Compiled:
    """The conditions of one version, ready to ask."""

    while_: Condition | None
    paused: Condition | None
    unless: Condition | None


class NormRun:
    """One norm in one binding, running. Subclasses say what an instance is and how it moves."""

    def __init__(self, run: Run, bound: BoundNorm):
        self.run = run
        self.bound = bound
        self.key = bound.key
        self.versions = bound.versions
        self.compiled: list[Compiled] = [run.compile_norm(self, n) for n in range(len(self.versions))]
        self.instances: list[Instance] = []
        self.firings: list[tuple[int, Firing]] = []
        self._while_was = [False] * len(self.versions)
        self._before: tuple[bool, ...] = ()
        self._labels: set[str | None] = set()

    @staticmethod
    def asks(bound: BoundNorm, others: Iterable[BoundNorm]) -> Iterable[BoundNorm]:
        """The norms that it asks (a prohibition its permissions), beside what its triggers and conditions name."""
        return ()

    def meet(self, asked: Iterable[NormRun]) -> None:
        """Those norms, once all of them are there."""

    # --- versions -------------------------------------------------------------------------------------------------

    def valid(self, version: int, now: Instant) -> bool:
        valid = self.versions[version].valid
        return valid is None or (valid.start <= now and (valid.end is None or now < valid.end))

    def boundaries(self) -> Iterable[Instant]:
        for norm in self.versions:
            if norm.valid:
                yield norm.valid.start
                if norm.valid.end is not None:
                    yield norm.valid.end

    def successor(self, version: int) -> int | None:
        """The version that begins where this one ends."""
        if version + 1 >= len(self.versions):
            return None
        old, new = self.versions[version].valid, self.versions[version + 1].valid
        return version + 1 if old and new and old.end == new.start else None

    def change_version(self, now: Instant) -> None:
        """At the first instant of a version, or the first one after the last."""
        for instance in self.open_instances():
            valid = instance.terms.valid
            if valid is None or valid.end is None or valid.end > now:
                continue
            if valid.end == now:
                following = self.successor(instance.terms_at)
                if following is None:
                    self.end_with_version(instance, now)
                else:
                    self.take_over(instance, following, now)
        self.run.touch(self)

    def end_with_version(self, instance: Instance, now: Instant) -> None:
        """No version follows."""
        self.lapse(instance, now)

    def take_over(self, instance: Instance, version: int, now: Instant) -> None:
        """The successor's terms from here on."""
        instance.terms, instance.terms_at = self.versions[version], version

    def policy(self, version: int) -> OpenInstances:
        valid = self.versions[version].valid
        return valid.open_instances if valid else "keep_old"

    # --- conditions -----------------------------------------------------------------------------------------------

    def while_holds(self, version: int, now: Instant) -> bool:
        condition = self.compiled[version].while_
        return condition is None or condition.holds(now) is True

    def excepted(self, instance: Instance, now: Instant) -> bool:
        condition = self.compiled[instance.terms_at].unless
        return condition is not None and condition.holds(now) is True

    # --- opening and closing --------------------------------------------------------------------------------------

    def begin(self) -> None:
        """Before all events."""
        for version, norm in enumerate(self.versions):
            if norm.valid is None or norm.valid.start <= BEGINNING:
                holds = self.while_holds(version, BEGINNING)
                self._while_was[version] = holds
                if norm.when is None and holds:
                    self.open(version, None, None, None)

    def end_of_step(self, now: Instant, step: int) -> None:
        """`while` and `paused_while` as the step leaves the states; then what has fired opens."""
        held = [self.while_holds(version, now) for version in range(len(self.versions))]
        if not all(held):
            for instance in self.open_instances():
                if not held[instance.terms_at]:
                    self.lapse(instance, now)
        self._before = tuple(self._while_was)
        for version, norm in enumerate(self.versions):
            if not self.valid(version, now):
                self._while_was[version] = False
                continue
            holds = held[version]
            began, self._while_was[version] = holds and not self._while_was[version], holds
            if began and norm.when is None and self.opens_with_while(version, now):
                self.open(version, now, format_instant(now), None)
        fired, self.firings = self.firings, []
        accepted = [(v, f) for v, f in fired if self.accepts(v, now)]
        labels = [firing.label for _, firing in accepted]
        for version, firing in sorted(accepted, key=lambda pair: (pair[1].label, pair[1].source)):
            label = firing.label
            if labels.count(label) > 1 and firing.source:
                label += " (" + ", ".join(f"{name}={value}" for name, value in firing.source) + ")"
            self.open(version, now, label, firing)
        self.after_step(now, step)

    def accepts(self, version: int, now: Instant) -> bool:
        return self.valid(version, now) and self.while_holds(version, now)

    def opens_with_while(self, version: int, now: Instant) -> bool:
        """A successor takes over what runs; it opens anew only where nothing does."""
        return not any(i.terms_at <= version for i in self.open_instances())

    def after_step(self, now: Instant, step: int) -> None:
        """For kinds that have more to do (a pause)."""

    def open(self, version: int, now: Instant | None, label: str | None, firing: Firing | None) -> None:
        raise NotImplementedError

    def lapse(self, instance: Instance, now: Instant) -> None:
        raise NotImplementedError

    def open_instances(self) -> list[Instance]:
        raise NotImplementedError

    def unique(self, label: str | None) -> str | None:
        """A label that no earlier instance has (an instant or a day at which a norm opened twice)."""
        fresh, n = label, 2
        while fresh in self._labels:
            fresh = f"{label} #{n}"
            n += 1
        self._labels.add(fresh)
        return fresh

    # --- what happens ---------------------------------------------------------------------------------------------

    def take(self, fact: Fact, use: Use, now: Instant) -> None:
        """An act, reading or observation of this instant (step 2)."""
        raise NotImplementedError

    def judge(self, now: Instant) -> None:
        """What `run.judge_in_step_two` asked for: after all acts and readings of the instant (step 2)."""

    def deadline(self, instance: Instance, now: Instant) -> None:
        """What `run.deadline` asked for (step 4)."""

    def waive(self, event: Event, instance: Instance, now: Instant) -> bool:
        """True where it had an effect."""
        return False

    def extend(self, event: Event, instance: Instance, now: Instant) -> str:
        """Nothing where it had an effect, else why not."""
        return "only a duty with a deadline is extended"

    def cure(self, occurrence: Occurrence, by: str, now: Instant) -> None:
        """Prohibitions and bounds are cured; a missed deadline is met late, if at all."""

    def excused(self, *, event: str | None = None, label: str | None = None, at: Instant | None = None) -> bool:
        """Has the ruling body said that this was no violation?"""
        return self._ruled(event, label, at) is False

    def ruled_violation(self, *, event: str | None = None, label: str | None = None) -> bool:
        return self._ruled(event, label, None) is True

    def _ruled(self, event: str | None, label: str | None, at: Instant | None) -> bool | None:
        rulings = self.run.rulings
        if event is not None:
            found = rulings.on_event.get((self.bound.id, self.bound.binding, event))
            if found is not None:
                return found.violation
        if label is not None:
            for named, ruling in rulings.on_instance.get((self.bound.id, self.bound.binding), ()):
                if self.run.same_label(named, label) and (at is None or ruling.event.hi >= at):
                    return ruling.violation
        return None

    # --- answers --------------------------------------------------------------------------------------------------

    def status(self, instance: Instance, now: Instant) -> Status:
        raise NotImplementedError

    def due_of(self, instance: Instance) -> Due | None:
        return None

    def figures(self, instance: Instance, now: Instant) -> list[Figure]:
        return []

    def contributions(self, instance: Instance, now: Instant) -> tuple[str, ...]:
        """Events that count towards it so far."""
        return ()

    def extended(self, instance: Instance) -> bool:
        return False


OPEN_ENDED: frozenset[Status] = frozenset({"active", "in_grace", "holding", "suspended", "unknown"})
"""What lapses when `while` ends; any other status stays as it is."""


def instant_label(at: Instant | None) -> str:
    """The label of what time alone brought about."""
    return "before all events" if at is None or at <= BEGINNING else format_instant(at)


def since_breach(instance: Instance) -> Instant | None:
    """From when on what is open on record stands."""
    started = [o.at for o in instance.occurrences if o.status == "open" and o.at is not None]
    return min(started, default=instance.since)

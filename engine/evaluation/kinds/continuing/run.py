"""What `must_not` and `keep` have in common: they run on, may go unobserved, and are waived or closed alike."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.evaluation.bind import BoundNorm
from engine.evaluation.instances import OPEN_ENDED, Instance, NormRun, Occurrence, instant_label
from engine.evaluation.triggers import Firing
from engine.evaluation.verdicts import Figure, Status, worst
from engine.events import Event
from engine.language.plan import Norm
from engine.time import BEGINNING, Due, Duration, Instant, format_instant

if TYPE_CHECKING:
    from engine.evaluation.run import Run

_ON_RECORD: dict[str, Status] = {
    "restored": "restored", "cured": "cured", "excused": "excused", "waived": "waived", "open": "breached",
}  # fmt: skip


@dataclass(slots=True, eq=False)
class Running(Instance):
    grace: Due | None = None
    observed: Instant = BEGINNING
    observed_by: str | None = None
    waived_at: Instant | None = None
    closed_as: Status | None = None
    unseen: bool = False
    trail: tuple[str, ...] = ()


class ContinuingRun(NormRun):
    """Prohibitions and bounds: one instance runs from its opening until its `while` ends."""

    def __init__(self, run: Run, bound: BoundNorm):
        super().__init__(run, bound)
        self._open: list[Running] = []

    def open_instances(self) -> list[Instance]:
        return list(self._open)

    def instance(self, label: str | None, now: Instant | None, norm: Norm, version: int) -> Running:
        return Running(label, now, norm, version, since=now)

    def open(self, version: int, now: Instant | None, label: str | None, firing: Firing | None) -> None:
        norm = self.versions[version]
        running = self.instance(self.unique(label), now, norm, version)
        running.observed = running.start
        if firing is not None:
            running.trail = firing.trail
            for event in firing.trail:
                running.played("trigger", event)
        self.instances.append(running)
        self._open.append(running)
        if now is not None and isinstance(norm.grace, Duration):
            running.grace = self.run.calendar.due_after(now, norm.grace)
            self.run.deadline(running.grace.at, self, running)
        self._watch_observation(running)
        self.opened(running, BEGINNING if now is None else now)

    def opened(self, running: Running, now: Instant) -> None:
        """For kinds that judge at once."""

    def in_grace(self, running: Running, now: Instant) -> bool:
        """A grace of hours still covers the acts of its last instant; from step 4 of that instant on it is over."""
        grace = running.grace
        if grace is None or now > grace.at:
            return False
        return now < grace.at or (not grace.exclusive and self.run.step_now < 4)

    def lapse(self, instance: Instance, now: Instant) -> None:
        assert isinstance(instance, Running)
        status = self.status(instance, now)
        instance.close(now, self.run.step_now)
        instance.unseen = status == "unknown"
        instance.closed_as = "lapsed" if status in OPEN_ENDED else None
        if instance.closed_as:
            instance.since = now
        self._open.remove(instance)

    # --- observation ----------------------------------------------------------------------------------------------

    def _interval(self, running: Running) -> int | None:
        every = running.terms.observe_every
        return every.exact if isinstance(every, Duration) and running.terms.observed_by is not None else None

    def _watch_observation(self, running: Running) -> None:
        interval = self._interval(running)
        if interval is not None and running.observed > BEGINNING:
            self.run.deadline(running.observed + interval, self, running)

    def unobserved(self, running: Running, now: Instant) -> bool:
        """The interval is over in step 4 of its last instant, like every deadline."""
        interval = self._interval(running)
        if interval is None:
            return False
        last = running.observed + interval
        return last < now or (last == now and (now != self.run.now or self.run.step_now >= 4))

    def observe(self, version: int, event: str, now: Instant) -> None:
        for running in self._open:
            if running.terms_at == version:
                self._note_gap(running, now - 1)
                running.observed, running.observed_by = now, event
                self._watch_observation(running)

    def _note_gap(self, running: Running, now: Instant) -> None:
        """Back from `unknown` stands what is on record; a waiver that met no breach is not."""
        interval = self._interval(running)
        if interval is None or running.waived_at is None:
            return
        grace_ends = BEGINNING if running.grace is None else running.grace.at
        if max(running.waived_at, running.observed + interval, grace_ends) <= now:
            running.waived_at = None

    def deadline(self, instance: Instance, now: Instant) -> None:
        """An instant at which the grace or the observation interval may end (step 4)."""
        assert isinstance(instance, Running)
        if instance.closed is None:
            self._note_gap(instance, now)
            if instance.grace is not None and instance.grace.at == now:
                instance.since = now
                self.opened(instance, now)

    # --- occurrences ----------------------------------------------------------------------------------------------

    def breach(self, running: Running, occurrence: Occurrence, events: Iterable[str], *, silent: bool = False) -> None:
        """On record; signalled once, unless the ruling body has excused it."""
        running.occurrences.append(occurrence)
        if occurrence.status == "excused":
            return
        running.waived_at = None
        running.since = occurrence.at
        if silent:
            return
        label = occurrence.label or instant_label(occurrence.at)
        events = tuple(events)
        firing = Firing(label, events, occurrence.because, ((self, occurrence),), source=self.bound.binding)
        self.run.signal("breach", self.key, firing)

    def waive(self, event: Event, instance: Instance, now: Instant) -> bool:
        assert isinstance(instance, Running)
        if instance.closed is not None and (instance.closed_as or self.status(instance, now) != "breached"):
            return False
        for occurrence in instance.occurrences:
            occurrence.status = "waived"
        instance.waived_at = now
        instance.since = now
        instance.played("waiver", event.id)
        return True

    def cure(self, occurrence: Occurrence, by: str, now: Instant) -> None:
        if occurrence.status != "open":
            return
        occurrence.status = "cured"
        for instance in self.instances:
            if any(o is occurrence for o in instance.occurrences):
                instance.since = now
                instance.played("cure", by)

    def on_record(self, running: Running) -> Status:
        """The worst of what is on record, holding where nothing is."""
        found = [_ON_RECORD[o.status] for o in running.occurrences if o.status in _ON_RECORD]
        return (
            worst(found if running.waived_at is None else [*found, "waived"])
            if found or running.waived_at
            else "holding"
        )

    def silent(self, running: Running, now: Instant) -> bool:
        """Is there nothing that says how it stands?"""
        return self.unobserved(running, now)

    def standing(self, running: Running) -> Status:
        """While it runs, nothing is open, and somebody has looked."""
        return self.on_record(running)

    def status(self, instance: Instance, now: Instant) -> Status:
        assert isinstance(instance, Running)
        if any(o.status == "open" for o in instance.occurrences):
            return "breached"
        if instance.closed is not None:
            return instance.closed_as or self.on_record(instance)
        if self.in_grace(instance, now):
            return "in_grace" if instance.waived_at is None else "waived"
        return "unknown" if self.silent(instance, now) else self.standing(instance)

    def figures(self, instance: Instance, now: Instant) -> list[Figure]:
        assert isinstance(instance, Running)
        found = self._observation_figures(instance)
        if instance.grace is not None:
            found.append(Figure("grace ends", format_instant(instance.grace.at)))
        return found

    def _observation_figures(self, running: Running) -> list[Figure]:
        interval = self._interval(running)
        if interval is None:
            return []
        found = [Figure("to be observed every", str(running.terms.observe_every))]
        if running.observed > BEGINNING:
            word = "last observation" if running.observed_by else "opened, not observed since"
            found.append(Figure(word, format_instant(running.observed)))
            found.append(Figure("observation lapses", format_instant(running.observed + interval)))
        return found

"""`must`: an obligation to bring something about, with or without a deadline."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from engine.evaluation.bind import BoundNorm
from engine.evaluation.facts import Fact
from engine.evaluation.instances import Instance, NormRun, Occurrence, instant_label
from engine.evaluation.measures import BoundReader, Judged, Record
from engine.evaluation.phrases import figures_of
from engine.evaluation.triggers import Firing
from engine.evaluation.verdicts import Figure, Status
from engine.events import Event
from engine.language import plan
from engine.language.plan import Norm, Use
from engine.time import BEGINNING, Due, Duration, Instant, format_instant

if TYPE_CHECKING:
    from engine.evaluation.run import Run


@dataclass(slots=True, eq=False)
class Duty(Instance):
    """One deadline of one firing. `start_of_acts`: from when on acts count (before `opened` with `early`)."""

    state: Status = "active"
    due: Due | None = None
    original_due: Due | None = None
    grace_due: Due | None = None
    first_act: Instant = BEGINNING
    acts: list[str] = field(default_factory=list)
    at_least: Decimal | None = None
    period: tuple[Instant, Instant] | None = None
    paused_at: Instant | None = None
    before_pause: Status = "active"
    extension_days: int = 0
    was_extended: bool = False
    cures: tuple[tuple[NormRun, Occurrence], ...] = ()
    trigger_trail: tuple[str, ...] = ()
    omission_seen: str | None = None
    cause: str | None = None
    opening: bool = False

    def stands(self, *states: Status) -> bool:
        return self.state in states


@dataclass(eq=False)
class Series:
    """The recurring periods of one version. `nth` counts from 1; `day` is the trigger's day."""

    version: int
    label: str | None
    firing: Firing | None
    start: Instant
    with_while: bool
    nth: int = 1
    day: date | None = None
    current: tuple[Instant, Instant] = (BEGINNING, BEGINNING)


_ENDLESS = -BEGINNING // 2
"""Longer than any pause between two instants: it has held since before all events, and moves a due out of sight."""

UNPERFORMED: frozenset[Status] = frozenset({"active", "in_grace", "suspended", "breached", "unknown"})


class MustRun(NormRun):
    def __init__(self, run: Run, bound: BoundNorm):
        super().__init__(run, bound)
        self.duties: list[Duty] = []
        self._live: dict[Duty, None] = {}
        self._series: dict[int, Series] = {}
        self._to_one_before: set[str] = set()
        self._before_acts: tuple[Instant, list[Duty]] = (BEGINNING, [])
        self._firings_counted = 0
        self._readers: list[BoundReader | None] = []
        self._acts: list[Record | None] = []
        self._looks = [None if norm.observed_by is None else run.record_of(norm.observed_by) for norm in self.versions]
        for version in self.versions:
            must = self._must(version)
            self._readers.append(run.reader(must.reach) if must.reach else None)
            self._acts.append(run.record_of(must.act) if must.act else None)

    def _must(self, norm: Norm) -> plan.Must:
        assert isinstance(norm.modal, plan.Must)
        return norm.modal

    def open_instances(self) -> list[Instance]:
        return [d for d in self._live if d.state in ("active", "in_grace", "suspended", "breached", "unknown")]

    # --- opening --------------------------------------------------------------------------------------------------

    def opens_with_while(self, version: int, now: Instant) -> bool:
        """A successor with `while` opens nothing new before it begins again; one without opens at its `from`, unless it
        has taken an open duty over. A series that runs is not started twice."""
        norm = self.versions[version]
        if version in self._series:
            return False
        if version == 0 or norm.valid is None or norm.valid.start != now:
            return True
        if norm.while_ is None:
            return not any(duty.terms_at == version for duty in self.duties)
        return not self._before[version - 1]

    def accepts(self, version: int, now: Instant) -> bool:
        """A firing while a series runs is ignored."""
        return version not in self._series and super().accepts(version, now)

    def _recurs(self, version: int) -> bool:
        return isinstance(self._must(self.versions[version]).deadline, (plan.EveryCalendar, plan.EveryLength))

    def open(self, version: int, now: Instant | None, label: str | None, firing: Firing | None) -> None:
        norm = self.versions[version]
        deadline = self._must(norm).deadline
        if self._recurs(version):
            # One series, whatever the version: its periods ask which one is in force.
            for later in itertools.takewhile(self._recurs, range(version, len(self.versions))):
                self._start_series(later, now, label, firing)
            return
        self._firings_counted += 1
        previous = self.duties[-1].start if self.duties else None
        if isinstance(deadline, plan.Milestones):
            prefix = "" if self._firings_counted == 1 else f"{label}/"
            for stone in deadline.of:
                duty = self._duty(version, now, f"{prefix}{stone.written}", firing, previous)
                duty.at_least = _number(stone.at_least)
                duty.due = duty.original_due = self._due(duty, stone.deadline)
                self._opened(duty, now)
            return
        duty = self._duty(version, now, label, firing, previous)
        duty.due = duty.original_due = self._due(duty, deadline)
        self._opened(duty, now)

    def _duty(
        self, version: int, now: Instant | None, label: str | None, firing: Firing | None, previous: Instant | None
    ) -> Duty:
        norm = self.versions[version]
        duty = Duty(self.unique(label), now, norm, version, since=now)
        duty.first_act = self._first_act(norm, now, previous)
        if firing is not None:
            duty.cause = firing.label
            duty.fired_by = frozenset(firing.events)
            duty.trigger_trail = firing.trail
            duty.cures = tuple(o for o in firing.occurrences if norm.cures and o[0].bound.id == norm.cures)
            for event in firing.trail:
                duty.played("trigger", event)
        return duty

    def _first_act(self, norm: Norm, now: Instant | None, previous: Instant | None) -> Instant:
        if now is None:
            return BEGINNING
        if norm.early is True:
            return BEGINNING if previous is None else previous
        if isinstance(norm.early, Duration):
            return now - norm.early.exact + 1
        return now

    def _due(self, duty: Duty, deadline: plan.Deadline) -> Due | None:
        calendar = self.run.calendar
        if isinstance(deadline, plan.By):
            return calendar.due_on(deadline.at) if isinstance(deadline.at, date) else Due(deadline.at, False)
        if not isinstance(deadline, plan.Within):
            return None
        if duty.opened is None:
            return Due(BEGINNING, exclusive=True)
        assert isinstance(deadline.duration, Duration)
        return calendar.due_after(duty.opened, deadline.duration)

    def _opened(self, duty: Duty, now: Instant | None) -> None:
        self.duties.append(duty)
        self.instances.append(duty)
        self._live[duty] = None
        at = BEGINNING if now is None else now
        duty.opening = True
        self._early_acts(duty, at)
        if duty.state == "active" and self._reached(duty, at):
            self._perform(duty, at, self._reach_events(duty, at))
        duty.opening = False
        if duty.state != "active":
            return
        paused = self.compiled[duty.terms_at].paused
        in_time = duty.due is None or duty.due.in_time(at)
        if in_time and paused is not None and paused.holds(at) is True:
            duty.state, duty.paused_at, duty.before_pause = "suspended", at, "active"
            return
        self._wait_for_due(duty, at)

    def _early_acts(self, duty: Duty, now: Instant) -> None:
        """Acts before the trigger, where they count; those of this instant are judged with it in step 2, unless the
        instance opens after that step: then they came before."""
        record = self._acts[duty.terms_at]
        if record is None or (duty.first_act >= now and duty.opened is not None):
            return
        upto = now - 1 if self.run.step_now == 1 else now
        start, end = record.slice(duty.first_act - 1, upto)
        for i in range(start, end):
            if record.events[i] not in duty.fired_by and duty.state == "active":
                self._act(duty, record.events[i], now)

    def _wait_for_due(self, duty: Duty, now: Instant) -> None:
        if duty.due is None:
            return
        if duty.opened is None and duty.due.at <= BEGINNING:
            self._pass_due_before_all(duty)
        else:
            self.run.deadline(max(duty.due.at, now), self, duty)

    def _pass_due_before_all(self, duty: Duty) -> None:
        """Open since before all events with its due behind it: breached with no instant, and no signal."""
        if self.excepted(duty, BEGINNING):
            self._enter(duty, "lapsed", BEGINNING)
            return
        if duty.terms.observed_by is not None:
            duty.state = "unknown"
            return
        duty.state = "breached"
        duty.occurrences.append(Occurrence(None, (), duty.label))

    # --- series ---------------------------------------------------------------------------------------------------

    def _start_series(self, version: int, now: Instant | None, label: str | None, firing: Firing | None) -> None:
        if version in self._series:
            return
        start = BEGINNING if now is None else now
        with_while = self.versions[version].when is None
        series = Series(version, label, firing, start, with_while)
        self._series[version] = series
        if now is None:
            return
        series.day = self.run.calendar.date_of(now)
        self.run.period(self._first_period(series), self, series)

    def awaken(self, version: int, now: Instant) -> None:
        """A series open since before all events begins with the period of the first event that it reads."""
        series = self._series.get(version)
        deadline = self._must(self.versions[version]).deadline
        if series is None or series.start > BEGINNING or series.day is not None:
            return
        if isinstance(deadline, plan.EveryCalendar):
            day = self.run.calendar.period_start(self.run.calendar.date_of(now), deadline.unit)
            series.day = day
            start = self.run.calendar.start_of(day)
            if self.begin_period(series, start):
                self.open_period(series, start, now)

    def _first_period(self, series: Series) -> Instant:
        deadline = self._must(self.versions[series.version]).deadline
        calendar = self.run.calendar
        assert series.day is not None
        if isinstance(deadline, plan.EveryCalendar):
            first = calendar.period_start(series.day, deadline.unit)
            if calendar.start_of(first) < series.start:
                first = calendar.next_period(first, deadline.unit)
            return calendar.start_of(first)
        return series.start

    def _period_end(self, series: Series, start: Instant) -> Instant:
        deadline = self._must(self.versions[series.version]).deadline
        calendar = self.run.calendar
        if isinstance(deadline, plan.EveryCalendar):
            return calendar.start_of(calendar.next_period(calendar.date_of(start), deadline.unit))
        assert isinstance(deadline, plan.EveryLength) and series.day is not None
        length = deadline.duration
        assert isinstance(length, Duration)
        if length.is_clock:
            return series.start + series.nth * length.exact
        return calendar.end_of(calendar.add(series.day, Duration(length.count * series.nth, length.unit)))

    def begin_period(self, series: Series, start: Instant) -> bool:
        """Set the next period; False where this one is no longer wanted."""
        if self._series.get(series.version) is not series:
            return False
        series.current = (start, self._period_end(series, start))
        series.nth += 1
        self.run.period(series.current[1], self, series)
        return True

    def open_period(self, series: Series, start: Instant, now: Instant) -> bool:
        """A duty of its own for the period that begins, if `while` holds."""
        if not self.valid(series.version, start) or not self.while_holds(series.version, now):
            return False
        label = format_instant(start) if self._hourly(series) else self.run.calendar.date_of(start).isoformat()
        duty = self._duty(series.version, start, label, series.firing, None)
        duty.period = series.current
        duty.first_act = start
        duty.due = duty.original_due = Due(series.current[1], exclusive=True)
        looks = self._looks[series.version]
        seen = [] if looks is None else looks.events[slice(*looks.slice(start - 1, now))]
        duty.omission_seen = seen[-1] if seen else None
        self._opened(duty, start)
        return True

    def _hourly(self, series: Series) -> bool:
        deadline = self._must(self.versions[series.version]).deadline
        length = deadline.duration if isinstance(deadline, plan.EveryLength) else None
        return isinstance(length, Duration) and length.is_clock

    def series_begun(self) -> list[tuple[Instant, tuple[str, ...]]]:
        """When the series that run began, and by what."""
        return [(series.start, series.firing.trail) for series in self._series.values() if series.firing is not None]

    # --- acts -----------------------------------------------------------------------------------------------------

    def take(self, fact: Fact, use: Use, now: Instant) -> None:
        version = self.run.version_of(fact.match)
        if use == "observation":
            self._observe(version, fact.event, now)
            return
        if self._recurs(version):
            self.awaken(version, now)
        if use == "act":
            for duty in self._performable(version, fact.event, now):
                self._act(duty, fact.event, now)
        else:
            self.judge(now)

    def judge(self, now: Instant) -> None:
        """Has what is to be reached been reached?"""
        for duty in list(self._live):
            if self._readers[duty.terms_at] is None or duty.state not in UNPERFORMED:
                continue
            if duty.period is not None and not self._still_takes(duty, now):
                continue
            if self._reached(duty, now):
                self._perform(duty, now, self._reach_events(duty, now))

    def _performable(self, version: int, event: str, now: Instant) -> list[Duty]:
        """Of a series the period before, in its grace and unperformed (of several that the act fits, the nearest, be it
        of another version), else the one that the act falls in."""
        live = [d for d in self._live if d.terms_at == version and d.state in UNPERFORMED]
        live = [d for d in live if now >= d.first_act]
        single = [d for d in live if d.period is None]
        before = [d for d in self._periods_before(now) if self._fits(d, event, now)]
        if before:
            self._to_one_before.add(event)
            nearest = max(before, key=lambda d: d.start)
            return [*single, nearest] if nearest in live else single
        if event in self._to_one_before:
            return single
        return [*single, *(d for d in live if d.period is not None and d.period[0] <= now < d.period[1])]

    def _periods_before(self, now: Instant) -> list[Duty]:
        """Those that still run, as it was before the acts of this instant, which act together."""
        at, found = self._before_acts
        if at != now:
            over = [d for d in self._live if d.period is not None and d.period[1] <= now]
            found = [d for d in over if d.state in UNPERFORMED and self._still_takes(d, now)]
            self._before_acts = (now, found)
        return found

    def _fits(self, duty: Duty, event: str, now: Instant) -> bool:
        record = self._acts[duty.terms_at]
        return record is not None and event in record.events[slice(*record.slice(now - 1, now))]

    def _still_takes(self, duty: Duty, now: Instant) -> bool:
        """An act or reading at the due itself is in the grace, although the due passes after the acts."""
        at_due = duty.stands("active") and duty.terms.grace is not None and duty.due is not None and duty.due.at == now
        return at_due or self._in_period(duty, now)

    def _in_period(self, duty: Duty, now: Instant) -> bool:
        """In the period, as extended or paused, or in its grace."""
        assert duty.due is not None
        if duty.state == "in_grace":
            return duty.grace_due is not None and duty.grace_due.in_time(now)
        if duty.state in ("active", "suspended"):
            return duty.state == "suspended" or duty.due.in_time(now)
        return False

    def _act(self, duty: Duty, event: str, now: Instant) -> None:
        act = self._must(duty.terms).act
        assert act is not None
        if event in duty.fired_by or event in duty.acts:
            return
        duty.acts.append(event)
        if len(duty.acts) >= act.count:
            self._perform(duty, now, tuple(duty.acts))

    def _reached(self, duty: Duty, now: Instant) -> bool:
        judged = self._read(duty, now)
        return judged is not None and judged.reading == "in"

    def _read(self, duty: Duty, now: Instant) -> Judged | None:
        reader = self._readers[duty.terms_at]
        if reader is None:
            return None
        upto = now
        if duty.period is not None and duty.due is not None and not self._still_takes(duty, now):
            upto = min(now, duty.due.at - 1 if duty.due.exclusive else duty.due.at)
        return reader.read(upto, duty.first_act, without=duty.fired_by, at_least=duty.at_least)

    def _reach_events(self, duty: Duty, now: Instant) -> tuple[str, ...]:
        judged = self._read(duty, now)
        return judged.value.events if judged else ()

    def _perform(self, duty: Duty, now: Instant, events: tuple[str, ...]) -> None:
        if duty.stands("active") and duty.due is not None and not duty.due.in_time(now):
            # An act exactly at an exclusive due: the due passes first, whatever step judges it.
            self._pass_due(duty, now, performed=True)
        if duty.stands("in_grace") and duty.grace_due is not None and not duty.grace_due.in_time(now):
            self._miss(duty, now)
        if duty.stands("active", "suspended", "in_grace"):
            self._met(duty, now, events)
        elif duty.stands("breached", "unknown"):
            if duty.stands("unknown"):
                self._breach(duty, now, (events[-1],) if events else ())
            if duty.stands("excused"):
                return
            for occurrence in duty.occurrences:
                if occurrence.status == "open":
                    occurrence.status = "late"
            self._enter(duty, "met_late", now)
            for event in events:
                duty.played("act", event, "after the due")

    def _met(self, duty: Duty, now: Instant, events: tuple[str, ...]) -> None:
        self._enter(duty, "met", now)
        for event in events:
            duty.played("act", event)
        label = events[-1] if events else duty.label or instant_label(now)
        if duty.opening and duty.cause is not None and duty.period is None:
            # Met at the opening by what came before it: what completed it is what opened it. Time opens a period.
            label = duty.cause
        trail = tuple(dict.fromkeys((*duty.trigger_trail, *events)))
        self.run.signal("met", self.key, Firing(label, events[-1:], trail, source=self.bound.binding))
        for norm, occurrence in duty.cures:
            norm.cure(occurrence, label, now)

    def _enter(self, duty: Duty, state: Status, now: Instant) -> None:
        if duty.state != state:
            duty.since = now if now > BEGINNING else None
        duty.state = state
        missed_period = duty.period is not None and state in ("breached", "unknown")
        if state not in UNPERFORMED or missed_period:
            self._live.pop(duty, None)

    # --- deadlines ------------------------------------------------------------------------------------------------

    def deadline(self, instance: Instance, now: Instant) -> None:
        """An instant at which a due or a grace of this duty may end (step 4)."""
        assert isinstance(instance, Duty)
        if instance.closed is not None:
            return
        if instance.stands("active") and instance.due is not None and instance.due.at <= now:
            self._pass_due(instance, now, performed=False)
        if instance.stands("in_grace") and instance.grace_due is not None and instance.grace_due.at <= now:
            self._miss(instance, now)

    def _pass_due(self, duty: Duty, now: Instant, *, performed: bool) -> None:
        assert duty.due is not None
        if self.excepted(duty, now):
            self._enter(duty, "lapsed", now)
            self._live.pop(duty, None)
            return
        grace = duty.terms.grace
        if isinstance(grace, Duration) and duty.due.at > BEGINNING:
            duty.grace_due = self.run.calendar.later(duty.due, grace)
            self._enter(duty, "in_grace", now)
            if duty.grace_due.at > now:
                self.run.deadline(duty.grace_due.at, self, duty)
                self._pause_if_paused(duty, now)
            elif not performed:
                self._miss(duty, now)
            return
        self._miss(duty, now)

    def _miss(self, duty: Duty, now: Instant) -> None:
        """Unperformed when it had to be: breached, or unknown until somebody has looked."""
        if duty.omission_seen is None:
            duty.omission_seen = self._seen_already(duty, now)
        if duty.terms.observed_by is not None and duty.omission_seen is None:
            self._enter(duty, "unknown", now)
            if self.ruled_violation(label=duty.label):
                self._breach(duty, now, ())
            return
        self._breach(duty, now, (duty.omission_seen,) if duty.omission_seen else ())

    def _seen_already(self, duty: Duty, now: Instant) -> str | None:
        """Of a duty that opens, or comes under new terms, behind its due: who looked since the due has seen it."""
        looks, due = self._looks[duty.terms_at], duty.due
        if looks is None or due is None or duty.opened is None or duty.period is not None:
            return None
        start, end = looks.slice(due.at - 1, now)
        return looks.events[start] if start < end else None

    def _observe(self, version: int, event: str, now: Instant) -> None:
        for duty in list(self._live):
            if duty.terms_at != version:
                continue
            if duty.period is not None:
                if duty.period[0] <= now < duty.period[1]:
                    duty.omission_seen = event
            elif duty.due is not None and now >= duty.due.at and duty.state in ("active", "in_grace"):
                duty.omission_seen = duty.omission_seen or event
            elif duty.state == "unknown":
                duty.omission_seen = event
                self._breach(duty, now, (event,))

    def _breach(self, duty: Duty, now: Instant, events: tuple[str, ...]) -> None:
        because = tuple(dict.fromkeys((*duty.trigger_trail, *events)))
        occurrence = Occurrence(now if now > BEGINNING else None, because, duty.label)
        duty.occurrences.append(occurrence)
        if self.excused(label=duty.label):
            occurrence.status = "excused"
            self._enter(duty, "excused", now)
            return
        self._enter(duty, "breached", now)
        firing = Firing(duty.label or instant_label(now), (), because, ((self, occurrence),), source=self.bound.binding)
        self.run.signal("breach", self.key, firing)

    # --- pause, end of while, versions ----------------------------------------------------------------------------

    def after_step(self, now: Instant, step: int) -> None:
        for version, series in list(self._series.items()):
            if series.with_while and not self.while_holds(version, now):
                del self._series[version]
        for duty in list(self._live):
            paused = self.compiled[duty.terms_at].paused
            if paused is not None:
                self._pause(duty, paused.holds(now) is True, now)

    def _pause_if_paused(self, duty: Duty, now: Instant) -> None:
        """A clock that starts to run (a grace, an extended or new due) while the pause holds stands still at once."""
        paused = self.compiled[duty.terms_at].paused
        if paused is not None and paused.holds(now) is True:
            self._pause(duty, True, now)

    def _pause(self, duty: Duty, on: bool, now: Instant) -> None:
        if on and duty.state in ("active", "in_grace"):
            running = duty.due if duty.state == "active" else duty.grace_due
            if running is not None and not running.in_time(now):
                return
            duty.before_pause, duty.paused_at = duty.state, now
            self._enter(duty, "suspended", now)
        elif not on and duty.state == "suspended":
            assert duty.paused_at is not None
            length = now - duty.paused_at
            duty.paused_at = None
            self._enter(duty, duty.before_pause, now)
            if duty.stands("active"):
                duty.due, duty.original_due = self._moved(duty.due, length), self._moved(duty.original_due, length)
                running = duty.due
            else:
                running = duty.grace_due = self._moved(duty.grace_due, length)
            if running is not None:
                self.run.deadline(max(running.at, now), self, duty)

    def _moved(self, due: Due | None, length: int) -> Due | None:
        """By the exact length of a pause; a calendar due that is then no midnight runs to the end of its day."""
        if due is None or length == 0:
            return due
        if length > _ENDLESS:
            return None
        at = due.at + length
        calendar = self.run.calendar
        if due.exclusive and not calendar.is_midnight(at) and calendar.is_midnight(due.at):
            at = calendar.end_of(calendar.date_of(at))
        return Due(at, due.exclusive)

    def lapse(self, instance: Instance, now: Instant) -> None:
        assert isinstance(instance, Duty)
        instance.close(now, self.run.step_now)
        if instance.state in ("active", "in_grace", "suspended"):
            self._enter(instance, "lapsed", now)
        self._live.pop(instance, None)

    def _judged_now(self, duty: Duty, now: Instant) -> bool:
        """A due at the very instant at which a version ends is judged under it."""
        running = duty.due if duty.stands("active") else duty.grace_due if duty.stands("in_grace") else None
        return running is not None and running.at <= now

    def end_with_version(self, instance: Instance, now: Instant) -> None:
        assert isinstance(instance, Duty)
        if not self._judged_now(instance, now):
            self.lapse(instance, now)

    def take_over(self, instance: Instance, version: int, now: Instant) -> None:
        assert isinstance(instance, Duty)
        if not instance.stands("active", "in_grace", "suspended") or instance.period is not None:
            return
        if self._judged_now(instance, now):
            return
        policy = self.policy(version)
        if policy == "keep_old":
            return
        if policy == "close":
            self.lapse(instance, now)
            return
        super().take_over(instance, version, now)
        if policy == "restart":
            instance.opened = instance.first_act = now
            instance.acts.clear()
        self._under_new_terms(instance, now)

    def _under_new_terms(self, duty: Duty, now: Instant) -> None:
        must = self._must(duty.terms)
        duty.extension_days, duty.was_extended, duty.grace_due = 0, False, None
        deadline = must.deadline
        if isinstance(deadline, plan.Milestones):
            stone = next((s for s in deadline.of if duty.label and duty.label.endswith(s.written)), None)
            if stone is None:
                self.lapse(duty, now)
                return
            duty.at_least, deadline = _number(stone.at_least), stone.deadline
        duty.due = duty.original_due = self._due(duty, deadline)
        if duty.stands("in_grace", "suspended"):
            duty.paused_at = None
            self._enter(duty, "active", now)
        if must.act is not None and len(duty.acts) >= must.act.count:
            self._perform(duty, now, tuple(duty.acts))
        elif duty.stands("active") and duty.due is not None:
            self.run.deadline(max(duty.due.at, now), self, duty)
            self._pause_if_paused(duty, now)

    # --- extensions and waivers -----------------------------------------------------------------------------------

    def extend(self, event: Event, instance: Instance, now: Instant) -> str:
        assert isinstance(instance, Duty)
        duty, terms = instance, instance.terms.extendable
        if terms is None:
            return "it is not extendable"
        if duty.closed is not None or duty.due is None or duty.original_due is None or duty.state not in UNPERFORMED:
            return f"it is {duty.state}"
        until, days = event.fields.get("until"), event.fields.get("days")
        before_all = duty.original_due.at <= BEGINNING
        if before_all and (not isinstance(until, date) or terms.at_most is not None):
            return "its due lies before all events, and nothing can be counted from there"
        timely = duty.state == "suspended" or (duty.state == "active" and duty.due.in_time(now))
        if not timely and not terms.late:
            return "the due has passed and late extensions are refused"
        total = duty.extension_days + int(days) if isinstance(days, Decimal) else duty.extension_days
        if isinstance(until, date):
            due = self.run.calendar.due_on(until)
        else:
            due = self.run.calendar.later(duty.original_due, Duration(total, "day"))
        limit = terms.at_most
        if isinstance(limit, Duration) and due.at > self.run.calendar.later(duty.original_due, limit).at:
            return f"it goes beyond the {limit} that may be added"
        if due.at <= duty.due.at:
            return "it is not later than the due"
        # Of a suspended duty the clock stands where the pause began.
        if due.at <= (now if duty.paused_at is None else duty.paused_at):
            return "it is already past"
        self._extend_to(duty, due, total, event, now)
        return ""

    def _extend_to(self, duty: Duty, due: Due, days: int, event: Event, now: Instant) -> None:
        duty.due, duty.extension_days, duty.was_extended = due, days, True
        duty.grace_due = None
        duty.omission_seen = None if duty.period is None else duty.omission_seen
        duty.played("extension", event.id, f"to {format_instant(due.at)}")
        for occurrence in duty.occurrences:
            if occurrence.status == "open":
                occurrence.status = "extended"
        if duty.state == "suspended":
            duty.before_pause = "active"
            return
        self._enter(duty, "active", now)
        self._live[duty] = None
        self.run.deadline(due.at, self, duty)
        self._pause_if_paused(duty, now)

    def waive(self, event: Event, instance: Instance, now: Instant) -> bool:
        assert isinstance(instance, Duty)
        if instance.stands("met", "met_late", "lapsed", "waived"):
            return False
        for occurrence in instance.occurrences:
            if occurrence.status in ("open", "extended"):
                occurrence.status = "waived"
        self._enter(instance, "waived", now)
        instance.played("waiver", event.id)
        return True

    # --- answers --------------------------------------------------------------------------------------------------

    def status(self, instance: Instance, now: Instant) -> Status:
        assert isinstance(instance, Duty)
        return instance.state

    def due_of(self, instance: Instance) -> Due | None:
        assert isinstance(instance, Duty)
        return instance.due if instance.due is None or instance.due.at > BEGINNING else None

    def reads_from(self, duty: Duty) -> Instant:
        """The earliest instant of an act or reading that can matter to this duty: `latest` looks at the whole past."""
        reader = self._readers[duty.terms_at]
        if reader is None or not reader.looks_back:
            return duty.first_act
        return min(duty.first_act, reader.last_certain(duty.start))

    def contributions(self, instance: Instance, now: Instant) -> tuple[str, ...]:
        assert isinstance(instance, Duty)
        return (*instance.acts, *self._reach_events(instance, now))

    def extended(self, instance: Instance) -> bool:
        assert isinstance(instance, Duty)
        return instance.was_extended

    def figures(self, instance: Instance, now: Instant) -> list[Figure]:
        assert isinstance(instance, Duty)
        found = []
        due = self.due_of(instance)
        if due is not None:
            found.append(Figure("due (exclusive)" if due.exclusive else "due", format_instant(due.at)))
        if instance.was_extended and instance.original_due is not None and instance.original_due.at > BEGINNING:
            found.append(Figure("original due", format_instant(instance.original_due.at)))
        if instance.grace_due is not None:
            found.append(Figure("grace ends", format_instant(instance.grace_due.at)))
        judged = self._read(instance, now)
        if judged is not None:
            found.extend(figures_of(self._readers[instance.terms_at], judged, instance.at_least))
        act = self._must(instance.terms).act
        if act is not None and act.count > 1:
            found.append(Figure("acts", f"{len(instance.acts)} of {act.count}"))
        return found


def _number(value: Decimal | plan.Var) -> Decimal:
    assert isinstance(value, Decimal)
    return value

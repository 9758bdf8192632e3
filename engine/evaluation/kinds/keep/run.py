"""`keep`: a quantity stays in bounds. A broken bound is one occurrence until it holds again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from engine.evaluation.bind import BoundNorm
from engine.evaluation.facts import Fact
from engine.evaluation.instances import Instance, Occurrence
from engine.evaluation.kinds.continuing.run import ContinuingRun, Running
from engine.evaluation.measures import BoundReader, Judged
from engine.evaluation.phrases import figures_of
from engine.evaluation.verdicts import Figure, Status
from engine.language.plan import Keep, Norm, Use
from engine.time import BEGINNING, Instant, format_instant

if TYPE_CHECKING:
    from engine.evaluation.run import Run


@dataclass(slots=True, eq=False)
class Kept(Running):
    """`turns`: when the bound came to be read otherwise, how, and what was read since when."""

    broken: Occurrence | None = None
    reading: str = "unread"
    window: tuple[Instant, Instant] | None = None
    last_judged: Judged | None = None
    turns: list[tuple[Instant, str, Instant]] = field(default_factory=list)


class KeepRun(ContinuingRun):
    def __init__(self, run: Run, bound: BoundNorm):
        super().__init__(run, bound)
        self._readers: list[BoundReader] = []
        for norm in self.versions:
            assert isinstance(norm.modal, Keep)
            self._readers.append(run.reader(norm.modal.bound))
        self._arrived: list[str] = []

    def instance(self, label: str | None, now: Instant | None, norm: Norm, version: int) -> Running:
        return Kept(label, now, norm, version, since=now)

    def reader(self, kept: Kept) -> BoundReader:
        return self._readers[kept.terms_at]

    def opened(self, running: Running, now: Instant) -> None:
        assert isinstance(running, Kept)
        reader = self.reader(running)
        if reader.bound.window is not None:
            if now > BEGINNING and running.window is None:
                self._next_window(running, now)
            return
        if reader.rolling is not None and running.opened is not None:
            self.run.bound_edge(running.opened + reader.rolling, self)
        if self.run.step_now != 1:
            self._judge(running, now)
        else:
            self.run.judge_in_step_two(self)

    def take(self, fact: Fact, use: Use, now: Instant) -> None:
        version = self.run.version_of(fact.match)
        if use == "observation":
            self.observe(version, fact.event, now)
            return
        self._arrived.append(fact.event)
        for running in self._open:
            assert isinstance(running, Kept)
            unstarted = running.window is None and running.opened is None
            if self.reader(running).bound.window is not None and unstarted and running.terms_at == version:
                self._window_of(running, now)
        self.run.judge_in_step_two(self)

    def judge(self, now: Instant) -> None:
        """What has been read, or has dropped out of a window, changes the bound (step 2)."""
        for running in list(self._open):
            assert isinstance(running, Kept)
            if self.reader(running).bound.window is None:
                self._judge(running, now)
        self._arrived = []

    def after_step(self, now: Instant, step: int) -> None:
        """Where an exception may have ended, the bound is judged again."""
        if any(norm.unless is not None for norm in self.versions):
            if step == 1:
                self.run.judge_in_step_two(self)
            else:
                self.judge(now)

    def _judge(self, kept: Kept, now: Instant) -> None:
        if kept.closed is not None or self.in_grace(kept, now) or self.excepted(kept, now):
            return
        reader = self.reader(kept)
        floor = reader.rolling is None or kept.opened is None or now >= kept.opened + reader.rolling
        self._conclude(kept, reader.read(now, kept.start, floor=floor), now)

    def _conclude(self, kept: Kept, judged: Judged, now: Instant) -> None:
        before = kept.reading
        kept.reading, kept.last_judged = judged.reading, judged
        if before != judged.reading:
            kept.turns.append((now, judged.reading, judged.after))
            self._note_unread(kept, before, now)
        if judged.reading == "in":
            self._back_in_bounds(kept, now)
        elif judged.reading == "out" and kept.broken is None:
            self._break(kept, judged, now)
        if before != kept.reading and kept.reading != "out":
            kept.since = now if now > BEGINNING else None

    def _note_unread(self, kept: Kept, before: str, now: Instant) -> None:
        """Back from `unknown` stands what is on record; a waiver that met no breach is not."""
        made_unread = before == "none" and kept.waived_at is not None and kept.waived_at < now
        if kept.reading == "none" or made_unread:
            kept.waived_at = None

    def _break(self, kept: Kept, judged: Judged, now: Instant) -> None:
        read = (*judged.value.events, *(judged.per.events if judged.per else ()))
        breakers = [event for event in self._arrived if event in read] or list(read)
        because = tuple(dict.fromkeys((*kept.trail, *read)))
        at = None if now <= BEGINNING else now
        label = min(breakers, default=None) if self._arrived else None
        occurrence = Occurrence(at, because, label)
        excused = any(self.excused(event=event) for event in breakers) or self.excused(label=kept.label, at=now)
        if excused:
            occurrence.status = "excused"
        kept.broken = occurrence
        self.breach(kept, occurrence, breakers if self._arrived else (), silent=at is None)

    def _back_in_bounds(self, kept: Kept, now: Instant) -> None:
        for occurrence in kept.occurrences:
            if occurrence.status == "open":
                occurrence.status = "restored"
                kept.since = now
        kept.broken = None

    # --- calendar windows -----------------------------------------------------------------------------------------

    def _next_window(self, kept: Kept, now: Instant) -> None:
        """The first whole period that begins at or after the opening."""
        calendar, unit = self.run.calendar, self.reader(kept).bound.window
        assert unit is not None
        first = calendar.period_start(calendar.date_of(now), unit)
        if calendar.start_of(first) < now:
            first = calendar.next_period(first, unit)
        self._set_window(kept, calendar.start_of(first))

    def _window_of(self, kept: Kept, now: Instant) -> None:
        """Open since before all events: from the period of the first event that the bound reads."""
        calendar, unit = self.run.calendar, self.reader(kept).bound.window
        assert unit is not None
        self._set_window(kept, calendar.start_of(calendar.period_start(calendar.date_of(now), unit)))

    def _set_window(self, kept: Kept, start: Instant) -> None:
        calendar, unit = self.run.calendar, self.reader(kept).bound.window
        assert unit is not None
        end = calendar.start_of(calendar.next_period(calendar.date_of(start), unit))
        kept.window = (start, end)
        self.run.deadline(end, self, kept)

    def deadline(self, instance: Instance, now: Instant) -> None:
        assert isinstance(instance, Kept)
        super().deadline(instance, now)
        if instance.closed is None and instance.window is not None and instance.window[1] == now:
            start, end = instance.window
            self._end_window(instance, start, end)
            self._set_window(instance, end)

    def _end_window(self, kept: Kept, start: Instant, end: Instant) -> None:
        if self.in_grace(kept, end) or self.excepted(kept, end):
            return
        reader = self.reader(kept)
        judged = reader.read(end - 1, start)
        if judged.reading == "out":
            kept.broken = None
            self._arrived = []
        self._conclude(kept, judged, end)

    def reads_from(self, kept: Kept) -> Instant:
        """The earliest instant of which a reading can still matter to this opening."""
        reader = self.reader(kept)
        return min(kept.start, reader.last_certain(kept.start)) if reader.looks_back else kept.start

    def take_over(self, instance: Instance, version: int, now: Instant) -> None:
        super().take_over(instance, version, now)
        assert isinstance(instance, Kept)
        reader = self.reader(instance)
        if reader.bound.window is None:
            instance.window = None
            self.run.judge_in_step_two(self)
        elif instance.window is None:
            self._next_window(instance, now)

    # --- answers --------------------------------------------------------------------------------------------------

    def silent(self, running: Running, now: Instant) -> bool:
        assert isinstance(running, Kept)
        return running.reading == "none" or super().silent(running, now)

    def standing(self, running: Running) -> Status:
        assert isinstance(running, Kept)
        if running.broken is not None and running.broken.status in ("waived", "excused", "cured"):
            status: Status = running.broken.status
            return status
        return super().standing(running)

    def figures(self, instance: Instance, now: Instant) -> list[Figure]:
        assert isinstance(instance, Kept)
        found = super().figures(instance, now)
        judged = instance.last_judged
        if judged is not None:
            found.extend(figures_of(self.reader(instance), judged))
            if self.reader(instance).stale is not None and judged.value.at is not None:
                found.append(Figure("reading of", format_instant(judged.value.at)))
                found.append(Figure("stale from", format_instant(judged.value.at + (self.reader(instance).stale or 0))))
        if instance.window is not None:
            found.append(Figure("window judged at", format_instant(instance.window[1])))
        return found

"""`must_not`: a prohibition. Every forbidden act is an occurrence of its own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.evaluation.bind import BoundNorm
from engine.evaluation.conditions import witnesses
from engine.evaluation.facts import Fact
from engine.evaluation.instances import NormRun, Occurrence
from engine.evaluation.kinds.continuing.run import ContinuingRun, Running
from engine.evaluation.kinds.may.run import MayRun, overrides
from engine.language.plan import Use
from engine.time import Instant

if TYPE_CHECKING:
    from engine.evaluation.run import Run


@dataclass(slots=True, eq=False)
class Watch:
    """An act of uncertain time: forbidden only if it is at every instant of its span. `versions`: those whose match it
    satisfies (a span may run across an amendment). `forbidden_by`: the openings that have forbidden it so far."""

    event: str
    lo: Instant
    hi: Instant
    versions: set[int]
    forbidden_by: list[Running] | None = None


class MustNotRun(ContinuingRun):
    def __init__(self, run: Run, bound: BoundNorm):
        super().__init__(run, bound)
        self.permissions: list[MayRun] = []
        self._watches: dict[str, Watch] = {}

    @staticmethod
    def asks(bound: BoundNorm, others: Iterable[BoundNorm]) -> Iterable[BoundNorm]:
        """The permissions of the same bearer that override it, where no variable says otherwise."""
        return [other for other in others if overrides(other, bound)]

    def meet(self, asked: Iterable[NormRun]) -> None:
        self.permissions = [other for other in asked if isinstance(other, MayRun)]

    def watch(self, fact: Fact) -> None:
        """From the first instant of the act's span on."""
        version = self.run.version_of(fact.match)
        self._watches.setdefault(fact.event, Watch(fact.event, fact.lo, fact.hi, set())).versions.add(version)

    def look(self, now: Instant, *, after: bool) -> None:
        """Is each act that may be under way still forbidden, at this instant or (`after`) just after it?"""
        for watch in self._watches.values():
            if watch.lo <= now and (now < watch.hi if after else now <= watch.hi):
                so_far = self._open if watch.forbidden_by is None else watch.forbidden_by
                watch.forbidden_by = [
                    running
                    for running in so_far
                    if running.closed is None
                    and running.terms_at in watch.versions
                    and self._forbids(running, watch.event, now)
                ]

    @property
    def watching(self) -> bool:
        return bool(self._watches)

    def take(self, fact: Fact, use: Use, now: Instant) -> None:
        version = self.run.version_of(fact.match)
        if use == "observation":
            self.observe(version, fact.event, now)
            return
        watch = self._watches.get(fact.event)
        ruled = self.ruled_violation(event=fact.event)
        if watch is not None:
            watch.versions.discard(version)
            if not watch.versions:
                del self._watches[fact.event]
        for running in self._open:
            if running.terms_at != version:
                continue
            if watch is None or ruled or running in (watch.forbidden_by or ()):
                self._judge(running, fact, now)
            else:
                running.played("open act", fact.event, "not forbidden at every instant of its span")

    def _judge(self, running: Running, fact: Fact, now: Instant) -> None:
        if self.in_grace(running, now):
            running.played("act", fact.event, "within the grace")
            return
        excused = self.excused(event=fact.event) or self.excused(label=running.label, at=now)
        if not excused and not self._forbids(running, fact.event, now, explain=True):
            return
        span = (fact.lo, fact.hi) if fact.lo < fact.hi else None
        occurrence = Occurrence(now, tuple(dict.fromkeys((*running.trail, fact.event))), fact.event, span)
        if excused:
            occurrence.status = "excused"
        running.played("act", fact.event)
        self.breach(running, occurrence, (fact.event,))

    def _forbids(self, running: Running, event: str, now: Instant, *, explain: bool = False) -> bool:
        if self.in_grace(running, now):
            return False
        if self.ruled_violation(event=event):
            return True
        if self.excepted(running, now):
            if explain:
                for witness in witnesses(self.compiled[running.terms_at].unless, now):
                    running.played("exception", witness)
                running.played("act", event, "under the exception")
            return False
        for permission in self.permissions:
            if permission.permits(event, now):
                if explain:
                    running.played("permission", event, f"permitted by {permission.bound.id}")
                return False
        return True

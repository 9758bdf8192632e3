"""What a duty could be, where settlements are too many to try."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from engine.evaluation.instances import Instance, NormRun
from engine.evaluation.kinds.must.run import UNPERFORMED, Duty, MustRun
from engine.evaluation.verdicts import Status
from engine.language import plan
from engine.language.plan import Norm, Use
from engine.time import BEGINNING, Duration, Instant

if TYPE_CHECKING:
    from engine.evaluation.view import OpenActs, View

ACTS: tuple[Use, ...] = ("act", "measure", "per")


def concerns(run: NormRun, instance: Instance, lo: Instant, hi: Instant) -> bool:
    assert isinstance(run, MustRun) and isinstance(instance, Duty)
    ends = [] if instance.stands(*UNPERFORMED) or instance.since is None else [instance.since]
    if instance.period is not None and instance.terms.grace is None and not instance.was_extended:
        ends.append(instance.period[1] - 1)
    return hi >= run.reads_from(instance) and all(lo <= end for end in ends)


def with_acts(view: View, run: NormRun, instance: Instance, acts: OpenActs) -> set[Status]:
    assert isinstance(run, MustRun) and isinstance(instance, Duty)
    end = view.horizon
    if instance.period is not None and instance.terms.grace is None and not instance.was_extended:
        end = instance.period[1] - 1
    start = run.reads_from(instance)
    if not acts.any(start, end):
        return set()
    shrinks = acts.any(start, end, shrinking=True)
    found: set[Status] = {"met"}
    over = instance.due is not None and instance.due.at <= view.horizon
    if instance.stands("breached", "unknown", "met_late", "waived", "excused") or over:
        found.add("met_late")
    if instance.stands("unknown"):
        found.add("breached")
    could_fall_away = instance.stands("met", "met_late", "waived", "excused", "lapsed")
    if shrinks and (could_fall_away or instance.period is not None):
        found |= _unperformed(view, instance, over)
    return found


def _unperformed(view: View, duty: Duty, over: bool) -> set[Status]:
    terms = duty.terms
    found: set[Status] = {"breached"} if over else {"active"}
    if over and terms.grace is not None:
        found |= {"in_grace", "breached"}
    if over and terms.observed_by is not None:
        found.add("unknown")
    if over and duty.was_extended:
        found |= {"active", "breached"}
    if terms.paused_while is not None:
        found |= {"suspended", "active", "breached"}
    if terms.unless is not None or terms.while_ is not None or terms.valid is not None:
        found.add("lapsed")
    return found | view.by_others(terms.id)


def everything(view: View, run: NormRun) -> set[Status]:
    assert isinstance(run, MustRun)
    found: set[Status] = {"active", "lapsed", "met"}
    if any(norm.paused_while is not None for norm in run.versions):
        found.add("suspended")
    if _due_can_have_passed(view, run):
        found |= {"breached", "met_late"}
        if any(norm.observed_by is not None for norm in run.versions):
            found.add("unknown")
    return found


def _due_can_have_passed(view: View, run: MustRun) -> bool:
    return any(at <= view.horizon for at in _earliest_dues(view, run))


def _earliest_dues(view: View, run: MustRun) -> Iterator[Instant]:
    """With `within`, not before the earliest instant at which an open fact can open it, and so long again."""
    earliest = min(view.reached(run.key), *(duty.start for duty in run.duties), view.horizon)
    for norm in run.versions:
        assert isinstance(norm.modal, plan.Must)
        deadline = norm.modal.deadline
        if isinstance(deadline, plan.Within) and earliest > BEGINNING:
            assert isinstance(deadline.duration, Duration)
            yield view.calendar.due_after(earliest, deadline.duration).at
        elif not isinstance(deadline, plan.NoDeadline):
            yield BEGINNING


def turns(view: View, run: NormRun) -> Iterable[Instant]:
    assert isinstance(run, MustRun)
    yield from _earliest_dues(view, run)
    yield from (duty.due.at for duty in run.duties if duty.due is not None)


def is_named_by_events(norm: Norm) -> bool:
    assert isinstance(norm.modal, plan.Must)
    return not isinstance(norm.modal.deadline, (plan.EveryCalendar, plan.EveryLength, plan.Milestones))

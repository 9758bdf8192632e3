"""How a duty explains itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from engine.evaluation.instances import Instance, NormRun, since_breach
from engine.evaluation.kinds.must.run import UNPERFORMED, Duty, MustRun
from engine.evaluation.phrases import any_of, described, limits
from engine.evaluation.verdicts import DeadlineWord, Part, Status
from engine.language import plan
from engine.language.plan import Norm
from engine.time import BEGINNING, Due, Instant, format_instant

if TYPE_CHECKING:
    from engine.evaluation.grounds import Ground, Grounds


def reason(instance: Instance, status: Status) -> str:
    assert isinstance(instance, Duty)
    due = "" if instance.due is None else _in_brackets(instance.due)
    return {
        "active": f"it is not performed, and its due{due} has not passed"
        if instance.due
        else "it is not performed; no deadline is set",
        "in_grace": f"its due{due} has passed unperformed; the grace runs",
        "suspended": "its clock is stopped",
        "met": "it was performed in time" if instance.due else "it was performed",
        "met_late": f"it was performed after its due{due}",
        "breached": f"its due{due} passed and no performance is established",
        "unknown": f"its due{due} has passed unperformed as far as is known, and nobody has looked since",
        "waived": "the body named for it has waived it",
        "excused": "the ruling body has found no violation",
        "lapsed": "it no longer applies",
    }.get(status, status)


def _in_brackets(due: Due) -> str:
    """What lies before all events has no instant to print."""
    return f" ({format_instant(due.at)})" if due.at > BEGINNING else ""


def since(instance: Instance, status: Status, now: Instant) -> Instant | None:
    return since_breach(instance) if status == "breached" else instance.since


def ways(instance: Instance, status: Status) -> list[str]:
    assert isinstance(instance, Duty)
    norm, found = instance.terms, []
    if status in UNPERFORMED:
        found.append(_performance(instance, status))
    if status == "unknown" and norm.observed_by is not None:
        found.append(f"an observation: {described(norm.observed_by)}")
    terms = norm.extendable
    if terms is not None and (status == "active" or (status in ("breached", "in_grace") and terms.late)):
        found.append(f"an extension by {any_of(terms.by)}")
    return found


def _performance(duty: Duty, status: Status) -> str:
    modal = duty.terms.modal
    assert isinstance(modal, plan.Must)
    if modal.act is not None:
        what = described(modal.act) + (f" ({modal.act.count} of them)" if modal.act.count > 1 else "")
    else:
        assert modal.reach is not None
        what = f"{described(modal.reach.measure.match)} {limits(modal.reach, duty.at_least)}".strip()
    running = duty.grace_due if status == "in_grace" else duty.due
    if running is None or running.at <= BEGINNING:
        return what
    return f"{what} {'before' if running.exclusive else 'at or before'} {format_instant(running.at)}"


def parts(run: NormRun, instance: Instance) -> list[Part]:
    assert isinstance(instance, Duty)
    found = [] if instance.omission_seen is None else [Part("observation", instance.omission_seen)]
    if instance.state in UNPERFORMED:
        counted = run.contributions(instance, run.run.horizon)
        found.extend(Part("act", event, "counted so far") for event in counted)
    return found


def final_from(instance: Instance, horizon: Instant) -> Instant:
    final = is_settled(instance)
    return instance.since if final and instance.since is not None else horizon


def is_settled(instance: Instance) -> bool:
    assert isinstance(instance, Duty)
    return not instance.stands(*UNPERFORMED)


def behind(grounds: Grounds, run: NormRun, instance: Instance) -> Iterator[Ground]:
    assert isinstance(run, MustRun) and isinstance(instance, Duty)
    terms, modal = instance.terms, instance.terms.modal
    assert isinstance(modal, plan.Must)
    if modal.reach is not None:
        for fact in grounds.taken(modal.reach, run.reads_from(instance) - 1):
            yield fact.hi, Part("reading", fact.event)
    if isinstance(modal.deadline, plan.Milestones):
        first = run.duties[0]
        yield from ((first.start, Part("trigger", e, "the first firing")) for e in first.trigger_trail)
    outlasts = instance.period is not None and (terms.grace or terms.extendable or terms.paused_while)
    if terms.early is True or outlasts:
        yield from _behind_duties_before(run, instance)
    if instance.period is not None and terms.when is None:
        yield from ((f.hi, Part("act", f.event, "the first of all")) for f in list(grounds.taken(modal))[:1])


def _behind_duties_before(run: MustRun, duty: Duty) -> Iterator[Ground]:
    """From when on acts count, and which acts went to the period before."""
    for earlier in run.duties[: run.duties.index(duty)]:
        if duty.terms.early is True:
            yield from ((earlier.start, Part("trigger", e, "the one before")) for e in earlier.trigger_trail)
        if duty.period is not None:
            yield from ((earlier.start, Part("act", e, "of a period before")) for e in earlier.acts)


def behind_all(grounds: Grounds, run: NormRun) -> Iterator[Ground]:
    assert isinstance(run, MustRun)
    for at, trail in run.series_begun():
        yield from ((at, Part("trigger", event, "began the periods")) for event in trail)


_WORDS: Mapping[Status, DeadlineWord] = {
    "dormant": "waiting",
    "active": "running",
    "in_grace": "in grace",
    "suspended": "suspended",
    "met": "met",
    "met_late": "met late",
    "breached": "missed",
    "waived": "waived",
    "excused": "waived",
    "lapsed": "lapsed",
    "unknown": "cannot tell",
}


def deadline(norm: Norm, status: Status, *, extended: bool) -> DeadlineWord | None:
    """`due soon` is for whoever shows it to say: it depends on how long soon is."""
    assert isinstance(norm.modal, plan.Must)
    if status == "active" and isinstance(norm.modal.deadline, plan.NoDeadline):
        return "not set"
    if status == "active" and extended:
        return "extended"
    return _WORDS[status]

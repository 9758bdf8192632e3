"""How a bound explains itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from engine.evaluation.instances import Instance, NormRun
from engine.evaluation.kinds.continuing import told as shared
from engine.evaluation.kinds.keep.run import Kept
from engine.evaluation.phrases import described, limits
from engine.evaluation.verdicts import Part, Status
from engine.language import plan
from engine.time import BEGINNING, Instant

if TYPE_CHECKING:
    from engine.evaluation.grounds import Ground, Grounds

since, final_from, is_settled, deadline = shared.since, shared.final_from, shared.is_settled, shared.deadline


def reason(instance: Instance, status: Status) -> str:
    assert isinstance(instance, Kept)
    if status == "breached" and instance.reading == "out":
        return "the bound is broken"
    if status == "breached":
        return "the bound was broken and has not been seen to hold again"
    if status == "unknown" and instance.reading == "none":
        return "there is no reading that counts, or the last one is stale"
    if status == "lapsed" and instance.unseen and instance.reading == "none":
        return "it no longer applies; when it ended there was no reading that counts, or the last one was stale"
    return shared.reason(instance, status)


def ways(instance: Instance, status: Status) -> list[str]:
    found = shared.ways(instance, status)
    if status in ("unknown", "breached"):
        bound = _bound(instance.terms.modal)
        found.append(f"a reading: {described(bound.measure.match)} {limits(bound)}".strip())
    return found


def _bound(modal: plan.Modal) -> plan.Bound:
    assert isinstance(modal, plan.Keep)
    return modal.bound


def parts(run: NormRun, instance: Instance) -> list[Part]:
    assert isinstance(instance, Kept)
    found, judged = shared.observations(instance), instance.last_judged
    if judged is not None:
        found.extend(Part("reading", event) for event in judged.value.events)
        found.extend(
            Part("reading", event, "what the share is of") for event in (judged.per.events if judged.per else ())
        )
    return found


def behind(grounds: Grounds, run: NormRun, instance: Instance) -> Iterator[Ground]:
    """A cap on what only adds up hangs on what broke it; every other bound on all that it read."""
    assert isinstance(instance, Kept)
    upto = grounds.horizon if instance.closed is None else instance.closed
    for version in run.versions:
        bound = _bound(version.modal)
        spans = _out_of_bounds(instance, upto) if _only_adds_up(grounds, bound) else [(BEGINNING - 1, upto)]
        for after, until in spans:
            for fact in grounds.taken(bound, after, until):
                yield fact.hi, Part("reading", fact.event)


def _only_adds_up(grounds: Grounds, bound: plan.Bound) -> bool:
    measure = bound.measure
    if bound.per is not None or bound.at_least is not None or measure.aggregate not in ("count", "sum"):
        return False
    types = grounds.vocabulary.event_types
    return measure.field is None or not types[measure.match.event].fields[measure.field].negative


def _out_of_bounds(kept: Kept, upto: Instant) -> list[tuple[Instant, Instant]]:
    """What was read while it was broken, and until it was seen to hold again."""
    ends = [*(at for at, _, _ in kept.turns[1:]), upto]
    return [(after, end) for (_, reading, after), end in zip(kept.turns, ends, strict=False) if reading == "out"]


def behind_all(grounds: Grounds, run: NormRun) -> Iterator[Ground]:
    yield from ()

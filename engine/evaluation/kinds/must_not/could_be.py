"""What a prohibition could be, where settlements are too many to try."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from engine.evaluation.instances import Instance, NormRun
from engine.evaluation.kinds.continuing.could_be import counts_from, is_named_by_events, is_over, standing
from engine.evaluation.kinds.continuing.run import Running
from engine.evaluation.verdicts import Status
from engine.language import plan
from engine.language.plan import Use
from engine.time import Instant

if TYPE_CHECKING:
    from engine.evaluation.view import OpenActs, View

__all__ = ["ACTS", "concerns", "everything", "is_named_by_events", "turns", "with_acts"]

ACTS: tuple[Use, ...] = ("ban",)


def concerns(run: NormRun, instance: Instance, lo: Instant, hi: Instant) -> bool:
    assert isinstance(instance, Running)
    return not is_over(instance, lo) and hi >= counts_from(instance)


def with_acts(view: View, run: NormRun, instance: Instance, acts: OpenActs) -> set[Status]:
    assert isinstance(instance, Running)
    end = view.horizon if instance.closed is None else instance.closed - instance.closed_early
    known = {occurrence.label for occurrence in instance.occurrences}
    if not acts.any(counts_from(instance), end, but=known):
        return set()
    found = view.by_others(run.bound.id)
    found.discard("excused")
    if "waived" in found and instance.closed is None:
        found.add("holding")
    found.add("breached")
    return found


def everything(view: View, run: NormRun) -> set[Status]:
    found = standing(run)
    acts = {view.run.number_of(norm.modal.act) for norm in run.versions if isinstance(norm.modal, plan.MustNot)}
    established = any(fact.match in acts and fact.lo <= view.horizon for fact in view.case.facts)
    if established or any(fact.match in acts for fact in view.open_of.get(run.key, ())):
        found.add("breached")
    return found


def turns(view: View, run: NormRun) -> Iterable[Instant]:
    return ()

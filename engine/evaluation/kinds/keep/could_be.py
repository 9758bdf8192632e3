"""What a bound could be, where settlements are too many to try."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from engine.evaluation.instances import Instance, NormRun
from engine.evaluation.kinds.continuing.could_be import is_named_by_events, is_over, standing
from engine.evaluation.kinds.keep.run import KeepRun, Kept
from engine.evaluation.verdicts import Status
from engine.language import plan
from engine.language.plan import Use
from engine.time import BEGINNING, Instant

if TYPE_CHECKING:
    from engine.evaluation.view import OpenActs, View

__all__ = ["ACTS", "concerns", "everything", "is_named_by_events", "turns", "with_acts"]

ACTS: tuple[Use, ...] = ("measure", "per")


def concerns(run: NormRun, instance: Instance, lo: Instant, hi: Instant) -> bool:
    assert isinstance(run, KeepRun) and isinstance(instance, Kept)
    return not is_over(instance, lo) and hi >= run.reads_from(instance)


def with_acts(view: View, run: NormRun, instance: Instance, acts: OpenActs) -> set[Status]:
    assert isinstance(instance, Kept)
    end = view.horizon if instance.closed is None else instance.closed
    if not acts.any(BEGINNING, end) or (instance.grace is not None and view.horizon < instance.grace.at):
        return set()
    found: set[Status] = {"breached", "restored"}
    found.add("holding" if instance.closed is None else "lapsed")
    assert isinstance(instance.terms.modal, plan.Keep)
    bound = instance.terms.modal.bound
    silent = bound.per is not None or bound.measure.aggregate in ("latest", "max", "min")
    if silent or instance.terms.observed_by is not None:
        found.add("unknown")
    return found | view.by_others(run.bound.id)


def everything(view: View, run: NormRun) -> set[Status]:
    return standing(run) | {"breached", "restored", "unknown"}


def turns(view: View, run: NormRun) -> Iterable[Instant]:
    return ()

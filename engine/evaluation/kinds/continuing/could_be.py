"""What prohibitions and bounds share, where settlements are too many to try."""

from __future__ import annotations

from engine.evaluation.instances import Instance, NormRun
from engine.evaluation.kinds.continuing.run import Running
from engine.evaluation.verdicts import Status
from engine.language.plan import Norm
from engine.time import Instant


def is_over(instance: Instance, lo: Instant) -> bool:
    """Has it closed before what begins at `lo`?"""
    closed = instance.closed
    return closed is not None and (lo > closed or (lo == closed and instance.closed_early))


def counts_from(running: Running) -> Instant:
    return running.start if running.grace is None else running.grace.at


def standing(run: NormRun) -> set[Status]:
    """What it can be with nothing against it."""
    found: set[Status] = {"holding", "lapsed"}
    if any(norm.observed_by is not None for norm in run.versions):
        found.add("unknown")
    return found


def is_named_by_events(norm: Norm) -> bool:
    return True

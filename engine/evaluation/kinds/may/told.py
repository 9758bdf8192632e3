"""A permission has no verdict of its own; what stands behind one that others ask is told with them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from engine.evaluation.instances import Instance, NormRun
from engine.evaluation.kinds.continuing.told import deadline, final_from, is_settled
from engine.evaluation.verdicts import Part, Status
from engine.time import Instant

if TYPE_CHECKING:
    from engine.evaluation.grounds import Ground, Grounds

__all__ = ["behind", "behind_all", "deadline", "final_from", "is_settled", "parts", "reason", "since", "ways"]


def reason(instance: Instance, status: Status) -> str:
    return ""


def since(instance: Instance, status: Status, now: Instant) -> Instant | None:
    return instance.since


def ways(instance: Instance, status: Status) -> list[str]:
    return []


def parts(run: NormRun, instance: Instance) -> list[Part]:
    return []


def behind(grounds: Grounds, run: NormRun, instance: Instance) -> Iterator[Ground]:
    yield from ()


def behind_all(grounds: Grounds, run: NormRun) -> Iterator[Ground]:
    """Each firing opens the permission anew."""
    for version in run.versions:
        for fact in grounds.taken(version.when):
            yield fact.hi, Part("trigger", fact.event, f"a trigger of {run.bound.id}")

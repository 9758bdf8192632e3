"""How a prohibition explains itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from engine.evaluation.instances import Instance, NormRun
from engine.evaluation.kinds.continuing import told as shared
from engine.evaluation.kinds.continuing.run import Running
from engine.evaluation.verdicts import Part, Status

if TYPE_CHECKING:
    from engine.evaluation.grounds import Ground, Grounds

since, ways, final_from = shared.since, shared.ways, shared.final_from
is_settled, deadline = shared.is_settled, shared.deadline


def reason(instance: Instance, status: Status) -> str:
    assert isinstance(instance, Running)
    if status != "breached":
        return shared.reason(instance, status)
    acts = sum(occurrence.status == "open" for occurrence in instance.occurrences)
    told = "a forbidden act is" if acts == 1 else f"{acts} forbidden acts are"
    return f"{told} on record, not cured, excused or waived"


def parts(run: NormRun, instance: Instance) -> list[Part]:
    assert isinstance(instance, Running)
    return shared.observations(instance)


def behind(grounds: Grounds, run: NormRun, instance: Instance) -> Iterator[Ground]:
    """Its acts are its parts."""
    yield from ()


def behind_all(grounds: Grounds, run: NormRun) -> Iterator[Ground]:
    yield from ()

"""A permission has no verdict, so nothing that it could be; what it permits is settled with the acts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from engine.evaluation.instances import Instance, NormRun
from engine.evaluation.kinds.continuing.could_be import is_named_by_events
from engine.evaluation.verdicts import Status
from engine.language.plan import Use
from engine.time import Instant

if TYPE_CHECKING:
    from engine.evaluation.view import OpenActs, View

__all__ = ["ACTS", "concerns", "everything", "is_named_by_events", "turns", "with_acts"]

ACTS: tuple[Use, ...] = ()


def concerns(run: NormRun, instance: Instance, lo: Instant, hi: Instant) -> bool:
    return True


def with_acts(view: View, run: NormRun, instance: Instance, acts: OpenActs) -> set[Status]:
    return set()


def everything(view: View, run: NormRun) -> set[Status]:
    return {"dormant"}


def turns(view: View, run: NormRun) -> Iterable[Instant]:
    return ()

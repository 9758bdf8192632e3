"""`may`: a permission. It has no verdict of its own; with `overrides` it defeats prohibitions of the same bearer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.evaluation.bind import BoundNorm
from engine.evaluation.facts import Fact
from engine.evaluation.instances import Instance, NormRun
from engine.evaluation.triggers import Firing
from engine.evaluation.verdicts import Status
from engine.language.plan import May, Use
from engine.time import Instant

if TYPE_CHECKING:
    from engine.evaluation.run import Run


def overrides(permission: BoundNorm, ban: BoundNorm) -> bool:
    """Is the ban named by this permission, borne by the same, in a binding that agrees with it?"""
    named = {id_ for norm in permission.versions if isinstance(norm.modal, May) for id_ in norm.overrides}
    here, there = dict(permission.binding), dict(ban.binding)
    agree = all(there[name] == value for name, value in here.items() if name in there)
    return ban.id in named and ban.versions[0].who == permission.versions[0].who and agree


class MayRun(NormRun):
    def __init__(self, run: Run, bound: BoundNorm):
        super().__init__(run, bound)
        self._acts: list[int] = []
        for norm in self.versions:
            assert isinstance(norm.modal, May)
            self._acts.append(run.number_of(norm.modal.act))

    def permits(self, event: str, now: Instant) -> bool:
        """Does this permission cover the act at this instant? What opened it is not among the acts that it permits."""
        for version, norm in enumerate(self.versions):
            from_when = self.run.permitted_from.get((self._acts[version], event))
            if from_when is None or from_when > now or not self.valid(version, now):
                continue
            if norm.when is not None and all(event in instance.fired_by for instance in self.open_instances()):
                continue
            if not self.while_holds(version, now):
                continue
            unless = self.compiled[version].unless
            if unless is not None and unless.holds(now) is True:
                continue
            return True
        return False

    def open(self, version: int, now: Instant | None, label: str | None, firing: Firing | None) -> None:
        fired_by = frozenset(firing.events) if firing is not None else frozenset()
        instance = Instance(self.unique(label), now, self.versions[version], version, fired_by=fired_by)
        self.instances.append(instance)

    def lapse(self, instance: Instance, now: Instant) -> None:
        instance.close(now, self.run.step_now)

    def open_instances(self) -> list[Instance]:
        return [instance for instance in self.instances if instance.closed is None]

    def take(self, fact: Fact, use: Use, now: Instant) -> None:
        """Permissions are asked, not told."""

    def status(self, instance: Instance, now: Instant) -> Status:
        return "dormant"

"""What the evaluation asks of one kind of norm, beside letting it run. docs/adding-a-norm-kind.md goes through it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from engine.evaluation.instances import Instance, NormRun
from engine.evaluation.verdicts import DeadlineWord, Part, Status
from engine.language.plan import Norm, Use
from engine.time import Instant

if TYPE_CHECKING:
    from engine.evaluation.grounds import Ground, Grounds
    from engine.evaluation.view import OpenActs, View


class Told(Protocol):
    """How it explains itself: a module with these functions."""

    def reason(self, instance: Instance, status: Status) -> str:
        """One clause: why the status is what it is."""

    def since(self, instance: Instance, status: Status, now: Instant) -> Instant | None:
        """From when on the status stands; None for before all events."""

    def ways(self, instance: Instance, status: Status) -> list[str]:
        """What would change it, in the author's words; waivers and rulings are told for all kinds alike."""

    def parts(self, run: NormRun, instance: Instance) -> list[Part]:
        """Acts, readings and observations that it counts beyond what `Instance.played` has noted."""

    def final_from(self, instance: Instance, horizon: Instant) -> Instant:
        """From when on nothing can change it any more; the horizon where something still can."""

    def is_settled(self, instance: Instance) -> bool:
        """Can no open act change it any more?"""

    def behind(self, grounds: Grounds, run: NormRun, instance: Instance) -> Iterator[Ground]:
        """What else this instance rests on: from it and `parts` alone the same verdict must come out (law 8)."""

    def behind_all(self, grounds: Grounds, run: NormRun) -> Iterator[Ground]:
        """The same, for all instances alike; triggers and conditions are told for all kinds alike."""

    def deadline(self, norm: Norm, status: Status, *, extended: bool) -> DeadlineWord | None:
        """The word of the deadline board; None for what has no deadline to speak of."""


class CouldBe(Protocol):
    """The wider set, where settlements are too many to try (law 4): a module with these."""

    @property
    def ACTS(self) -> Sequence[Use]:  # noqa: N802 - a constant of the module
        """Which uses of a match are its acts and readings; all others bear on whether and when it is open."""

    def concerns(self, run: NormRun, instance: Instance, lo: Instant, hi: Instant) -> bool:
        """Could an open act or reading that lies in [lo, hi] change this instance?"""

    def with_acts(self, view: View, run: NormRun, instance: Instance, acts: OpenActs) -> set[Status]:
        """Its opening is certain: what open acts and readings could make of it, what it is aside."""

    def everything(self, view: View, run: NormRun) -> set[Status]:
        """Its opening is open: every status that its terms allow, what waivers, rulings and cures make of it aside."""

    def turns(self, view: View, run: NormRun) -> Iterable[Instant]:
        """Instants with which the answers above compare the horizon, beyond those for which the run wakes up."""

    def is_named_by_events(self, norm: Norm) -> bool:
        """Does an event that fires it give the instance its label?"""


@dataclass(frozen=True)
class Kind:
    """`is_silent`: nothing said against it is no compliance; somebody has to have looked. A kind without verdict is
    asked by others only."""

    run: type[NormRun]
    told: Told
    could_be: CouldBe
    is_silent: bool = False
    has_verdict: bool = True

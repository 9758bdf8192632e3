"""What is said of one norm or state: a run of what it hangs on, what it could be, and a row for each instance."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from engine.evaluation.book import Family
from engine.evaluation.case import Case
from engine.evaluation.explain import (
    NOTHING_OPEN,
    StillOpen,
    explained,
    own_parts,
    parts_of_none,
    shown_events,
    still_open,
)
from engine.evaluation.grounds import Grounds
from engine.evaluation.instances import Instance, NormRun
from engine.evaluation.kinds import kind_of
from engine.evaluation.kinds.continuing.run import Running
from engine.evaluation.possible import Possibilities, possibilities
from engine.evaluation.run import Run, StateRun
from engine.evaluation.verdicts import (
    Binding,
    Bucket,
    StateVerdict,
    Status,
    Told,
    Verdict,
    Why,
    by_rank,
)
from engine.language.plan import Norm
from engine.problems import Problem
from engine.time import Instant


@dataclass(frozen=True)
class Answer:
    """What is said of one norm or state in all its bindings. `stands_until`: the first instant at which it may be
    another with no event; events apart that are known only to come."""

    verdicts: tuple[Verdict, ...]
    states: tuple[StateVerdict, ...]
    problems: tuple[Problem, ...]
    rolled: Mapping[tuple[str, Binding | None], tuple[Status, ...]]
    stands_until: Instant


def answer(whole: Case, family: Family) -> Answer:
    """Nothing but what the norm or state hangs on has a say in this."""
    case = whole.part(family)
    is_idle = not (case.facts or case.open_facts or case.built_in or case.open_built_in)
    kept = whole.rules.idle_answer(family, whole.horizon) if is_idle else None
    if kept is None:
        kept = _worked_out(case, family)
        if is_idle:
            whole.rules.keep_idle(family, whole.horizon, kept)
    return kept


def _worked_out(case: Case, family: Family) -> Answer:
    keys = case.book.families[family]
    run = Run(case.book, case.rulings).go(case.horizon, case.facts, case.built_in)
    possible = possibilities(case, run, keys)
    until = min(run.wakes_at, possible.stand_until)
    if family[0] == "state":
        return Answer((), tuple(_state(run.states[key], possible) for key in keys), (), {}, until)
    shown = _Rows(case, run, possible)
    verdicts = [row for key in keys for row in shown.rows_of(run.norms[key])]
    problems = [problem for norm, problem in run.problems if norm == family[1]]
    return Answer(tuple(verdicts), (), tuple(problems), possible.rolled, until)


class _Rows:
    """From a run to the rows of one norm."""

    def __init__(self, case: Case, run: Run, possible: Possibilities):
        self.case = case
        self.run = run
        self.possible = possible
        self.grounds = Grounds(case, run, lambda norm_run, instance: own_parts(run, norm_run, instance))

    def rows_of(self, norm_run: NormRun) -> list[Verdict]:
        if not kind_of(norm_run.versions[0]).has_verdict:
            return []
        sets, binding = self.possible.of_instances(norm_run.key), norm_run.bound.binding
        open_ = cache(lambda: still_open(self.case, norm_run, self.possible.open_acts(norm_run.key)))
        rows = [self._row(norm_run, instance, sets.get(instance.label), open_) for instance in norm_run.instances]
        known = {instance.label for instance in norm_run.instances}
        extra = [(label, could) for label, could in sets.items() if label not in known and label is not None]
        norm = norm_run.versions[-1]
        none = {is_open: self._why_none(norm_run, is_open, open_) for is_open in (False, True)}
        for label, could in sorted(extra, key=lambda pair: str(pair[0])):
            rows.append(dormant(norm, binding, could, none[_is_open(could)], label))
        if not rows:
            could = self.possible.of_norm(norm.id, binding)
            rows.append(dormant(norm, binding, could, none[_is_open(could)]))
        return rows

    def _row(
        self,
        norm_run: NormRun,
        instance: Instance,
        could: tuple[Status, ...] | None,
        open_: Callable[[], StillOpen],
    ) -> Verdict:
        status = norm_run.status(instance, self.run.horizon)
        norm = instance.terms
        due = norm_run.due_of(instance)
        return Verdict(
            provision=norm.provision,
            norm=norm.id,
            version=norm.version,
            binding=norm_run.bound.binding,
            instance=instance.label,
            who=str(norm.who),
            to=tuple(str(name) for name in norm.to),
            is_=status,
            could_be=by_rank((status, *(could or ()))),
            bucket=bucket_of(norm, status, unseen=isinstance(instance, Running) and instance.unseen),
            severity=norm.severity,
            modality="soft" if norm.soft else "hard",
            title=norm.title,
            opened=instance.opened,
            due=due.at if due else None,
            due_exclusive=due.exclusive if due else False,
            deadline=kind_of(norm).told.deadline(norm, status, extended=norm_run.extended(instance)),
            breaches=tuple(occurrence.as_breach() for occurrence in instance.occurrences),
            why=Why(lambda: explained(self.case, self.run, norm_run, instance, status, open_(), self.grounds)),
        )

    def _why_none(self, norm_run: NormRun, is_open: bool, open_: Callable[[], StillOpen]) -> Why:
        """The same for every row of a norm that only a settlement has, so told once."""

        def tell() -> Told:
            parts = parts_of_none(self.case, self.run, norm_run, self.grounds)
            because = tuple(sorted({part.event for part in parts}))
            still = open_() if is_open else NOTHING_OPEN
            parts = (*parts, *(part for part, _ in still.parts))
            return Told(
                because=because,
                parts=parts,
                figures=still.figures,
                reason=why_dormant(norm_run.versions[-1]),
                would_change=still.ways,
                events=shown_events(self.case, parts),
            )

        return Why(tell)


def _is_open(could: Sequence[Status]) -> bool:
    return any(status != "dormant" for status in could)


def why_dormant(norm: Norm) -> str:
    return "it has not been triggered" if norm.when is not None else "the state it applies in does not hold"


def dormant(norm: Norm, binding: Binding, could: tuple[Status, ...], why: Why, label: str | None = None) -> Verdict:
    return Verdict(
        provision=norm.provision,
        norm=norm.id,
        version=norm.version,
        binding=binding,
        instance=label,
        who=str(norm.who),
        to=tuple(str(name) for name in norm.to),
        is_="dormant",
        could_be=by_rank(("dormant", *could)),
        bucket=bucket_of(norm, "dormant"),
        severity=norm.severity,
        modality="soft" if norm.soft else "hard",
        title=norm.title,
        opened=None,
        due=None,
        due_exclusive=False,
        deadline=kind_of(norm).told.deadline(norm, "dormant", extended=False),
        why=why,
    )


def _state(state: StateRun, possible: Possibilities) -> StateVerdict:
    values = possible.of_state(state.bound.key) | {state.value}
    return StateVerdict(
        state.bound.id,
        state.bound.binding,
        state.bound.state.title,
        state.value,
        False not in values,
        True in values,
        state.since,
    )


def bucket_of(norm: Norm, status: Status, *, unseen: bool = False) -> Bucket:
    """`unseen`: it lapsed while nobody had looked within the interval asked for."""
    if status in ("breached", "met_late"):
        return "shortfall" if norm.soft else "violated"
    if status == "unknown":
        return "cannot tell"
    kind = kind_of(norm)
    if kind.told.deadline(norm, status, extended=False) == "not set":
        return "no deadline set"
    if status in ("dormant", "active", "in_grace", "suspended"):
        return "not yet"
    silent = kind.is_silent and norm.observed_by is None
    if status in ("holding", "lapsed") and (silent or unseen):
        return "not observed"
    return "compliant"

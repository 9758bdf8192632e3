"""What is said of one norm or state: a run of what it hangs on, what it could be, and a row for each instance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from engine.evaluation.book import Family
from engine.evaluation.case import Case
from engine.evaluation.explain import NOTHING_OPEN, StillOpen, explained, own_parts, parts_of_none, still_open
from engine.evaluation.grounds import Grounds
from engine.evaluation.instances import Instance, NormRun
from engine.evaluation.kinds import kind_of
from engine.evaluation.kinds.continuing.run import Running
from engine.evaluation.possible import Possibilities, possibilities
from engine.evaluation.run import Run, StateRun
from engine.evaluation.verdicts import (
    Binding,
    Bucket,
    Part,
    StateVerdict,
    Status,
    Verdict,
    by_rank,
)
from engine.events import Event, FieldValue
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


@dataclass(frozen=True)
class WhyNone:
    """Why a norm has no instance, and what could give it one."""

    parts: tuple[Part, ...] = ()
    because: tuple[str, ...] = ()
    open: StillOpen = NOTHING_OPEN
    events: Mapping[str, Event] = field(default_factory=dict)


class _Rows:
    """From a run to the rows of one norm."""

    def __init__(self, case: Case, run: Run, possible: Possibilities):
        self.none_told: dict[tuple[NormRun, bool], WhyNone] = {}
        self.case = case
        self.run = run
        self.possible = possible
        self.grounds = Grounds(case, run, lambda norm_run, instance: own_parts(run, norm_run, instance))

    def rows_of(self, norm_run: NormRun) -> list[Verdict]:
        if not kind_of(norm_run.versions[0]).has_verdict:
            return []
        sets = self.possible.of_instances(norm_run.key)
        open_ = still_open(self.case, norm_run, self.possible.open_acts(norm_run.key))
        rows = [self._row(norm_run, instance, sets.get(instance.label), open_) for instance in norm_run.instances]
        known = {instance.label for instance in norm_run.instances}
        extra = [(label, could) for label, could in sets.items() if label not in known and label is not None]
        norm = norm_run.versions[-1]
        for label, could in sorted(extra, key=lambda pair: str(pair[0])):
            rows.append(dormant(norm, norm_run.bound.binding, could, self._why_none(norm_run, could), label))
        if not rows:
            could = self.possible.of_norm(norm.id, norm_run.bound.binding)
            rows.append(dormant(norm, norm_run.bound.binding, could, self._why_none(norm_run, could)))
        return rows

    def _row(
        self, norm_run: NormRun, instance: Instance, could: tuple[Status, ...] | None, open_: StillOpen
    ) -> Verdict:
        status = norm_run.status(instance, self.run.horizon)
        norm = instance.terms
        due = norm_run.due_of(instance)
        told = explained(self.case, self.run, norm_run, instance, status, open_, self.grounds)
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
            since=told.since,
            due=due.at if due else None,
            due_exclusive=due.exclusive if due else False,
            deadline=kind_of(norm).told.deadline(norm, status, extended=norm_run.extended(instance)),
            because=told.because,
            breaches=tuple(occurrence.as_breach() for occurrence in instance.occurrences),
            parts=told.parts,
            figures=told.figures,
            reason=told.reason,
            would_change=told.would_change,
            events=self._shown_events(told.parts),
        )

    def _shown_events(self, parts: Sequence[Part]) -> dict[str, Event]:
        """The events that play a part; a confirmation is shown like one."""
        shown = {part.event: self.case.by_id[part.event] for part in parts if part.event in self.case.by_id}
        for event in list(shown.values()):
            for word in event.confirmations:
                by: dict[str, FieldValue] = {"by": word.by}
                shown[word.id] = Event(
                    word.id, "confirmation", *word.span, word.evidence, by, word.known, words=(word.id,)
                )
        return shown

    def _why_none(self, norm_run: NormRun, could: Sequence[Status]) -> WhyNone:
        """The same for every row of a norm that only a settlement has, so told once."""
        is_open = any(status != "dormant" for status in could)
        if (norm_run, is_open) not in self.none_told:
            parts = parts_of_none(self.case, self.run, norm_run, self.grounds)
            because = tuple(sorted({part.event for part in parts}))
            open_ = NOTHING_OPEN
            if is_open:
                open_ = still_open(self.case, norm_run, self.possible.open_acts(norm_run.key))
            parts = (*parts, *(part for part, _ in open_.parts))
            self.none_told[norm_run, is_open] = WhyNone(parts, because, open_, self._shown_events(parts))
        return self.none_told[norm_run, is_open]


def dormant(norm: Norm, binding: Binding, could: tuple[Status, ...], why: WhyNone, label: str | None = None) -> Verdict:
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
        since=None,
        due=None,
        due_exclusive=False,
        deadline=kind_of(norm).told.deadline(norm, "dormant", extended=False),
        because=why.because,
        parts=why.parts,
        figures=why.open.figures,
        events=why.events,
        reason="it has not been triggered" if norm.when is not None else "the state it applies in does not hold",
        would_change=why.open.ways,
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

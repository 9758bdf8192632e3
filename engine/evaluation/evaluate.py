"""`evaluate`: verdicts as a function of the rule book, the events known at K, and T. Nothing else goes in."""

from __future__ import annotations

import decimal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from engine.evaluation.case import Case, prepare
from engine.evaluation.explain import NOTHING_OPEN, StillOpen, explained, own_parts, parts_of_none, still_open
from engine.evaluation.grounds import Grounds
from engine.evaluation.instances import Instance, NormRun
from engine.evaluation.kinds import kind_of
from engine.evaluation.kinds.continuing.run import Running
from engine.evaluation.matching import MakeMatcher
from engine.evaluation.possible import Possibilities, possibilities
from engine.evaluation.run import Run, StateRun
from engine.evaluation.verdicts import (
    Bucket,
    Part,
    StateVerdict,
    Status,
    Verdict,
    Verdicts,
    by_rank,
)
from engine.events import Event, FieldValue, Row, as_known
from engine.language.plan import Norm, Rulebook
from engine.problems import Problem
from engine.quantities import EXACT
from engine.time import Instant


def evaluate(
    book: Rulebook,
    rows: Sequence[Row],
    *,
    as_of: Instant,
    known_at: Instant | None,
    readings: Mapping[str, str],
    make_matcher: MakeMatcher,
) -> Verdicts:
    """What stands at `as_of`, from the rows known at `known_at` (None: all), under the chosen readings.

    Raises KeyError for an unknown reading or option.
    """
    with decimal.localcontext(EXACT):
        norms, states, options = book.with_readings(readings)
        log = as_known(rows, book.vocabulary, known_at)
        case = prepare(norms, states, log, book.vocabulary, as_of, make_matcher)
        try:
            run = Run(case.book, case.facts, as_of, case.rulings, case.built_in).go()
            possible = possibilities(case, run)
            survived = [Problem("matcher-restarted", "warning", "matcher", note) for note in case.maker.matcher.notes]
        finally:
            case.maker.close()
        shown = _Shown(book, norms, case, run, possible)
        return Verdicts(
            agreement=book.vocabulary.agreement,
            rulebook_version=book.version,
            rulebook_sha256=book.sha256,
            as_of=as_of,
            known_at=known_at,
            readings=options,
            rows=log.rows,
            events={event.id: event for event in log.events},
            verdicts=tuple(shown.verdicts()),
            states=tuple(shown.states()),
            problems=(*log.problems, *case.problems, *run.problems, *survived),
            rolled=possible.rolled,
        )


@dataclass(frozen=True)
class WhyNone:
    """Why a norm has no instance, and what could give it one."""

    parts: tuple[Part, ...] = ()
    because: tuple[str, ...] = ()
    open: StillOpen = NOTHING_OPEN
    events: Mapping[str, Event] = field(default_factory=dict)


class _Shown:
    """From a run to rows, sorted by provision file, norm, binding and instance."""

    def __init__(self, book: Rulebook, norms: Sequence[Norm], case: Case, run: Run, possible: Possibilities):
        self.norms = norms
        self.none_told: dict[tuple[NormRun, bool], WhyNone] = {}
        self.case = case
        self.run = run
        self.possible = possible
        self.grounds = Grounds(case, run, lambda norm_run, instance: own_parts(run, norm_run, instance))
        self.files = {provision.id: provision.file for provision in book.provisions}

    def verdicts(self) -> list[Verdict]:
        rows: list[Verdict] = []
        answered = set()
        for norm_run in self.run.norms.values():
            if not kind_of(norm_run.versions[0]).has_verdict:
                continue
            answered.add(norm_run.bound.id)
            rows.extend(self._rows_of(norm_run))
        for norm in self._unbound(answered):
            rows.append(self._dormant(norm, None, ()))
        rows.sort(
            key=lambda v: (self.files.get(v.provision, ""), v.norm, v.binding, v.instance is not None, v.instance or "")
        )
        return rows

    def _unbound(self, answered: set[str]) -> list[Norm]:
        """Families over values seen, with none seen yet: one row each, of the last version."""
        last = {norm.id: norm for norm in self.norms if kind_of(norm).has_verdict}
        return [norm for id_, norm in last.items() if id_ not in answered]

    def _rows_of(self, norm_run: NormRun) -> list[Verdict]:
        sets = self.possible.of_instances(norm_run.key)
        open_ = still_open(self.case, norm_run, self.possible.open_acts(norm_run.key))
        rows = [self._row(norm_run, instance, sets.get(instance.label), open_) for instance in norm_run.instances]
        known = {instance.label for instance in norm_run.instances}
        extra = [(label, could) for label, could in sets.items() if label not in known and label is not None]
        norm = norm_run.versions[-1]
        for label, could in sorted(extra, key=lambda pair: str(pair[0])):
            rows.append(self._dormant(norm, norm_run, could, label))
        if not rows:
            rows.append(self._dormant(norm, norm_run, self.possible.of_norm(norm.id, norm_run.bound.binding)))
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

    def _why_none(self, norm_run: NormRun | None, could: Sequence[Status]) -> WhyNone:
        """The same for every row of a norm that only a settlement has, so told once."""
        if norm_run is None:
            return WhyNone()
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

    def _dormant(
        self, norm: Norm, norm_run: NormRun | None, could: tuple[Status, ...], label: str | None = None
    ) -> Verdict:
        why = self._why_none(norm_run, could)
        return Verdict(
            provision=norm.provision,
            norm=norm.id,
            version=norm.version,
            binding=() if norm_run is None else norm_run.bound.binding,
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

    def states(self) -> list[StateVerdict]:
        order = sorted(
            self.run.states.values(),
            key=lambda s: (self.files.get(s.bound.state.provision, ""), s.bound.id, s.bound.binding),
        )
        return [self._state(state) for state in order]

    def _state(self, state: StateRun) -> StateVerdict:
        values = self.possible.of_state(state.bound.key) | {state.value}
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

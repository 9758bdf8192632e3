"""A second reading of docs/semantics.md, slow and plain, that shares no code with the evaluator: to hold it against.

It steps through every instant at which anything can change and does there what the text says, in the order of the
text. `evaluate` gives what *is*; `possible` gives some of what could be, by trying settlements of the open facts.
"""

from __future__ import annotations

import itertools
import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any

from engine.evaluation.verdicts import RANK, normal_label
from engine.events import Event, Row, as_known
from engine.language import plan as p
from engine.quantities import EXACT
from engine.time import BEGINNING, DAY, HOUR, Due, Duration, Instant, format_instant
from engine.vocabulary import Vocabulary

Binding = tuple[tuple[str, str], ...]
Env = Mapping[Any, Any]


def text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return str(value.normalize()) if value == value.to_integral() else str(value)
    return str(value)


# --- events as known at K ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Word:
    """A confirmation."""

    by: str
    lo: Instant
    hi: Instant
    grade: int


@dataclass(frozen=True)
class Fact:
    """An event of the log, or of a settlement of it. `recorded`: the fields that the record has (`exists` asks it)."""

    id: str
    type: str
    lo: Instant
    hi: Instant
    grade: int
    fields: Mapping[str, Any]
    recorded: frozenset[str]
    words: tuple[Word, ...]
    known: Instant
    for_: Binding


def facts_known(rows: Sequence[Row], vocabulary: Vocabulary, known_at: Instant | None) -> list[Fact]:
    return [_fact(event, vocabulary) for event in as_known(rows, vocabulary, known_at).events]


def _fact(event: Event, vocabulary: Vocabulary) -> Fact:
    words = tuple(Word(c.by, *c.span, vocabulary.grade(c.evidence)) for c in event.confirmations)
    for_ = tuple(sorted((name, text(value)) for name, value in event.for_))
    grade = vocabulary.grade(event.evidence)
    fields = dict(event.fields)
    return Fact(event.id, event.type, event.lo, event.hi, grade, fields, frozenset(fields), words, event.known, for_)


# --- what is established ----------------------------------------------------------------------------------------------


def value(operand: Any, env: Env) -> Any:
    """A value of the rule book with the variables of this binding put in."""
    if not isinstance(operand, p.Var):
        return operand
    return env[operand.name, operand.column]


def pred_holds(pred: p.Pred, fact: Fact, env: Env, vocabulary: Vocabulary) -> bool | None:
    """True, False, or None: open."""
    values = [value(v, env) for v in pred.values]
    if pred.op == "exists":
        return (pred.field in fact.recorded) is values[0]
    if pred.field not in fact.fields:
        return None
    have = fact.fields[pred.field]
    kind = vocabulary.event_types[fact.type].fields[pred.field].kind
    if kind == "place":
        inside = any(v in vocabulary.containing[have] for v in values)
        around = any(have in vocabulary.containing[v] for v in values)
        found: bool | None = True if inside else None if around else False
        if pred.op == "in":
            return found
        return None if found is None else not found
    if pred.op in ("in", "not"):
        return (have in values) == (pred.op == "in")
    limit = values[0]
    return bool({"gt": have > limit, "gte": have >= limit, "lt": have < limit, "lte": have <= limit}[pred.op])


def preds_hold(match: p.Match, fact: Fact, env: Env, vocabulary: Vocabulary) -> bool | None:
    if fact.type != match.event:
        return False
    answers = [pred_holds(pred, fact, env, vocabulary) for pred in match.preds]
    if False in answers:
        return False
    return None if None in answers else True


def quorum_at(match: p.Match, fact: Fact, env: Env, until: Instant) -> Instant | None:
    """When the quorum was complete, of what had been said by `until`; None: it is not."""
    assert match.quorum is not None
    first: dict[str, Instant] = {}
    asked = {value(who, env) for who in match.quorum.of}
    for word in fact.words:
        if word.by in asked and word.grade >= match.grade and word.hi <= until:
            first[word.by] = min(word.hi, first.get(word.by, word.hi))
    said = sorted(first.values())
    return said[match.quorum.needed - 1] if len(said) >= match.quorum.needed else None


# --- the run ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Signal:
    kind: str  # enters, leaves, breach, met
    of: str
    binding: Binding
    label: str
    causes: frozenset[str]
    serial: int = 0
    """The occurrence, of a breach: which instances it opened can cure it."""


@dataclass(frozen=True)
class Firing:
    label: str
    causes: frozenset[str]
    occurrences: tuple[int, ...] = ()
    binding: Binding = ()
    events: frozenset[str] = frozenset()
    """What serves one part only: the event itself, or the signal."""


@dataclass(eq=False)
class Occurrence:
    serial: int
    at: Instant | None
    causes: frozenset[str]
    status: str = "open"


@dataclass(eq=False)
class Instance:
    norm: p.Norm
    binding: Binding
    env: Env
    label: str | None
    opened: Instant
    trigger: Instant
    excluded: frozenset[str] = frozenset()
    opened_by: tuple[int, ...] = ()
    firing_binding: Binding = ()
    status: str = "active"
    due: Due | None = None
    first_due: Due | None = None
    grace_end: Due | None = None
    period: tuple[Instant, Instant] | None = None
    milestone: p.Milestone | None = None
    acts: int = 0
    early_from: Instant | None = None
    days: int = 0
    paused_for: int = 0
    paused_at: Instant | None = None
    paused_from: str = "active"
    closed: Instant | None = None
    occurrences: list[Occurrence] = field(default_factory=list)
    broken: Occurrence | None = None
    unknown: bool = False
    no_reading: bool = False
    waived: bool = False
    judged_from: Instant = BEGINNING
    first_period: Instant | None = None


@dataclass
class Node:
    """What a trigger remembers."""

    parts: list[list[tuple[Instant, Firing]]] = field(default_factory=list)
    count: int = 0
    fired_at: Instant | None = None
    waiting: list[tuple[Instant, Firing]] = field(default_factory=list)


@dataclass
class Series:
    """The periods of one `every`."""

    norm: p.Norm
    start: Instant
    firing: Firing | None
    number: int = 0
    next_at: Instant = 0
    ended: bool = False


Rows = dict[tuple[str, Binding, str | None], str]
States = dict[tuple[str, Binding], bool]


@dataclass(frozen=True)
class Answer:
    rows: Rows
    states: States

    def rolled(self, norm: str) -> str:
        return min((status for (id_, _, _), status in self.rows.items() if id_ == norm), key=RANK.__getitem__)


def evaluate(
    book: p.Rulebook,
    rows: Sequence[Row],
    *,
    as_of: Instant,
    known_at: Instant | None = None,
    readings: Mapping[str, str] | None = None,
) -> Answer:
    """What is."""
    facts = facts_known(rows, book.vocabulary, known_at)
    return Run(book, facts, facts, as_of, readings or {}).answer()


class Run:
    """One walk from before all events to T. `original`: the log before a settlement, as rulings close its facts."""

    def __init__(
        self,
        book: p.Rulebook,
        facts: Sequence[Fact],
        original: Sequence[Fact],
        until: Instant,
        readings: Mapping[str, str],
    ):
        self.vocabulary = book.vocabulary
        self.calendar = book.vocabulary.calendar
        self.norms, self.state_specs, _ = book.with_readings(readings)
        self.until = until
        self.facts = [fact for fact in facts if fact.lo <= until]
        self.original = {fact.id: fact for fact in original}
        self.now = BEGINNING
        self.begun = False
        self.acted = False
        self.judged = False
        self.agenda: set[Instant] = {until}
        self.nodes: dict[Any, Node] = defaultdict(Node)
        self.instances: list[Instance] = []
        self.series: dict[tuple[str, Binding], list[Series]] = defaultdict(list)
        self.while_held: dict[Any, bool] = {}
        self.held_before: dict[Any, bool] = {}
        self.pending: list[Signal] = []
        self.serial = 0
        self.seen: dict[Any, Any] = {}
        self.spans: dict[Any, bool] = {}
        self.bindings = {id(entry): self._bindings(entry) for entry in (*self.state_specs, *self.norms)}
        self.variables = {entry.id: {f.var for f in entry.for_each} for entry in (*self.state_specs, *self.norms)}
        self.states: States = {
            (state.id, b): state.initially for state in self.state_specs for b, _ in self.bindings[id(state)]
        }
        self.rulings = self._rulings()
        self._plan_instants()

    # variables

    def _bindings(self, entry: p.Norm | p.State) -> list[tuple[Binding, Env]]:
        ranges = []
        for family in entry.for_each:
            if family.each:
                found = {f.fields[name] for event, name in family.each for f in self.original.values()
                         if f.type == event and name in f.fields and f.lo <= self.until}  # fmt: skip
                ranges.append([(v, ()) for v in sorted(found, key=text)])
            elif family.rows:
                ranges.append(list(family.rows))
            else:
                ranges.append([(v, ()) for v in family.values])
        result = []
        for combination in itertools.product(*ranges):
            env: dict[Any, Any] = {}
            for family, (key, columns) in zip(entry.for_each, combination, strict=True):
                env[family.var, None] = key
                env.update({(family.var, column): cell for column, cell in columns})
            names = ((family.var, text(key)) for family, (key, _) in zip(entry.for_each, combination, strict=True))
            result.append((tuple(sorted(names)), env))
        return result

    def _fitting(self, target: str, for_: p.ForRef, env: Env, binding: Binding) -> dict[str, str]:
        """What a reference asks of the binding it names: its own `for`, and shared variables."""
        shared = {name: v for name, v in binding if name in self.variables.get(target, ())}
        return shared | {name: text(value(v, env)) for name, v in for_}

    # time

    def _plan_instants(self) -> None:
        """Every instant at which an event, or the edge of a window after it, can change something."""
        lengths: set[int] = set()
        for norm in self.norms:
            for _, env in self.bindings[id(norm)]:
                lengths |= {value(d, env).exact for d in _exact_durations(norm) if value(d, env) is not None}
            if norm.valid:
                self.agenda |= {norm.valid.start} | ({norm.valid.end} if norm.valid.end else set())
        for state in self.state_specs:
            for _, env in self.bindings[id(state)]:
                lengths |= {value(d, env).exact for d in _exact_durations(state) if value(d, env) is not None}
        for fact in (*self.facts, *self.original.values()):
            for at in {fact.lo, fact.hi, *(w.hi for w in fact.words)}:
                self.agenda |= {at} | {at + length for length in lengths}
        for entry in (*self.norms, *self.state_specs):
            for trigger in _time_triggers(entry):
                self.agenda.add(trigger.at)
        for norm in self.norms:
            if isinstance(norm.modal, p.Must) and isinstance(norm.modal.deadline, p.By):
                self.agenda.add(self._by(norm.modal.deadline).at)
        if any(fact.lo < fact.hi for fact in self.facts):
            self.agenda |= {at + 1 for at in self.agenda} | {at - 1 for at in self.agenda}

    def _by(self, by: p.By) -> Due:
        return self.calendar.due_on(by.at) if isinstance(by.at, date) else Due(by.at, exclusive=False)

    def answer(self) -> Answer:
        self._before_all_events()
        while True:
            later = [at for at in self.agenda if self.now < at <= self.until]
            if not later:
                break
            self.now = min(later)
            self._instant()
        return Answer(self._rows(), dict(self.states))

    # matching

    def counts_at(self, match: p.Match, fact: Fact, env: Env) -> tuple[Instant, Instant] | None:
        """The span of the instant at which an established fact counts for a match; None: it is not established."""
        key = (match.key, id(fact), id(env))
        if key not in self.seen:
            self.seen[key] = self._counts_at(match, fact, env)
        return self.seen[key]  # type: ignore[no-any-return]

    def _counts_at(self, match: p.Match, fact: Fact, env: Env) -> tuple[Instant, Instant] | None:
        if not preds_hold(match, fact, env, self.vocabulary) or fact.grade < match.grade:
            return None
        if match.quorum is None:
            return fact.lo, fact.hi
        complete = quorum_at(match, fact, env, self.until)
        if complete is None:
            return None
        if match.counts_from == "event":
            return fact.lo, fact.hi
        return max(fact.lo, complete), max(fact.hi, complete)

    def ruled(self, norm: p.Norm, binding: Binding, match: p.Match, fact: Fact, env: Env) -> str | None:
        """The outcome of the ruling that closes this event for this norm, where the event can be meant at all."""
        original = self.original.get(fact.id)
        if original is None or preds_hold(match, original, env, self.vocabulary) is False:
            return None
        return self._outcome(norm.id, binding, event=fact.id)

    def happens(
        self, norm: p.Norm, binding: Binding, match: p.Match, fact: Fact, env: Env
    ) -> tuple[Instant, Instant] | None:
        """As `counts_at`, but with what a ruling has closed."""
        outcome = self.ruled(norm, binding, match, fact, env)
        if outcome is None:
            return self.counts_at(match, fact, env)
        original = self.original[fact.id]
        if outcome == "no_violation" and isinstance(norm.modal, p.Keep):
            return self.counts_at(match, original, env)
        return original.hi, original.hi

    # rulings

    def _rulings(self) -> list[Fact]:
        counts = self.vocabulary.grade(self.vocabulary.counts)
        return sorted(
            (f for f in self.facts if f.type == "ruling" and f.hi <= self.until and f.grade >= counts
             and f.fields.get("by") in self.vocabulary.ruled_by),
            key=lambda f: (f.known, f.id),
        )  # fmt: skip

    def _outcome(
        self, norm: str, binding: Binding, event: str | None = None, instance: str | None = None
    ) -> str | None:
        outcome: str | None = None
        for ruling in self.rulings:
            if ruling.fields.get("norm") != norm or not set(ruling.for_) <= set(binding):
                continue
            if event is not None and ruling.fields.get("breach_by") == event and self._clear(ruling, norm, event):
                outcome = ruling.fields.get("outcome")
            named = ruling.fields.get("instance")
            if instance is not None and named is not None and normal_label(named) == normal_label(instance):
                outcome = ruling.fields.get("outcome")
        return outcome

    def _clear(self, ruling: Fact, norm: str, event: str) -> bool:
        """A ruling without `for` on an event that is open for several bindings is without effect."""
        if ruling.for_:
            return True
        fact = self.original.get(event)
        if fact is None:
            return False
        several = set()
        for spec in self.norms:
            ban = isinstance(spec.modal, p.MustNot) and spec.valid is not None
            meets = not ban or (spec.valid.start <= fact.hi and (spec.valid.end is None or fact.lo < spec.valid.end))
            if spec.id == norm and meets:
                for binding, env in self.bindings[id(spec)]:
                    for match in _judged(spec):
                        if preds_hold(match, fact, env, self.vocabulary) is None:
                            several.add(binding)
        return len(several) < 2

    # conditions

    def holds(self, cond: p.Cond | None, env: Env, binding: Binding) -> bool:
        return cond is None or self._cond(cond, env, binding) is True

    def _cond(self, cond: p.Cond, env: Env, binding: Binding) -> bool | None:
        """None: without a reading neither it nor its negation is established."""
        if isinstance(cond, p.InState):
            wanted = self._fitting(cond.state, cond.for_, env, binding).items()
            return any(
                held for (id_, b), held in self.states.items() if id_ == cond.state and wanted <= dict(b).items()
            )
        if isinstance(cond, p.Happened):
            last, earlier = value(cond.last, env), value(cond.earlier_than, env)
            lo = self.now - last.exact if last is not None else BEGINNING - 1
            hi = self.now - earlier.exact if earlier is not None else self.now
            spans = [self.counts_at(cond.match, fact, env) for fact in self.facts]
            return any(span is not None and lo < span[1] <= hi for span in spans)
        if isinstance(cond, p.Holds):
            return self.in_bounds(cond.bound, env, self.now, BEGINNING)
        if isinstance(cond, p.NotCond):
            inner = self._cond(cond.cond, env, binding)
            return None if inner is None else not inner
        answers = [self._cond(part, env, binding) for part in cond.parts]
        if isinstance(cond, p.AllCond):
            return False if False in answers else None if None in answers else True
        return True if True in answers else None if None in answers else False

    # measures

    def readings(
        self, measure: p.Measure, env: Env, lo: Instant, hi: Instant, of: tuple[p.Norm, Binding] | None
    ) -> list[tuple[Instant, Fact]]:
        """What a measure takes with its counting instant in (lo, hi]."""
        taken = []
        for fact in self.facts:
            if measure.field is not None and measure.field not in fact.fields:
                continue
            if of is None:
                span = self.counts_at(measure.match, fact, env)
            else:
                span = self.happens(*of, measure.match, fact, env)
            if span is not None and lo < span[1] <= hi:
                taken.append((span[1], fact))
        return sorted(taken, key=lambda pair: (pair[0], pair[1].id))

    def measured(
        self,
        measure: p.Measure,
        env: Env,
        lo: Instant,
        hi: Instant,
        of: tuple[p.Norm, Binding] | None,
        without: frozenset[str],
    ) -> Decimal | None:
        taken = [(at, fact) for at, fact in self.readings(measure, env, lo, hi, of) if fact.id not in without]
        if measure.aggregate == "count":
            return Decimal(len(taken))
        numbers = [fact.fields[str(measure.field)] for _, fact in taken]
        if measure.aggregate == "sum":
            total = Decimal(0)
            for number in numbers:
                total = EXACT.add(total, number)
            return total
        if not numbers:
            return None
        return {"latest": numbers[-1], "max": max(numbers), "min": min(numbers)}[measure.aggregate]

    def in_bounds(
        self,
        bound: p.Bound,
        env: Env,
        at: Instant,
        opened: Instant,
        of: tuple[p.Norm, Binding] | None = None,
        window: tuple[Instant, Instant] | None = None,
        at_least: Any = None,
        without: frozenset[str] = frozenset(),
    ) -> bool | None:
        """Whether a bound holds at an instant; None: no reading. `window`: [from, to) of a calendar period."""
        rolling, stale = value(bound.rolling, env), value(bound.stale_after, env)
        floor = value(at_least if at_least is not None else bound.at_least, env)
        cap = value(bound.at_most, env)
        if floor is not None and rolling is not None and BEGINNING != opened > at - rolling.exact:
            floor = None  # first judged one window after the opening
        if window is not None:
            since, hi = window[0] - 1, window[1] - 1
        else:
            since, hi = opened - 1, at
            if rolling is not None:
                since = max(since, at - rolling.exact)

        def number(measure: p.Measure) -> Decimal | None:
            lo = since
            if measure.aggregate == "latest":
                whole = window is None and rolling is None
                lo = BEGINNING - 1 if whole else since
                if stale is not None:
                    lo = max(lo, at - stale.exact)
            return self.measured(measure, env, lo, hi, of, without if measure is counted else frozenset())

        counted = bound.measure if bound.measure.aggregate != "latest" else None  # a reading stands, it is no act
        upper = number(bound.measure)
        if upper is None:
            return None
        if bound.per is not None:
            lower = number(bound.per)
            if lower is None:
                return None
            if lower == 0:
                return True if upper == 0 else None
            floor_ok = floor is None or upper >= EXACT.multiply(floor, lower)
            return bool(floor_ok and (cap is None or upper <= EXACT.multiply(cap, lower)))
        return bool((floor is None or upper >= floor) and (cap is None or upper <= cap))

    # triggers

    def fires(
        self, trigger: p.Trigger, path: Any, env: Env, binding: Binding, first: bool, signals: list[Signal]
    ) -> list[Firing]:
        """What a trigger fires in one round. `first`: the round of plain events and times."""
        node = self.nodes[path]
        if isinstance(trigger, p.OnMatch):
            return self._events_fire(trigger.match, node, env) if first else []
        if isinstance(trigger, p.OnState | p.OnNorm):
            return self._signals_fire(trigger, node, env, binding, signals)
        if isinstance(trigger, p.AtTime):
            return [Firing(format_instant(self.now), frozenset())] if first and trigger.at == self.now else []
        if isinstance(trigger, p.AfterTrigger):
            inner = self.fires(trigger.of, (path, "of"), env, binding, first, signals)
            due = [firing for at, firing in node.waiting if at == self.now] if first else []
            for firing in inner:
                at = self.calendar.due_after(self.now, value(trigger.after, env)).at
                node.waiting.append((at, firing))
                self.agenda.add(at)
            return due
        parts = [self.fires(part, (path, n), env, binding, first, signals) for n, part in enumerate(trigger.parts)]
        if isinstance(trigger, p.AnyOf):
            fired = [firing for part in parts for firing in part]
            if not fired or node.fired_at == self.now:
                return []
            node.fired_at = self.now
            return [_first(fired)]
        return self._together(trigger, node, parts, env)

    def _events_fire(self, match: p.Match, node: Node, env: Env) -> list[Firing]:
        fired = []
        for fact in sorted(self.facts, key=lambda f: f.id):
            span = self.counts_at(match, fact, env)
            if span is not None and span[1] == self.now:
                node.count += 1
                if node.count % match.count == 0:
                    fired.append(Firing(fact.id, frozenset({fact.id}), events=frozenset({fact.id})))
        return fired

    def _signals_fire(
        self, trigger: p.OnState | p.OnNorm, node: Node, env: Env, binding: Binding, signals: list[Signal]
    ) -> list[Firing]:
        if isinstance(trigger, p.OnState):
            kind, of = trigger.moves, trigger.state
        else:
            kind, of = trigger.signal, trigger.norm
        wanted = self._fitting(of, trigger.for_, env, binding).items()
        heard = [s for s in signals if s.kind == kind and s.of == of and wanted <= dict(s.binding).items()]
        firings = []
        for s in sorted(heard, key=lambda s: (s.label, s.binding)):
            itself = frozenset({f"{s.kind} {s.of} {s.binding} {s.serial} {self.now}"})
            breach = ((s.serial,), s.binding) if kind == "breach" else ((), ())
            firings.append(Firing(s.label, s.causes, *breach, events=itself))
        if kind == "breach" or not firings:
            return firings
        if node.fired_at == self.now:
            return []
        node.fired_at = self.now
        return firings[:1]

    def _together(self, trigger: p.AllOf | p.InOrder, node: Node, parts: list[list[Firing]], env: Env) -> list[Firing]:
        if not node.parts:
            node.parts = [[] for _ in parts]
        for kept, part in zip(node.parts, parts, strict=True):
            kept.extend((self.now, firing) for firing in part)
        if not any(parts):
            return []
        chosen = self._in_order(trigger, node, env) if isinstance(trigger, p.InOrder) else self._all(node)
        if chosen is None:
            return []
        node.parts = [[] for _ in parts]
        # Only what completes it is the event that fires: what came before may be an act of what it opens.
        completing, causes = chosen[-1][1], chosen[-1][1].causes
        if isinstance(trigger, p.AllOf):
            fresh = [firing for part in parts for firing in part]
            completing = max((f for _, f in chosen if f in fresh), key=lambda firing: firing.label)
            causes = frozenset().union(*(firing.causes for _, firing in chosen if firing in fresh))
        events = frozenset().union(*(firing.events for _, firing in chosen))
        return [replace(completing, causes=causes, events=events)]

    def _all(self, node: Node) -> Sequence[tuple[Instant, Firing]] | None:
        for chosen in itertools.product(*node.parts):
            if _each_its_own([firing for _, firing in chosen]):
                return chosen
        return None

    def _in_order(self, trigger: p.InOrder, node: Node, env: Env) -> Sequence[tuple[Instant, Firing]] | None:
        within = value(trigger.within, env)
        for chosen in itertools.product(*(reversed(part) for part in node.parts)):
            times = [at for at, _ in chosen]
            if times != sorted(times) or not _each_its_own([firing for _, firing in chosen]):
                continue
            if within is None or self.calendar.due_after(times[0], within).in_time(times[-1]):
                return chosen
        return None

    # the five steps of an instant

    def _instant(self) -> None:
        self.acted = self.judged = False
        self.pending = []
        self.held_before = dict(self.while_held)
        self._versions()
        self._move(first=True)  # 1
        self._open_periods()
        signals = self._taken()
        self._act()  # 2
        self.acted = True
        self._move(signals=[*signals, *self._taken()])  # 3
        signals = self._taken()
        self._deadlines()  # 4
        self.judged = True
        signals = [*signals, *self._taken()]
        while True:  # 5
            self._move(signals=signals)
            signals = self._taken()
            if not signals:
                break
        self._silence()

    def _taken(self) -> list[Signal]:
        taken, self.pending = self.pending, []
        return taken

    def _before_all_events(self) -> None:
        self._settle_conditions({})
        self._after_moves([])
        self._act_continuing()
        self._silence()
        self.pending = []
        self.begun = True

    def _move(self, first: bool = False, signals: list[Signal] | None = None) -> None:
        """Steps 1, 3, 5: rounds of signals; then what began or ended is read, and instances open."""
        signals = signals or []
        moved: dict[tuple[str, Binding], bool] = {}
        fired: list[tuple[p.Norm, Binding, Env, Firing]] = []
        while True:
            moves: dict[tuple[str, Binding], tuple[bool, Firing | None]] = {}
            for state in self.state_specs:
                for binding, env in self.bindings[id(state)]:
                    begins = self._of(state.begins, ("begins", state.id, binding), env, binding, first, signals)
                    ends = self._of(state.ends, ("ends", state.id, binding), env, binding, first, signals)
                    if begins or ends:
                        moves[state.id, binding] = (bool(begins), _first(begins or ends))
            for number, norm in enumerate(self.norms):
                for binding, env in self.bindings[id(norm)]:
                    for firing in self._of(norm.when, ("when", number, binding), env, binding, first, signals):
                        fired.append((norm, binding, env, firing))
            sent: list[Signal] = []
            for key, (holds, firing) in moves.items():
                if key not in moved and self.states[key] != holds:
                    moved[key] = holds
                    self.states[key] = holds
                    assert firing is not None
                    sent.append(Signal("enters" if holds else "leaves", *key, firing.label, firing.causes))
            sent.extend(self._settle_conditions(moved, [*signals, *sent]))
            if not sent:
                break
            first, signals = False, sent
        self._after_moves(fired)

    def _of(
        self, trigger: p.Trigger | None, path: Any, env: Env, binding: Binding, first: bool, signals: list[Signal]
    ) -> list[Firing]:
        return [] if trigger is None else self.fires(trigger, path, env, binding, first, signals)

    def _settle_conditions(self, moved: dict[Any, bool], heard: Sequence[Signal] = ()) -> list[Signal]:
        """States that hold while a condition does."""
        sent: list[Signal] = []
        again = True
        while again:
            again = False
            for state in self.state_specs:
                if state.holds_while is None:
                    continue
                for binding, env in self.bindings[id(state)]:
                    key = (state.id, binding)
                    holds = self.holds(state.holds_while, env, binding)
                    if holds != self.states[key] and key not in moved:
                        moved[key] = holds
                        self.states[key] = holds
                        again = True
                        label, causes = self._cause(state.holds_while, env, [*heard, *sent])
                        sent.append(Signal("enters" if holds else "leaves", *key, label, causes))
        return sent

    def _cause(self, cond: p.Cond, env: Env, heard: Sequence[Signal]) -> tuple[str, frozenset[str]]:
        """What moved a condition: an event of this instant that it asks about, a state that it asks about, or time."""
        found: list[tuple[str, frozenset[str]]] = []
        for part in _parts(cond):
            if isinstance(part, p.Match):
                for fact in self.facts:
                    span = self.counts_at(part, fact, env)
                    if span is not None and span[1] == self.now:
                        found.append((fact.id, frozenset({fact.id})))
            if isinstance(part, p.InState):
                found += [(s.label, s.causes) for s in heard if s.of == part.state and s.kind in ("enters", "leaves")]
        return min(found, key=lambda one: one[0], default=(self._instant_label(), frozenset()))

    def _in_force(self, norm: p.Norm) -> bool:
        if norm.valid is None:
            return True
        return norm.valid.start <= self.now and (norm.valid.end is None or self.now < norm.valid.end)

    def _after_moves(self, fired: list[tuple[p.Norm, Binding, Env, Firing]]) -> None:
        """`while`, `paused_while` are read in the states that the step leaves; then instances open."""
        for instance in self.instances:
            if not self.holds(instance.norm.while_, instance.env, instance.binding):
                self._end(instance)
        for norm in self.norms:
            if norm.valid is None or norm.valid.start <= self.now:
                for binding, env in self.bindings[id(norm)]:
                    self._while_moves(norm, binding, env)
        for norm, binding, env, firing in sorted(fired, key=lambda one: one[3].label):
            if self._in_force(norm) and self.holds(norm.while_, env, binding):
                self._open(norm, binding, env, firing)
        for instance in self.instances:
            self._pause(instance)

    def _while_moves(self, norm: p.Norm, binding: Binding, env: Env) -> None:
        if norm.when is not None or isinstance(norm.modal, p.May):
            return
        key = (id(norm), binding)
        holds = self._in_force(norm) and self.holds(norm.while_, env, binding)
        began = holds and not self.while_held.get(key, False)
        self.while_held[key] = holds
        running = any(i.norm.id == norm.id and i.binding == binding and i.closed is None for i in self.instances)
        if not holds:
            for series in self.series[norm.id, binding]:
                if series.firing is None and series.norm is norm:
                    series.ended = True
        if began and not self._takes_over(norm, running, binding, env):
            self._open(norm, binding, env, None)

    def _takes_over(self, norm: p.Norm, running: bool, binding: Binding, env: Env) -> bool:
        """A successor's `must` opens nothing new at `from`; its `must_not` and `keep` go on where one runs."""
        first = norm is next(
            n for n in sorted(self._versions_of(norm.id), key=lambda n: n.valid.start if n.valid else 0)
        )
        if first or norm.valid is None or self.now != norm.valid.start:
            return False
        if not isinstance(norm.modal, p.Must):
            return running
        if norm.while_ is None:
            mine = [i for i in self.instances if i.norm.id == norm.id and i.binding == binding]
            return any(i.norm is norm for i in mine)
        if self.acted:
            return False  # it did not hold when the version began, and begins after that
        before = next((n for n in self._versions_of(norm.id) if n.valid and n.valid.end == norm.valid.start), norm)
        return self.held_before.get((id(before), binding), False)

    def _versions_of(self, id_: str) -> list[p.Norm]:
        return [norm for norm in self.norms if norm.id == id_]

    # instances open

    def _open(self, norm: p.Norm, binding: Binding, env: Env, firing: Firing | None) -> None:
        if _every(norm):
            self._start_series(norm, binding, env, firing)
            return
        milestones: Sequence[p.Milestone | None] = (None,)
        if isinstance(norm.modal, p.Must) and isinstance(norm.modal.deadline, p.Milestones):
            milestones = norm.modal.deadline.of
        again = any(i.norm.id == norm.id and i.binding == binding for i in self.instances)
        before = max((i.opened for i in self.instances if i.norm.id == norm.id and i.binding == binding), default=None)
        for milestone in milestones:
            label: str | None = firing.label if firing else None
            if firing is None and self.now != BEGINNING:
                label = format_instant(self.now)
            if milestone is not None:
                label = f"{label}/{milestone.written}" if again else milestone.written
            instance = Instance(norm, binding, env, label, self.now, self.now, milestone=milestone)
            if firing is not None:
                instance.excluded, instance.opened_by = firing.causes, firing.occurrences
                instance.firing_binding = firing.binding
                instance.early_from = self._early_from(norm, env, before)
            self.instances.append(instance)
            self._start(instance)

    def _early_from(self, norm: p.Norm, env: Env, before: Instant | None) -> Instant | None:
        if norm.early is True:
            return before if before is not None else BEGINNING
        if norm.early is False:
            return None
        return self.now - value(norm.early, env).exact + 1

    def _start(self, instance: Instance) -> None:
        norm = instance.norm
        if isinstance(norm.modal, p.Must):
            self._start_duty(instance)
            return
        grace = value(norm.grace, instance.env)
        instance.status = "holding"
        if grace is not None and instance.opened != BEGINNING:
            instance.grace_end = self.calendar.due_after(instance.opened, grace)
            instance.status = "in_grace"
            self.agenda.add(instance.grace_end.at)
        for length in (norm.observe_every, norm.modal.bound.rolling if isinstance(norm.modal, p.Keep) else None):
            if length is not None and instance.opened != BEGINNING:
                self.agenda.add(instance.opened + value(length, instance.env).exact)
        if isinstance(norm.modal, p.Keep):
            window = norm.modal.bound.window
            if window is not None:
                self._first_window(instance, window)
            elif not instance.grace_end and (self.acted or not self.begun):
                # What opens in step 1 is judged in step 2, after waivers.
                self._judge_bound(instance)

    def _start_duty(self, instance: Instance) -> None:
        instance.due = instance.first_due = self._due(instance)
        if instance.due is not None:
            self.agenda.add(instance.due.at)
        if self._reached(instance):
            self._performed(instance, self._reached_by(instance))
        elif instance.early_from is not None:
            self._early_acts(instance)
        # What opens at its very due before the acts of that instant can still be performed by them in time.
        due = instance.due
        still = due is not None and due.in_time(self.now) and self.begun and not self.acted
        if instance.status == "active" and due is not None and due.at <= instance.opened and not still:
            paused = instance.norm.paused_while
            stops = paused is not None and self.holds(paused, instance.env, instance.binding)
            if not (stops and due.in_time(self.now)):
                self._pass_due(instance)

    def _due(self, instance: Instance) -> Due | None:
        assert isinstance(instance.norm.modal, p.Must)
        deadline: p.Deadline = instance.norm.modal.deadline
        if instance.milestone is not None:
            deadline = instance.milestone.deadline
        if isinstance(deadline, p.By):
            return self._by(deadline)
        if isinstance(deadline, p.Within):
            if instance.trigger == BEGINNING:
                return Due(BEGINNING, exclusive=True)
            return self.calendar.due_after(instance.trigger, value(deadline.duration, instance.env))
        if instance.period is not None:
            return Due(instance.period[1], exclusive=True)
        return None

    def _early_acts(self, instance: Instance) -> None:
        act = instance.norm.modal.act  # type: ignore[union-attr]
        assert instance.early_from is not None
        if act is None:
            return
        for fact in self.facts:
            span = self.counts_at(act, fact, instance.env)
            latest = (
                self.now if self.acted else self.now - 1
            )  # what opens after the acts of its instant looks back on them
            before = span is not None and instance.early_from <= span[1] <= latest
            if before and fact.id not in instance.excluded:
                instance.acts += 1
        if instance.acts >= act.count:
            self._performed(instance)

    # series of periods

    def _start_series(self, norm: p.Norm, binding: Binding, env: Env, firing: Firing | None) -> None:
        running = self.series[norm.id, binding]
        if any(not s.ended for s in running):
            return
        series = Series(norm, self.now, firing)
        running.append(series)
        self._next_period(series, env)
        if series.next_at == self.now:
            self._open_period(series, binding, env)

    def _period(self, series: Series, number: int, env: Env) -> tuple[Instant, Instant]:
        deadline = series.norm.modal.deadline  # type: ignore[union-attr]
        day = self.calendar.date_of(series.start)
        if isinstance(deadline, p.EveryCalendar):
            first = self.calendar.period_start(day, deadline.unit)
            if self.calendar.start_of(first) < series.start:
                first = self.calendar.next_period(first, deadline.unit)
            for _ in range(number):
                first = self.calendar.next_period(first, deadline.unit)
            return self.calendar.start_of(first), self.calendar.start_of(
                self.calendar.next_period(first, deadline.unit)
            )
        length: Duration = value(deadline.duration, env)
        if length.is_clock:
            return series.start + number * length.exact, series.start + (number + 1) * length.exact

        def edge(k: int) -> Instant:
            return self.calendar.end_of(self.calendar.add(day, Duration(k * length.count, length.unit)))

        return (series.start if number == 0 else edge(number)), edge(number + 1)

    def _next_period(self, series: Series, env: Env) -> None:
        series.next_at = self._period(series, series.number, env)[0]
        self.agenda.add(series.next_at)

    def _open_periods(self) -> None:
        for (_, binding), running in list(self.series.items()):
            for series in running:
                env = next(e for b, e in self.bindings[id(series.norm)] if b == binding)
                if not series.ended and series.next_at == self.now:
                    if self._in_force(series.norm):
                        self._open_period(series, binding, env)
                    else:
                        series.ended = True

    def _open_period(self, series: Series, binding: Binding, env: Env) -> None:
        if self.holds(series.norm.while_, env, binding):
            period = self._period(series, series.number, env)
            deadline = series.norm.modal.deadline  # type: ignore[union-attr]
            clock = isinstance(deadline, p.EveryLength) and value(deadline.duration, env).is_clock
            label = format_instant(period[0]) if clock else str(self.calendar.date_of(period[0]))
            instance = Instance(series.norm, binding, env, label, self.now, self.now, period=period)
            if series.firing is not None:
                instance.opened_by = series.firing.occurrences
                if self.now == series.start:
                    instance.excluded = series.firing.causes
            self.instances.append(instance)
            self._start(instance)
        series.number += 1
        self._next_period(series, env)

    # versions

    def _versions(self) -> None:
        for norm in self.norms:
            if norm.valid is None:
                continue
            if norm.valid.end == self.now and not self._successor(norm):
                for instance in self.instances:
                    if instance.norm is norm and not self._due_now(instance):
                        self._end(instance)
            if norm.valid.start == self.now:
                for instance in list(self.instances):
                    if instance.norm.id == norm.id and instance.norm is not norm and instance.closed is None:
                        self._take_over(instance, norm)
                for binding, env in self.bindings[id(norm)]:
                    for series in self.series[norm.id, binding]:
                        self._continue(series, norm, env)

    def _continue(self, series: Series, norm: p.Norm, env: Env) -> None:
        """A recurring norm is one series: periods that begin at or after `from` are the successor's."""
        if not series.ended and _every(norm):
            series.norm, series.number = norm, 0
            while self._period(series, series.number, env)[0] < self.now:
                series.number += 1
            self._next_period(series, env)

    def _successor(self, norm: p.Norm) -> bool:
        return any(n.valid and norm.valid and n.valid.start == norm.valid.end for n in self._versions_of(norm.id))

    def _due_now(self, instance: Instance) -> bool:
        """Its due, or its grace, ends at this very instant: what its old version has yet to judge."""
        clock = {"active": instance.due, "in_grace": instance.grace_end}.get(instance.status)
        return isinstance(instance.norm.modal, p.Must) and clock is not None and clock.at == self.now

    def _take_over(self, instance: Instance, norm: p.Norm) -> None:
        assert norm.valid is not None
        if not isinstance(norm.modal, p.Must):
            self._under(instance, norm)
            return
        if instance.status not in ("active", "in_grace", "suspended") or self._due_now(instance) or instance.period:
            return
        policy = norm.valid.open_instances
        if policy == "close":
            self._end(instance)
        elif policy in ("rebase", "restart"):
            self._under(instance, norm)
            if policy == "restart":
                instance.trigger = self.now
                instance.opened = self.now
                instance.acts = 0
            instance.days, instance.paused_for = 0, 0
            instance.due = instance.first_due = self._due(instance)
            instance.grace_end = None
            instance.status = "active"
            if instance.due is not None:
                self.agenda.add(instance.due.at)
                if instance.due.at <= self.now:
                    self._pass_due(instance)

    def _under(self, instance: Instance, norm: p.Norm) -> None:
        """Under another version, with what its table says for this binding."""
        instance.norm = norm
        instance.env = next(env for binding, env in self.bindings[id(norm)] if binding == instance.binding)

    # step 2

    def _act(self) -> None:
        for fact in sorted(self.facts, key=lambda f: f.id):
            if fact.hi == self.now and fact.grade >= self.vocabulary.grade(self.vocabulary.counts):
                if fact.type == "extension":
                    self._extend(fact)
                if fact.type == "waiver":
                    self._waive(fact)
        duties = [i for i in self.instances if i.closed is None and isinstance(i.norm.modal, p.Must)]
        opened = [i for i in duties if self._open_for_acts(i)]
        for instance, found in [(i, self._acts_for(i, opened)) for i in opened]:
            self._act_on(instance, found)
        self._act_continuing()

    def _addressed(self, fact: Fact) -> Iterator[Instance]:
        for instance in list(self.instances):
            named = fact.fields.get("instance")
            fits = fact.fields.get("norm") == instance.norm.id and set(fact.for_) <= set(instance.binding)
            labelled = named is None or (
                instance.label is not None and normal_label(named) == normal_label(instance.label)
            )
            if fits and labelled:
                yield instance

    def _extend(self, fact: Fact) -> None:
        for instance in self._addressed(fact):
            terms = instance.norm.extendable
            if terms is None or instance.first_due is None or instance.due is None or instance.closed is not None:
                continue
            if fact.fields.get("by") not in {value(who, instance.env) for who in terms.by}:
                continue
            if instance.status not in ("active", "suspended", "in_grace", "breached", "unknown"):
                continue
            timely = instance.status == "suspended" or instance.due.in_time(self.now)
            if not timely and not terms.late:
                continue
            days = instance.days
            endless = instance.first_due.at == BEGINNING  # what is counted from there is past already
            if endless and ("days" in fact.fields or terms.at_most is not None):
                continue
            if "days" in fact.fields:
                days += int(fact.fields["days"])
                due = self._moved(self.calendar.later(instance.first_due, Duration(days, "day")), instance.paused_for)
            elif "until" in fact.fields:
                due = self.calendar.due_on(fact.fields["until"])
            else:
                continue
            limit = None
            if terms.at_most is not None:
                limit = self._moved(
                    self.calendar.later(instance.first_due, value(terms.at_most, instance.env)), instance.paused_for
                )
            clock = self.now if instance.paused_at is None else instance.paused_at
            if (limit is not None and due.at > limit.at) or due.at <= instance.due.at or not due.in_time(clock):
                continue
            instance.days, instance.due, instance.grace_end = days, due, None
            if instance.status != "suspended":
                instance.status = "active"
            else:
                instance.paused_from = "active"
            self.agenda.add(due.at)

    def _waive(self, fact: Fact) -> None:
        for instance in self._addressed(fact):
            if fact.fields.get("by") not in {value(who, instance.env) for who in instance.norm.waived_by}:
                continue
            if isinstance(instance.norm.modal, p.Must):
                if instance.status not in ("met", "met_late", "lapsed"):
                    instance.status = "waived"
                continue
            if instance.closed is not None and not self._open_occurrences(instance):
                continue
            for occurrence in instance.occurrences:
                occurrence.status = "waived"
            instance.waived = True

    def _acts_now(self, instance: Instance, act: p.Match) -> list[Fact]:
        found = []
        for fact in self.facts:
            span = self.counts_at(act, fact, instance.env)
            if span is not None and span[1] == self.now and fact.id not in instance.excluded:
                found.append(fact)
        return found

    def _act_on(self, instance: Instance, found: Sequence[Fact]) -> None:
        act = instance.norm.modal.act  # type: ignore[union-attr]
        if act is None:
            if self._reached(instance):
                self._performed(instance, self._reached_by(instance))
            return
        if found:
            missing = max(1, act.count - instance.acts)
            instance.acts += len(found)
            if instance.acts >= act.count:
                self._performed(instance, sorted(fact.id for fact in found)[missing - 1])

    def _open_for_acts(self, instance: Instance) -> bool:
        """Of `every` only the period in which the act falls, or one before that still runs."""
        if instance.period is None:
            return True
        return instance.period[0] <= self.now < instance.period[1] or self._still_runs(instance)

    def _acts_for(self, instance: Instance, opened: Sequence[Instance]) -> list[Fact]:
        """The acts of this instant that it takes; of one duty's periods one takes an act."""
        act = instance.norm.modal.act  # type: ignore[union-attr]
        found = [] if act is None else self._acts_now(instance, act)
        if instance.period is None:
            return found
        key = (instance.norm.id, instance.binding)
        periods = [i for i in opened if i.period is not None and (i.norm.id, i.binding) == key]
        return [fact for fact in found if instance is self._taker(fact, periods)]

    def _taker(self, fact: Fact, periods: Sequence[Any]) -> Instance:
        """The nearest before that still runs and that the act fits, else the one it falls in."""
        fitting = [i for i in periods if fact in self._acts_now(i, i.norm.modal.act)]
        before = [i for i in fitting if i.period[1] <= self.now]
        return max(before or fitting, key=lambda i: i.period[0])  # type: ignore[no-any-return]

    def _still_runs(self, instance: Instance) -> bool:
        return self._in_grace_now(instance) or self._extended_now(instance)

    def _extended_now(self, instance: Instance) -> bool:
        """A period that runs on under a moved due takes acts as one in its grace does."""
        if instance.period is None or instance.due is None or instance.status != "active":
            return False
        return instance.period[1] <= self.now and instance.due.in_time(self.now)

    def _in_grace_now(self, instance: Instance) -> bool:
        """In grace at the time of acts: the due of this very instant counts as passed where it is exclusive."""
        if instance.closed is not None:
            return False
        if instance.status == "in_grace":
            return instance.grace_end is not None and instance.grace_end.in_time(self.now)
        due = instance.due
        passing = instance.status == "active" and due is not None and not due.in_time(self.now)
        return bool(passing and instance.norm.grace is not None)

    def _reached(self, instance: Instance) -> bool:
        bound = instance.norm.modal.reach  # type: ignore[union-attr]
        if bound is None:
            return False
        floor = instance.milestone.at_least if instance.milestone else None
        since = instance.early_from if instance.early_from is not None else instance.opened
        return self.in_bounds(bound, instance.env, self.now, since, at_least=floor, without=instance.excluded) is True

    def _reached_by(self, instance: Instance) -> str | None:
        bound = instance.norm.modal.reach  # type: ignore[union-attr]
        measures = [m for m in (bound.measure, bound.per) if m is not None]
        now = [f.id for m in measures for _, f in self.readings(m, instance.env, self.now - 1, self.now, None)]
        return max(now, default=None)

    def _performed(self, instance: Instance, by: str | None = None) -> None:
        if instance.status in ("met", "met_late", "waived", "lapsed", "excused"):
            return
        late_now = instance.due is not None and not instance.due.in_time(self.now)
        if instance.status == "active" and late_now:
            self._pass_due(instance)
        if instance.status == "in_grace":
            if instance.grace_end is not None and not instance.grace_end.in_time(self.now):
                self._breach_duty(instance)
            else:
                self._meet(instance, by)
                return
        if instance.status in ("active", "suspended"):
            self._meet(instance, by)
        elif instance.status == "unknown":
            self._record_omission(instance)
            instance.status = "met_late" if instance.status != "excused" else "excused"
        elif instance.status == "breached":
            instance.status = "met_late"

    def _meet(self, instance: Instance, by: str | None) -> None:
        instance.status = "met"
        label = by or instance.label or self._instant_label()
        self._send("met", instance, label, frozenset({by} if by else ()), 0)
        if instance.norm.cures is not None:
            self._cure(instance)

    def _cure(self, instance: Instance) -> None:
        for other in self.instances:
            if other.norm.id == instance.norm.cures:
                for occurrence in other.occurrences:
                    if occurrence.serial in instance.opened_by and occurrence.status == "open":
                        occurrence.status = "cured"

    def _instant_label(self) -> str:
        return "" if self.now == BEGINNING else format_instant(self.now)

    def _send(self, kind: str, instance: Instance, label: str, causes: frozenset[str], serial: int) -> None:
        if self.begun:
            self.pending.append(Signal(kind, instance.norm.id, instance.binding, label, causes, serial))

    # deadlines of duties

    def _pass_due(self, instance: Instance) -> None:
        if self.holds_unless(instance):
            instance.status = "lapsed"
            instance.closed = self.now
            return
        grace = value(instance.norm.grace, instance.env)
        assert instance.due is not None
        if grace is not None and instance.due.at != BEGINNING:
            instance.grace_end = self.calendar.later(instance.due, grace)
            instance.status = "in_grace"
            self.agenda.add(instance.grace_end.at)
            # What opens behind its due and its grace is breached at the opening.
            if instance.grace_end.at >= self.now or instance.due.at >= self.now:
                return
        self._breach_duty(instance)

    def holds_unless(self, instance: Instance) -> bool:
        return instance.norm.unless is not None and self.holds(instance.norm.unless, instance.env, instance.binding)

    def _breach_duty(self, instance: Instance) -> None:
        if instance.norm.observed_by is not None and not self._observed(instance):
            instance.status = "unknown"
            return
        self._record_omission(instance)

    def _observed(self, instance: Instance) -> bool:
        assert instance.norm.observed_by is not None and instance.due is not None
        if self._outcome(instance.norm.id, instance.binding, instance=instance.label) == "violation":
            return True
        for fact in self.facts:
            span = self.counts_at(instance.norm.observed_by, fact, instance.env)
            if span is None or span[1] > self.now:
                continue
            if instance.period is None and span[1] >= instance.due.at:
                return True
            if instance.period is not None and instance.period[0] <= span[1] < instance.period[1]:
                return True
        return False

    def _record_omission(self, instance: Instance) -> None:
        self.serial += 1
        occurrence = Occurrence(self.serial, self.now if self.begun else None, frozenset())
        instance.occurrences.append(occurrence)
        if (
            instance.label is not None
            and self._outcome(instance.norm.id, instance.binding, instance=instance.label) == "no_violation"
        ):
            occurrence.status = "excused"
            instance.status = "excused"
            return
        instance.status = "breached"
        self._send("breach", instance, instance.label or self._instant_label(), frozenset(), occurrence.serial)

    # prohibitions and bounds

    def _act_continuing(self) -> None:
        for norm in self.norms:
            if isinstance(norm.modal, p.MustNot):
                for binding, env in self.bindings[id(norm)]:
                    self._forbidden_acts(norm, norm.modal.act, binding, env)
        for instance in list(self.instances):
            keep = instance.norm.modal
            if isinstance(keep, p.Keep) and keep.bound.window is None and self._judges(instance):
                self._judge_bound(instance)

    def _forbidden_acts(self, norm: p.Norm, match: p.Match, binding: Binding, env: Env) -> None:
        """An act of uncertain time is one only if it is forbidden at every instant of its span."""
        for fact in sorted(self.facts, key=lambda f: f.id):
            span = self.happens(norm, binding, match, fact, env)
            if span is None or not span[0] <= self.now <= span[1]:
                continue
            outcome = self.ruled(norm, binding, match, fact, env)
            for instance in [i for i in self.instances if i.norm is norm and i.binding == binding]:
                key = (id(instance), fact.id)
                forbidden = self._judges(instance) and (outcome is not None or not self._excepted(instance, fact))
                self.spans.setdefault(key, self.now == span[0])
                self.spans[key] = self.spans[key] and forbidden
                if self.now == span[1] and self.spans[key]:
                    self._forbidden(instance, fact, outcome)

    def _forbidden(self, instance: Instance, fact: Fact, outcome: str | None) -> None:
        self.serial += 1
        occurrence = Occurrence(self.serial, self.now, frozenset({fact.id}))
        instance.occurrences.append(occurrence)
        if outcome == "no_violation":
            occurrence.status = "excused"
        else:
            self._send("breach", instance, fact.id, frozenset({fact.id}), occurrence.serial)

    def _judges(self, instance: Instance) -> bool:
        in_grace = instance.grace_end is not None and instance.grace_end.in_time(self.now)
        return instance.closed is None and not in_grace

    def _excepted(self, instance: Instance, fact: Fact) -> bool:
        if self.holds_unless(instance):
            return True
        who = value(instance.norm.who, instance.env)
        for norm in self.norms:
            if not isinstance(norm.modal, p.May) or instance.norm.id not in norm.overrides or not self._in_force(norm):
                continue
            for binding, env in self.bindings[id(norm)]:
                same = value(norm.who, env) == who and all(dict(instance.binding).get(n, v) == v for n, v in binding)
                granted = self._granted(norm, binding, env, fact) and not (
                    norm.unless is not None and self.holds(norm.unless, env, binding)
                )
                if same and granted and self.counts_at(norm.modal.act, fact, env) is not None:
                    return True
        return False

    def _granted(self, norm: p.Norm, binding: Binding, env: Env, fact: Fact) -> bool:
        """With `when`: from a firing on, until `while` ends; never for the event that fired."""
        if norm.when is None:
            return self.holds(norm.while_, env, binding)
        return any(
            i.norm is norm and i.binding == binding and i.closed is None and fact.id not in i.excluded
            for i in self.instances
        )

    def _judge_bound(
        self, instance: Instance, window: tuple[Instant, Instant] | None = None, *, by_time: bool = False
    ) -> None:
        """`by_time`: it is the end of the grace that shows it broken, not what was read at that instant."""
        bound = instance.norm.modal.bound  # type: ignore[union-attr]
        if self.holds_unless(instance):
            return
        of = (instance.norm, instance.binding)
        inside = self.in_bounds(bound, instance.env, self.now, instance.opened, of, window)
        instance.no_reading = inside is None
        if inside is None:
            return
        if inside:
            for occurrence in instance.occurrences:
                if occurrence.status == "open":
                    occurrence.status = "restored"
            instance.broken = None
            return
        if instance.broken is not None and window is None:
            return
        self._break(instance, bound, window, by_time=by_time)

    def _break(
        self, instance: Instance, bound: p.Bound, window: tuple[Instant, Instant] | None, *, by_time: bool
    ) -> None:
        self.serial += 1
        at = self.now if self.begun else None
        of = (instance.norm, instance.binding)
        measures = [m for m in (bound.measure, bound.per) if m is not None]
        taken = [pair for m in measures for pair in self._rests_on(m, bound, instance, of, window)]
        now = set() if by_time else {fact.id for at_, fact in taken if at_ == self.now}
        occurrence = Occurrence(self.serial, at, frozenset(now))
        instance.broken = occurrence
        instance.occurrences.append(occurrence)
        label = self._instant_label()
        broke_it = now or {fact.id for _, fact in taken}
        outcomes = [self._outcome(instance.norm.id, instance.binding, event=id_) for id_ in sorted(broke_it)]
        if "no_violation" in outcomes:
            occurrence.status = "excused"
            return
        self._send("breach", instance, min(now) if now else label, frozenset(now), occurrence.serial)

    def _rests_on(
        self,
        measure: p.Measure,
        bound: p.Bound,
        instance: Instance,
        of: tuple[p.Norm, Binding],
        window: tuple[Instant, Instant] | None,
    ) -> list[tuple[Instant, Fact]]:
        if window is not None:
            return _decisive(measure, self.readings(measure, instance.env, window[0] - 1, window[1] - 1, of))
        if measure.aggregate == "latest":
            return self.readings(measure, instance.env, BEGINNING - 1, self.now, of)[-1:]
        rolling = value(bound.rolling, instance.env)
        since = instance.opened - 1 if rolling is None else max(instance.opened - 1, self.now - rolling.exact)
        return _decisive(measure, self.readings(measure, instance.env, since, self.now, of))

    def _first_window(self, instance: Instance, unit: str) -> None:
        if instance.opened == BEGINNING:
            of = (instance.norm, instance.binding)
            bound = instance.norm.modal.bound  # type: ignore[union-attr]
            measures = [m for m in (bound.measure, bound.per) if m is not None]
            read = [at for m in measures for at, _ in self.readings(m, instance.env, BEGINNING, self.until, of)]
            if not read:
                return
            first = self.calendar.period_start(self.calendar.date_of(min(read)), unit)
        else:
            first = self.calendar.period_start(self.calendar.date_of(instance.opened), unit)
            if self.calendar.start_of(first) < instance.opened:
                first = self.calendar.next_period(first, unit)
        instance.first_period = self.calendar.start_of(first)
        while self.calendar.start_of(first) <= self.until:
            first = self.calendar.next_period(first, unit)
            self.agenda.add(self.calendar.start_of(first))

    # step 4

    def _deadlines(self) -> None:
        for instance in list(self.instances):
            if instance.closed is not None:
                continue
            if isinstance(instance.norm.modal, p.Must):
                self._deadline(instance)
                continue
            if instance.grace_end is not None and instance.grace_end.at == self.now:
                instance.status = "holding"
                if isinstance(instance.norm.modal, p.Keep) and instance.norm.modal.bound.window is None:
                    self._judge_bound(instance, by_time=True)
            if isinstance(instance.norm.modal, p.Keep) and instance.norm.modal.bound.window is not None:
                self._window_ends(instance, instance.norm.modal.bound.window)

    def _deadline(self, instance: Instance) -> None:
        if instance.status == "active" and instance.due is not None and instance.due.at <= self.now:
            self._pass_due(instance)
        elif instance.status == "in_grace" and instance.grace_end is not None and instance.grace_end.at <= self.now:
            self._breach_duty(instance)
        elif instance.status == "unknown" and self._observed(instance):
            self._record_omission(instance)

    def _window_ends(self, instance: Instance, unit: str) -> None:
        if instance.first_period is None or not self.calendar.is_midnight(self.now):
            return
        today = self.calendar.date_of(self.now)
        if self.calendar.period_start(today, unit) != today:
            return
        first = self.calendar.period_start(self.calendar.date_of(self.now - 1), unit)
        start = self.calendar.start_of(first)
        in_grace = instance.grace_end is not None and instance.grace_end.at > self.now
        if start >= instance.first_period and not in_grace:
            self._judge_bound(instance, (start, self.now))

    # pauses, ends, silence

    def _pause(self, instance: Instance) -> None:
        cond = instance.norm.paused_while
        if cond is None or instance.closed is not None:
            return
        on = self.holds(cond, instance.env, instance.binding)
        if on and instance.status in ("active", "in_grace"):
            clock = instance.due if instance.status == "active" else instance.grace_end
            if clock is not None and not clock.in_time(self.now):
                return
            instance.paused_from, instance.status, instance.paused_at = instance.status, "suspended", self.now
        elif not on and instance.status == "suspended":
            assert instance.paused_at is not None
            length = self.now - instance.paused_at
            instance.status = instance.paused_from
            if instance.status == "active":
                instance.paused_for += length
                if instance.due is not None:
                    instance.due = self._moved(instance.due, length)
                    self.agenda.add(instance.due.at)
            elif instance.grace_end is not None:
                instance.grace_end = self._moved(instance.grace_end, length)
                self.agenda.add(instance.grace_end.at)

    def _moved(self, due: Due, length: int) -> Due:
        if not length:
            return due
        at = due.at + length
        if length > -BEGINNING // 2:
            return Due(at, exclusive=False)  # stopped since before all events: it never comes
        if due.exclusive and not self.calendar.is_midnight(at):
            at = self.calendar.end_of(self.calendar.date_of(at))
        return Due(at, due.exclusive)

    def _end(self, instance: Instance) -> None:
        """`while` ends: what runs lapses, any other status stays as it is, closed."""
        if instance.closed is not None:
            return
        instance.closed = self.now
        if isinstance(instance.norm.modal, p.Must):
            if instance.status in ("active", "in_grace", "suspended"):
                instance.status = "lapsed"
            return
        edge = self.now if self.judged else self.now - 1
        instance.unknown = instance.no_reading or self._is_unobserved(instance, edge)
        status = self._continuing_status(instance)
        instance.status = "lapsed" if status in ("in_grace", "holding", "unknown") else "closed"
        instance.unknown = False  # what has ended is watched no more

    def _silence(self) -> None:
        """Whether a prohibition or bound is unknown now: a status that no signal goes with."""
        for instance in self.instances:
            if instance.closed is not None or isinstance(instance.norm.modal, p.Must | p.May):
                continue
            instance.unknown = self._is_silent(instance)
            if instance.unknown:
                instance.waived = False

    def _is_unobserved(self, instance: Instance, edge: Instant) -> bool:
        """What is seen at this instant is seen in step 2. `edge`: an interval that ends here is over from step 4 on."""
        norm = instance.norm
        if norm.observed_by is None or norm.observe_every is None:
            return False
        length = value(norm.observe_every, instance.env).exact
        spans = [self.counts_at(norm.observed_by, fact, instance.env) for fact in self.facts]
        upto = self.now if self.acted else self.now - 1
        heard = any(span and edge - length < span[1] <= upto for span in spans)
        return not heard and edge >= instance.opened + length

    def _is_silent(self, instance: Instance) -> bool:
        norm = instance.norm
        if self._open_occurrences(instance) or self._status_in_grace(instance):
            return False
        if self._is_unobserved(instance, self.now):
            return True
        if not isinstance(norm.modal, p.Keep):
            return False
        if norm.modal.bound.window is None and not self.holds_unless(instance):
            of = (norm, instance.binding)
            instance.no_reading = self.in_bounds(norm.modal.bound, instance.env, self.now, instance.opened, of) is None
        return instance.no_reading

    def _status_in_grace(self, instance: Instance) -> bool:
        return instance.grace_end is not None and instance.status == "in_grace"

    def _open_occurrences(self, instance: Instance) -> bool:
        return any(occurrence.status == "open" for occurrence in instance.occurrences)

    def _continuing_status(self, instance: Instance) -> str:
        if instance.status == "lapsed":
            return "lapsed"
        if self._open_occurrences(instance):
            return "breached"
        if self._status_in_grace(instance):
            return "waived" if instance.waived else "in_grace"
        if instance.unknown:
            return "unknown"
        statuses = {occurrence.status for occurrence in instance.occurrences} | (
            {"waived"} if instance.waived else set()
        )
        return min(statuses, key=RANK.__getitem__) if statuses else "holding"

    # the answer

    def _rows(self) -> Rows:
        rows: Rows = {}
        for norm in self.norms:
            if isinstance(norm.modal, p.May):
                continue
            for binding, _ in self.bindings[id(norm)]:
                mine = [i for i in self.instances if i.norm.id == norm.id and i.binding == binding]
                given: Counter[str | None] = Counter()
                for instance in mine:
                    label = self._label(instance, mine)
                    given[label] += 1
                    again = "" if given[label] == 1 else f" #{given[label]}"
                    rows[norm.id, binding, f"{label}{again}" if again else label] = self._status(instance)
                if not mine:
                    rows[norm.id, binding, None] = "dormant"
            if not self.bindings[id(norm)]:
                rows[norm.id, (), None] = "dormant"
        return rows

    def _status(self, instance: Instance) -> str:
        return instance.status if isinstance(instance.norm.modal, p.Must) else self._continuing_status(instance)

    def _label(self, instance: Instance, mine: Iterable[Instance]) -> str | None:
        same = [other for other in mine if (other.label, other.opened) == (instance.label, instance.opened)]
        if len(same) < 2 or not instance.firing_binding:
            return instance.label
        return f"{instance.label} ({', '.join(f'{n}={v}' for n, v in instance.firing_binding)})"


def _first(firings: Sequence[Firing]) -> Firing:
    return min(firings, key=lambda firing: firing.label)


def _each_its_own(firings: Sequence[Firing]) -> bool:
    """One event serves one part."""
    events = [event for firing in firings for event in firing.events]
    return len(events) == len(set(events))


def _every(norm: p.Norm) -> bool:
    return isinstance(norm.modal, p.Must) and isinstance(norm.modal.deadline, p.EveryCalendar | p.EveryLength)


def _judged(norm: p.Norm) -> list[p.Match]:
    """What a ruling on an event can be about."""
    if isinstance(norm.modal, p.MustNot):
        return [norm.modal.act]
    if isinstance(norm.modal, p.Keep):
        return [m.match for m in (norm.modal.bound.measure, norm.modal.bound.per) if m is not None]
    return []


# --- walking over a plan ----------------------------------------------------------------------------------------------


def _parts(entry: Any) -> Iterator[Any]:
    """An entry of the plan and everything in it."""
    yield entry
    if isinstance(entry, tuple):
        for part in entry:
            yield from _parts(part)
    elif hasattr(entry, "__dataclass_fields__") and not isinstance(entry, Duration):
        for name in entry.__dataclass_fields__:
            yield from _parts(getattr(entry, name))


def _exact_durations(entry: p.Norm | p.State) -> list[Any]:
    found: list[Any] = []
    for part in _parts(entry):
        if isinstance(part, p.Bound):
            found += [part.rolling, part.stale_after]
        elif isinstance(part, p.Happened):
            found += [part.last, part.earlier_than]
        elif isinstance(part, p.Norm):
            found.append(part.observe_every)
    return [length for length in found if length is not None]


def _time_triggers(entry: p.Norm | p.State) -> list[p.AtTime]:
    return [part for part in _parts(entry) if isinstance(part, p.AtTime)]


# --- what it could be -------------------------------------------------------------------------------------------------


def settlements(book: p.Rulebook, facts: Sequence[Fact], until: Instant, seed: int, most: int) -> Iterator[list[Fact]]:
    """All settlements of the open facts where they are few; else `most` of them, taken at random."""
    rng = random.Random(seed)
    asked = _Asked(book)
    options = [asked.options(fact, facts, until, rng) for fact in facts]
    size = 1
    for choices in options:
        size *= len(choices)
        if size > most:
            break
    if size <= most:
        yield from (list(chosen) for chosen in itertools.product(*options))
        return
    for _ in range(most):
        # Mostly few changes at once: one report that matters, with the others left as they are, is the sharp case.
        rate = rng.choice((0.15, 0.5, 1.0))
        yield [rng.choice(choices) if rng.random() < rate else choices[0] for choices in options]


class _Asked:
    """What the matches of a rule book ask of events, so that only what matters is settled."""

    def __init__(self, book: p.Rulebook):
        self.vocabulary = book.vocabulary
        entries = (*book.norms, *book.states, *(o for r in book.readings for o in (*o_all(r),)))
        parts = [part for entry in entries for part in _parts(entry)]
        self.matches = [part for part in parts if isinstance(part, p.Match)]
        self.measures = [part for part in parts if isinstance(part, p.Measure)]
        self.cells: dict[p.Var, set[Any]] = defaultdict(set)
        for family in (f for e in entries for f in e.for_each):
            self.cells[p.Var(family.var)] |= {*family.values, *(key for key, _ in family.rows)}
            for name, cell in (pair for _, columns in family.rows for pair in columns):
                self.cells[p.Var(family.var, name)].add(cell)

    def values(self, operand: Any) -> set[Any]:
        """What may stand there, in one binding or another."""
        return self.cells[operand] if isinstance(operand, p.Var) else {operand}

    def options(self, fact: Fact, facts: Sequence[Fact], until: Instant, rng: random.Random) -> list[Fact]:
        """The fact as it stands first, then what it may turn out to be."""
        if fact.lo > until:
            return [fact]
        matches = [m for m in self.matches if m.event == fact.type]
        built_in = fact.type in ("extension", "waiver", "ruling")
        if not matches and not built_in:
            return [fact]
        grades = {m.grade for m in matches} | ({self.vocabulary.grade(self.vocabulary.counts)} if built_in else set())
        varied = [fact]
        top = max({fact.grade, *grades})
        varied = [replace(f, grade=g) for f in varied for g in sorted({f.grade, top})]
        for name in sorted(self._fields(matches, fact.type)):
            varied = [g for f in varied for g in self._field(f, name, matches)]
        varied = [g for f in varied for g in self._confirmed(f, matches, facts, until, rng)]
        return [g for f in varied for g in self._timed(f, facts, until, rng)]

    def _fields(self, matches: Sequence[p.Match], type_: str) -> set[str]:
        asked = {pred.field for match in matches for pred in match.preds if pred.op != "exists"}
        return asked | {m.field for m in self.measures if m.match.event == type_ and m.field is not None}

    def _field(self, fact: Fact, name: str, matches: Sequence[p.Match]) -> list[Fact]:
        kind = self.vocabulary.event_types[fact.type].fields[name]
        if name in fact.fields:
            if kind.kind != "place":
                return [fact]
            values: list[Any] = sorted(self.vocabulary.inside[fact.fields[name]] - {fact.fields[name]})
        else:
            tested = [v for m in matches for pred in m.preds if pred.field == name for v in pred.values]
            values = self._values(kind, [v for operand in tested for v in self.values(operand)])
        return [fact, *(replace(fact, fields={**fact.fields, name: v}) for v in values)]

    def _values(self, kind: Any, asked: Sequence[Any]) -> list[Any]:
        if kind.kind == "party":
            return sorted(self.vocabulary.actors)
        if kind.kind == "place":
            return sorted(self.vocabulary.places)
        if kind.kind == "enum":
            return list(kind.values)
        if kind.kind == "bool":
            return [True, False]
        if kind.kind == "number":
            near = {Decimal(0), Decimal(1), Decimal(10**9)}
            near |= {v + d for v in asked if isinstance(v, Decimal) for d in (-1, 0, 1) if v + d >= 0}
            return sorted(near)
        if kind.kind == "text":
            return [*sorted({v for v in asked if isinstance(v, str)}), "something else"]
        return sorted({v for v in asked if isinstance(v, date)})

    def _confirmed(
        self, fact: Fact, matches: Sequence[p.Match], facts: Sequence[Fact], until: Instant, rng: random.Random
    ) -> list[Fact]:
        asked: set[str] = set()
        for match in matches:
            for who in match.quorum.of if match.quorum else ():
                asked |= self.values(who)
        if not asked:
            return [fact]
        top = len(self.vocabulary.evidence) - 1
        choices: list[list[tuple[Word, ...]]] = []
        for who in sorted(asked):
            mine = tuple(word for word in fact.words if word.by == who)
            others = self._instants(fact.lo, until, facts, rng) if fact.lo <= until else []
            raised = [tuple(replace(w, grade=top) for w in mine)] if any(w.grade < top for w in mine) else []
            spans = [tuple(replace(w, lo=at, hi=at) for w in mine) for w in mine if w.lo < w.hi for at in {w.lo, w.hi}]
            firm = any(w.grade == top and w.hi <= until for w in mine)
            new = [] if firm else [(*mine, Word(who, at, at, top)) for at in others]
            choices.append([mine, *raised, *spans, *new])
        kept = tuple(word for word in fact.words if word.by not in asked)
        return [replace(fact, words=(*kept, *itertools.chain(*chosen))) for chosen in itertools.product(*choices)]

    def _timed(self, fact: Fact, facts: Sequence[Fact], until: Instant, rng: random.Random) -> list[Fact]:
        if fact.lo == fact.hi:
            return [fact]
        return [fact, *(replace(fact, lo=at, hi=at) for at in self._instants(fact.lo, fact.hi, facts, rng))]

    def _instants(self, lo: Instant, hi: Instant, facts: Sequence[Fact], rng: random.Random) -> list[Instant]:
        """Ends, neighbours of other instants, and one at random."""
        near = {at + d for f in facts for at in (f.lo, f.hi) for d in (-1, 0, 1) if lo <= at + d <= hi}
        near |= {at + d * DAY // 2 for at in list(near) for d in (1, 2, 4) if lo <= at + d * DAY // 2 <= hi}
        some = rng.sample(sorted(near), min(2, len(near)))
        return sorted({lo, hi, max(lo, rng.randint(lo, hi) // HOUR * HOUR), *some})


def o_all(reading: p.Reading) -> Iterator[p.Norm | p.State]:
    for option in reading.options:
        yield from option.norms
        yield from option.states


def possible(
    book: p.Rulebook,
    rows: Sequence[Row],
    *,
    as_of: Instant,
    known_at: Instant | None = None,
    readings: Sequence[tuple[str, str]] = (),
    seed: int = 0,
    most: int = 50,
) -> Iterator[tuple[list[Fact], Answer]]:
    """What is in each of some settlements of the open facts; the first settlement leaves everything open."""
    facts = facts_known(rows, book.vocabulary, known_at)
    yield facts, Run(book, facts, facts, as_of, dict(readings)).answer()
    for settled in settlements(book, facts, as_of, seed, most):
        yield settled, Run(book, settled, facts, as_of, dict(readings)).answer()


def _decisive(measure: p.Measure, taken: list[tuple[Instant, Fact]]) -> list[tuple[Instant, Fact]]:
    """Of a greatest or least reading the others are not the cause: the earliest of equals is."""
    if measure.aggregate not in ("max", "min") or not taken:
        return taken
    best = (max if measure.aggregate == "max" else min)(fact.fields[measure.field] for _, fact in taken)
    return [next(pair for pair in taken if pair[1].fields[measure.field] == best)]

"""One run through time: instants in order, and within each instant the five steps of docs/semantics.md."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from engine.evaluation import conditions, triggers
from engine.evaluation.bind import BoundState, as_text
from engine.evaluation.book import Book
from engine.evaluation.conditions import Condition
from engine.evaluation.facts import ComponentKey, Fact, Rulings
from engine.evaluation.instances import Compiled, Instance, NormRun
from engine.evaluation.kinds import kind_of
from engine.evaluation.kinds.must.run import MustRun, Series
from engine.evaluation.kinds.must_not.run import MustNotRun
from engine.evaluation.measures import BoundReader, Record
from engine.evaluation.triggers import AlarmNode, Firing, Leaf, Node, Wiring
from engine.evaluation.verdicts import Binding, same_label
from engine.events import Event
from engine.language import plan
from engine.language.plan import Match, Use
from engine.problems import Problem
from engine.time import BEGINNING, NEVER, Instant, format_instant


@dataclass(eq=False)
class TriggerRun:
    """A trigger at work, and who asked for it: a state's begins or ends, or a version of a norm."""

    root: Node
    fired: Callable[[Firing], None]


@dataclass(eq=False)
class StateRun:
    bound: BoundState
    value: bool = False
    since: Instant | None = None
    cause: Firing | None = None
    moves: list[tuple[Instant, bool, tuple[str, ...]]] = field(default_factory=list)
    condition: Condition | None = None
    begin_fired: list[Firing] = field(default_factory=list)
    end_fired: list[Firing] = field(default_factory=list)
    moved: bool = False


@dataclass(eq=False)
class _Alarms:
    """Sets the clock for one trigger."""

    run: Run
    trigger: TriggerRun | None = None

    def __call__(self, node: AlarmNode, at: Instant, firing: Firing) -> None:
        self.run.push(at, "alarm", (node, firing, self.trigger))


@dataclass(eq=False)
class _Opening:
    """A firing opens an instance of one version of a norm."""

    run: Run
    norm_run: NormRun
    version: int

    def __call__(self, firing: Firing) -> None:
        self.norm_run.firings.append((self.version, firing))
        self.run.touch(self.norm_run)


class Run:
    """Runs a book over facts, as far as it is asked to. Everything that changes lives in here and dies with it.

    Nothing in here is a closure: `snapshots` copies a run with all that it holds, to go on from there more than once.
    """

    def __init__(self, book: Book, rulings: Rulings):
        self.book = book
        self.calendar = book.calendar
        self.horizon: Instant = BEGINNING - 1
        """Up to and including which instant it has run."""
        self.rulings = rulings
        self.now: Instant = BEGINNING
        self.step_now = 0
        self.problems: list[tuple[str, Problem]] = []
        """With the norm that they are about."""
        self.states: dict[ComponentKey, StateRun] = {}
        self.norms: dict[ComponentKey, NormRun] = {}
        self.permitted_from: dict[tuple[int, str], Instant] = {}
        self._records: dict[int, Record] = {}
        self._heap: list[tuple[Instant, int, int, object]] = []
        self._ticket = 0
        self._due_now: list[tuple[NormRun, Instance]] = []
        self._periods: list[tuple[MustRun, Series, Instant]] = []
        self._signals: list[tuple[str, ComponentKey, Firing]] = []
        self._moved: list[StateRun] = []
        self._dirty_triggers: dict[TriggerRun, None] = {}
        self._touched: dict[NormRun, None] = {}
        self._touched_states: dict[StateRun, Firing] = {}
        self._to_judge: dict[NormRun, None] = {}
        self._leaves: dict[int, tuple[Leaf, TriggerRun]] = {}
        self._takers: dict[int, tuple[NormRun, Use]] = {}
        self._cond_owners: dict[int, list[tuple[NormRun | StateRun, Callable[[Instant], list[Instant]]]]] = {}
        self._readers_of: dict[int, BoundReader] = {}
        self._listeners: dict[tuple[str, ComponentKey], list[tuple[Leaf, TriggerRun]]] = defaultdict(list)
        self._state_readers: dict[ComponentKey, list[NormRun | StateRun]] = defaultdict(list)
        self._watchers: list[MustNotRun] = []
        self._asked_by: dict[NormRun, list[StateRun]] = {}
        self._assemble()

    # --- putting it together --------------------------------------------------------------------------------------

    def _assemble(self) -> None:
        for state in self.book.states:
            self.states[state.key] = StateRun(state)
        for state_run in self.states.values():
            self._wire_state(state_run)
        for norm in self.book.norms:
            self.norms[norm.key] = kind_of(norm.versions[0]).run(self, norm)
        for norm_run in self.norms.values():
            self._wire_norm(norm_run)
            norm_run.meet([self.norms[other.key] for other in norm_run.asks(norm_run.bound, self.book.norms)])

    def _wire_state(self, run: StateRun) -> None:
        state = run.bound.state
        if state.holds_while is not None:
            run.condition = self._condition(state.holds_while, run, run.bound.binding)
        for trigger, fired in ((state.begins, run.begin_fired), (state.ends, run.end_fired)):
            if trigger is not None:
                self._wire_trigger(trigger, run.bound.binding, fired.append)

    def _wire_norm(self, run: NormRun) -> None:
        self._takers.update((number, (run, use)) for number, use in self.book.taken.get(run.key, ()))
        for version, norm in enumerate(run.versions):
            if norm.when is not None:
                self._wire_trigger(norm.when, run.bound.binding, _Opening(self, run, version))
        for instant in run.boundaries():
            if instant > BEGINNING:
                self.push(instant, "version", run)

    def _wire_trigger(self, trigger: plan.Trigger, binding: Binding, fired: Callable[[Firing], None]) -> None:
        wiring, alarms = Wiring(), _Alarms(self)
        run = alarms.trigger = TriggerRun(triggers.build(trigger, wiring, self.calendar, alarms), fired)
        for match, leaf in wiring.matches:
            self._leaves[self.book.numbers[match.key]] = (leaf, run)
        for on_state, leaf in wiring.states:
            for key in self.book.met("state", on_state.state, on_state.for_, binding):
                self._listeners[on_state.moves, key].append((leaf, run))
        for on_norm, leaf in wiring.norms:
            for key in self.book.met("norm", on_norm.norm, on_norm.for_, binding):
                self._listeners[on_norm.signal, key].append((leaf, run))
        for at, node, firing in wiring.times:
            self.push(at, "alarm", (node, firing, run))

    def compile_norm(self, run: NormRun, version: int) -> Compiled:
        norm = run.versions[version]
        binding = run.bound.binding
        made = [
            None if cond is None else self._condition(cond, run, binding)
            for cond in (norm.while_, norm.paused_while, norm.unless)
        ]
        return Compiled(made[0], made[1], made[2])

    def _condition(self, cond: plan.Cond, owner: NormRun | StateRun, binding: Binding) -> Condition:
        reads = conditions.Reads()

        def states_met(ref: plan.InState) -> list[StateRun]:
            return [self.states[key] for key in self.book.met("state", ref.state, ref.for_, binding)]

        condition = conditions.build(cond, reads, states_met, self.record_of)
        for ref in reads.states:
            for key in self.book.met("state", ref.state, ref.for_, binding):
                self._state_readers[key].append(owner)
        for match, edges in reads.matches:
            self._cond_owners.setdefault(self.book.numbers[match.key], []).append((owner, edges))
        return condition

    def _arrange(self, facts: Iterable[Fact]) -> list[Fact]:
        """In order; permissions known ahead, spans watched."""
        kept = []
        sites = self.book.sites
        for fact in facts:
            site = sites[fact.match]
            if site.use == "permission":
                from_when = fact.hi if site.match.counts_from == "confirmation" else BEGINNING
                self.permitted_from[fact.match, fact.event] = from_when
                continue
            if fact.lo < fact.hi:
                self.push(fact.lo, "watch", fact)
            kept.append(fact)
        kept.sort(key=lambda fact: (fact.hi, fact.event, fact.match))
        return kept

    def states_read(self, run: NormRun) -> list[StateRun]:
        """The states that this norm's conditions ask about."""
        if run not in self._asked_by:
            self._asked_by[run] = self._find_states_read(run)
        return self._asked_by[run]

    def _find_states_read(self, run: NormRun) -> list[StateRun]:
        return [state for key, state in self.states.items() if run in self._state_readers.get(key, ())]

    # --- services for norms ---------------------------------------------------------------------------------------

    def number_of(self, match: Match) -> int:
        return self.book.numbers[match.key]

    def version_of(self, number: int) -> int:
        return self.book.sites[number].version

    def record_of(self, match: Match) -> Record:
        return self._records.setdefault(self.book.numbers[match.key], Record())

    def reader(self, bound: plan.Bound) -> BoundReader:
        reader = BoundReader(
            bound, self.record_of(bound.measure.match), self.record_of(bound.per.match) if bound.per else None
        )
        for measure in (bound.measure, bound.per):
            if measure is not None:
                self._readers_of[self.book.numbers[measure.match.key]] = reader
        return reader

    def signal(self, kind: str, key: ComponentKey, firing: Firing) -> None:
        if (kind, key) in self._listeners:
            self._signals.append((kind, key, firing))

    def touch(self, run: NormRun) -> None:
        self._touched[run] = None

    def judge_in_step_two(self, run: NormRun) -> None:
        self._to_judge[run] = None

    def deadline(self, at: Instant, run: NormRun, instance: Instance) -> None:
        """Wake `run.deadline(instance)` in step 4 of that instant (of this one: in its step 4, or at once after it)."""
        if at <= self.now and self.now > BEGINNING:
            self._due_now.append((run, instance))
        else:
            self.push(at, "deadline", (run, instance))

    def period(self, at: Instant, run: MustRun, series: Series) -> None:
        """Open a period at that instant, before everything else of it."""
        if at <= self.now:
            self._periods.append((run, series, at))
        else:
            self.push(at, "period", (run, series, at))

    def bound_edge(self, at: Instant, run: NormRun) -> None:
        self.push(at, "bound", run)

    def same_label(self, written: str, label: str) -> bool:
        """Instants in labels are compared as instants."""
        return same_label(written, label)

    def push(self, at: Instant, kind: str, payload: object) -> None:
        self._ticket += 1
        heapq.heappush(self._heap, (at, self._ticket, _KINDS[kind], payload))

    @property
    def wakes_at(self) -> Instant:
        """The next instant at which something falls due or moves with no event."""
        return self._heap[0][0] if self._heap else NEVER

    # --- through time ---------------------------------------------------------------------------------------------

    def go(self, horizon: Instant, facts: Iterable[Fact], built_in: Iterable[Event] = ()) -> Run:
        """Run on up to and including an instant, with all that is certain of the time since the one before. A fact that
        is uncertain in time belongs to the part in which its span lies whole."""
        if self.horizon < BEGINNING:
            self._begin()
        arranged = self._arrange(fact for fact in facts if fact.hi <= horizon)
        decided = sorted((e for e in built_in if e.hi <= horizon), key=lambda e: (e.hi, e.id))
        nth_fact = nth_built_in = 0
        while True:
            now = self._heap[0][0] if self._heap else NEVER
            if nth_fact < len(arranged) and arranged[nth_fact].hi < now:
                now = arranged[nth_fact].hi
            if nth_built_in < len(decided) and decided[nth_built_in].hi < now:
                now = decided[nth_built_in].hi
            if now > horizon:
                break
            start, nth_fact = nth_fact, _upto(arranged, nth_fact, now)
            first, nth_built_in = nth_built_in, _upto(decided, nth_built_in, now)
            self._instant(now, arranged[start:nth_fact], decided[first:nth_built_in])
        self.now = self.horizon = horizon
        self.step_now = 5
        return self

    def _begin(self) -> None:
        """What holds before the first event: no `enters`, no signals."""
        for state in self.states.values():
            state.value = state.bound.state.initially
        for _ in range(len(self.states) + 1):
            changed = False
            for state in self.states.values():
                if state.condition is not None:
                    value = state.condition.holds(BEGINNING) is True
                    changed = changed or value != state.value
                    state.value = value
            if not changed:
                break
        for norm in self.norms.values():
            norm.begin()
        self._signals.clear()

    def _instant(self, now: Instant, facts: Sequence[Fact], built_in: Sequence[Event]) -> None:
        self.now = now
        alarms, deadlines = self._wake(now)
        self.step_now = 1
        taken = self._deliver(facts, now)
        for node, firing, trigger in alarms:
            node.ready.append(firing)
            self._dirty_triggers[trigger] = None
        self._moves(now)
        self._open_periods(now)
        self.step_now = 2
        for watcher in self._watchers:
            watcher.look(now, after=False)
        self._decide(built_in, now)
        for run, use, fact in taken:
            run.take(fact, use, now)
        while self._to_judge:
            pending, self._to_judge = self._to_judge, {}
            for run in pending:
                run.judge(now)
        self.step_now = 3
        self._moves(now)
        self.step_now = 4
        for run, instance in deadlines:
            run.deadline(instance, now)
        self._pass_deadlines(now)
        self.step_now = 5
        self._moves(now)
        while self._due_now:
            self._pass_deadlines(now)
            self._moves(now, again=True)
        if self._watchers:
            for watcher in self._watchers:
                watcher.look(now, after=True)
            self._watchers = [watcher for watcher in self._watchers if watcher.watching]

    def _open_periods(self, now: Instant) -> None:
        """The periods that begin at this instant, before its acts; `while` as it holds from this instant on."""
        while self._periods:
            run, series, start = self._periods.pop(0)
            if run.begin_period(series, start):
                run.open_period(series, start, now)

    def _wake(self, now: Instant) -> tuple[list[tuple[AlarmNode, Firing, TriggerRun]], list[tuple[NormRun, Instance]]]:
        alarms: list[tuple[AlarmNode, Firing, TriggerRun]] = []
        deadlines: list[tuple[NormRun, Instance]] = []
        heap = self._heap
        while heap and heap[0][0] == now:
            _, _, kind, payload = heapq.heappop(heap)
            if kind == _KINDS["deadline"]:
                deadlines.append(payload)  # type: ignore[arg-type]
            elif kind == _KINDS["edge"]:
                self._mark(payload, Firing(format_instant(now)))  # type: ignore[arg-type]
            elif kind == _KINDS["bound"]:
                self._to_judge[payload] = None  # type: ignore[index]
            elif kind == _KINDS["alarm"]:
                alarms.append(payload)  # type: ignore[arg-type]
            elif kind == _KINDS["period"]:
                self._periods.append(payload)  # type: ignore[arg-type]
            elif kind == _KINDS["version"]:
                payload.change_version(now)  # type: ignore[attr-defined]
            else:
                self._start_watch(payload)  # type: ignore[arg-type]
        return alarms, deadlines

    def _start_watch(self, fact: Fact) -> None:
        run = self.norms[self.book.sites[fact.match].owner]
        assert isinstance(run, MustNotRun)
        run.watch(fact)
        if run not in self._watchers:
            self._watchers.append(run)

    def _deliver(self, facts: Sequence[Fact], now: Instant) -> list[tuple[NormRun, Use, Fact]]:
        """Into records and triggers at once; acts, readings and observations wait for step 2."""
        taken: list[tuple[NormRun, Use, Fact]] = []
        for fact in facts:
            number = fact.match
            record = self._records.get(number)
            if record is not None:
                record.add(now, fact.event, fact.value)
            listening = self._leaves.get(number)
            if listening is not None:
                leaf, trigger = listening
                leaf.inbox.append(Firing(fact.event, (fact.event,), (fact.event,), uses=(f"event {fact.event}",)))
                self._dirty_triggers[trigger] = None
                continue
            for owner, edges in self._cond_owners.get(number, ()):
                self._mark(owner, Firing(fact.event, (fact.event,), (fact.event,)))
                for edge in edges(now):
                    self.push(edge, "edge", owner)
            taker = self._takers.get(number)
            if taker is not None:
                run, use = taker
                taken.append((run, use, fact))
                reader = self._readers_of.get(number)
                if reader is not None:
                    for edge in reader.edges(now):
                        self.push(edge, "bound", run)
        return taken

    def _mark(self, owner: NormRun | StateRun, cause: Firing) -> None:
        """Something that its conditions read has changed; an event names the cause better than an instant does."""
        if isinstance(owner, NormRun):
            self._touched[owner] = None
        else:
            other = self._touched_states.get(owner, cause)
            self._touched_states[owner] = min(cause, other, key=lambda f: (not f.trail, f.label))

    def _moves(self, now: Instant, *, again: bool = False) -> None:
        """Signals go in rounds; a state moves at most once a step; then what may open opens, and so on until quiet."""
        if not again:
            for state in self._moved:
                state.moved = False
            self._moved.clear()
        while self._signals or self._dirty_triggers or self._touched or self._touched_states:
            while self._signals or self._dirty_triggers or self._touched_states:
                self._round(now)
            touched, self._touched = self._touched, {}
            for run in sorted(touched, key=lambda r: r.key):
                run.end_of_step(now, self.step_now)
            if self.step_now == 1:
                # What opens in step 1 is judged in step 2; its signals belong to step 3.
                return
            self._open_periods(now)

    def _round(self, now: Instant) -> None:
        signals, self._signals = self._signals, []
        for kind, key, firing in signals:
            signal = replace(firing, uses=(f"{kind} {key} {firing.label}",))
            for leaf, trigger in self._listeners.get((kind, key), ()):
                leaf.inbox.append(signal)
                self._dirty_triggers[trigger] = None
        dirty, self._dirty_triggers = self._dirty_triggers, {}
        changed: dict[StateRun, None] = {}
        for trigger in dirty:
            for firing in trigger.root.collect(now):
                trigger.fired(firing)
        for state in self.states.values() if dirty else ():
            if state.begin_fired or state.end_fired:
                changed[state] = None
        conditional, self._touched_states = self._touched_states, {}
        for state in changed:
            self._move_by_triggers(state, now)
        for state, cause in conditional.items():
            if state.condition is not None:
                value = state.condition.holds(now) is True
                if value != state.value:
                    self._move(state, value, cause, now)

    def _move_by_triggers(self, state: StateRun, now: Instant) -> None:
        begins, ends = state.begin_fired[:], state.end_fired[:]
        state.begin_fired.clear()
        state.end_fired.clear()
        if begins:
            if not state.value:
                self._move(state, True, min(begins, key=lambda f: f.label), now)
        elif ends and state.value:
            self._move(state, False, min(ends, key=lambda f: f.label), now)

    def _move(self, state: StateRun, value: bool, cause: Firing, now: Instant) -> None:
        if state.moved:
            return
        state.moved, state.value, state.since, state.cause = True, value, now, cause
        state.moves.append((now, value, cause.trail))
        self._moved.append(state)
        kind = "enters" if value else "leaves"
        firing = Firing(cause.label, cause.events, cause.trail, cause.occurrences, state.bound.binding)
        self.signal(kind, state.bound.key, firing)
        for reader in self._state_readers.get(state.bound.key, ()):
            self._mark(reader, cause)

    def _pass_deadlines(self, now: Instant) -> None:
        while self._due_now:
            waiting, self._due_now = self._due_now, []
            for run, instance in waiting:
                run.deadline(instance, now)

    # --- extensions and waivers (step 2) ----------------------------------------------------------------------------

    def _decide(self, built_in: Iterable[Event], now: Instant) -> None:
        for event in built_in:
            if event.type == "extension":
                self._extend(event, now)
            elif event.type == "waiver":
                self._waive(event, now)

    def _addressed(self, event: Event) -> list[tuple[NormRun, list[Instance]]]:
        """The instances that an extension or waiver names: by `for` and `instance`, else all of the norm."""
        wanted = {name: as_text(value) for name, value in event.for_}
        label = event.fields.get("instance")
        found = []
        for key in self.book.families.get(("norm", str(event.fields.get("norm"))), ()):
            if any(dict(key[2]).get(name) != value for name, value in wanted.items()):
                continue
            run = self.norms[key]
            instances = run.instances
            if label is not None:
                instances = [i for i in instances if i.label is not None and self.same_label(str(label), i.label)]
            found.append((run, instances))
        return found

    def _extend(self, event: Event, now: Instant) -> None:
        reasons: list[str] = []
        effective = False
        addressed = self._addressed(event)
        for run, instances in addressed:
            allowed = {name for norm in run.versions if norm.extendable for name in norm.extendable.by}
            if event.fields.get("by") not in allowed:
                reasons.append(f"{run.bound.id} is extendable by {_names(sorted(map(str, allowed)))} only")
                continue
            for instance in instances:
                terms = instance.terms.extendable
                if terms is None or event.fields.get("by") not in terms.by:
                    reasons.append(f"{run.bound.id} is not extendable by {event.fields.get('by')} in that version")
                    continue
                reason = run.extend(event, instance, now)
                effective = effective or not reason
                reasons.append(f"{run.bound.id}: {reason}")
        self._report(event, effective, addressed, reasons, "by")

    def _waive(self, event: Event, now: Instant) -> None:
        reasons: list[str] = []
        effective = False
        addressed = self._addressed(event)
        for run, instances in addressed:
            allowed = {name for norm in run.versions for name in norm.waived_by}
            if event.fields.get("by") not in allowed:
                reasons.append(f"{run.bound.id} is waived by {_names(sorted(map(str, allowed)))} only")
                continue
            for instance in instances:
                if event.fields.get("by") not in instance.terms.waived_by:
                    reasons.append(f"{run.bound.id} is not waived by {event.fields.get('by')} in that version")
                elif run.waive(event, instance, now):
                    effective = True
                else:
                    reasons.append(f"{run.bound.id} is {run.status(instance, now)} there")
        self._report(event, effective, addressed, reasons, "by")

    def _report(
        self,
        event: Event,
        effective: bool,
        addressed: Sequence[tuple[NormRun, Sequence[Instance]]],
        reasons: Sequence[str],
        name: str,
    ) -> None:
        if effective:
            return
        why = "; ".join(dict.fromkeys(reasons)) or "no instance is open that it could concern"
        message = f'{event.type} "{event.id}" is kept, without effect: {why}'
        problem = Problem("without-effect", "report", f"{event.place}:{name}", message)
        self.problems.append((str(event.fields["norm"]), problem))


_KINDS = {"period": 0, "version": 1, "watch": 2, "edge": 3, "alarm": 4, "bound": 5, "deadline": 6}


def _names(names: Sequence[str]) -> str:
    return " or ".join(names) or "nobody"


def _upto(items: Sequence[Fact] | Sequence[Event], start: int, now: Instant) -> int:
    while start < len(items) and items[start].hi == now:
        start += 1
    return start

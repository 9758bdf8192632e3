"""What verdicts could be: exact by trying every settlement where open facts are few, else a sound wider set."""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from engine.evaluation.case import Case, under_rulings
from engine.evaluation.facts import ComponentKey, Fact, OpenFact
from engine.evaluation.run import Run
from engine.evaluation.settle import Critical, settled, settled_built_in
from engine.evaluation.snapshots import Snapshot
from engine.evaluation.verdicts import Binding, Status, by_rank, worst
from engine.evaluation.view import View
from engine.evaluation.wider import stands_until, wider
from engine.events import Event
from engine.time import NEVER, Instant

MOST_RUNS = 1024
MOST_WORK = 60_000
MOST_RULINGS = 3
"""Settlements, and settlements times facts, that are tried one by one; beyond that the wider set is given."""


@dataclass
class Possibilities:
    """For every norm and state the statuses and values that some settlement gives."""

    instances: dict[ComponentKey, dict[str | None, set[Status]]] = field(default_factory=lambda: defaultdict(dict))
    bindings: dict[ComponentKey, set[Status]] = field(default_factory=dict)
    norms: dict[str, set[Status]] = field(default_factory=dict)
    values: dict[ComponentKey, set[bool]] = field(default_factory=dict)
    acts: dict[ComponentKey, list[OpenFact]] = field(default_factory=dict)
    stand_until: Instant = NEVER
    """The first instant at which they may be others with no event: right after the horizon where nothing is known of
    that."""

    def of_instances(self, key: ComponentKey) -> Mapping[str | None, tuple[Status, ...]]:
        return {label: by_rank(could) for label, could in self.instances.get(key, {}).items()}

    def of_norm(self, norm: str, binding: Binding) -> tuple[Status, ...]:
        """Of the one row of a norm without instances: what the roll-up could be."""
        return by_rank(self.bindings.get(("norm", norm, binding), ()))

    def of_state(self, key: ComponentKey) -> set[bool]:
        return self.values.get(key, set())

    def open_acts(self, key: ComponentKey) -> Sequence[OpenFact]:
        return self.acts.get(key, ())

    @property
    def rolled(self) -> dict[tuple[str, Binding | None], tuple[Status, ...]]:
        found: dict[tuple[str, Binding | None], tuple[Status, ...]] = {
            (key[1], key[2]): by_rank(could) for key, could in self.bindings.items()
        }
        found.update({(norm, None): by_rank(could) for norm, could in self.norms.items()})
        return found


@dataclass
class _Group:
    """Bindings of one norm or state that hang on the same open events, with everything that can reach them."""

    keys: set[ComponentKey] = field(default_factory=set)
    cone: set[ComponentKey] = field(default_factory=set)
    events: tuple[str, ...] = ()
    built_in: tuple[str, ...] = ()


def possibilities(case: Case, run: Run, family: Sequence[ComponentKey]) -> Possibilities:
    """What the bindings of one norm or state could be; the case is theirs and that of all that they hang on."""
    found = Possibilities()
    if not case.open_facts and not case.open_built_in:
        return found
    view = View(case, run)
    _note_open(view, family, found)
    if any(_hangs_on_the_horizon(case, fact) for fact in itertools.chain.from_iterable(case.open_facts.values())):
        found.stand_until = case.horizon + 1
    for group in _groups(case, view, family):
        if not _try_all(view, group, found):
            for key in sorted(group.keys):
                alone = _Group({key}, set(case.cones[key]), group.events, group.built_in)
                if len(group.keys) == 1 or not _try_all(view, alone, found):
                    wider(view, key, found.instances, found.bindings, found.values)
                    found.stand_until = min(found.stand_until, _wide_until(view, alone, key))
    _roll_up_norms(run, family, found)
    return found


def _wide_until(view: View, group: _Group, key: ComponentKey) -> Instant:
    """Where there are too many open events to try, there are too many later, too; other reasons may pass."""
    return stands_until(view, key) if _are_too_many(group) else view.horizon + 1


def _are_too_many(group: _Group) -> bool:
    return len(group.events) > MOST_RUNS.bit_length() or len(group.built_in) > MOST_RUNS.bit_length()


def _hangs_on_the_horizon(case: Case, fact: OpenFact) -> bool:
    """May a confirmation that counts from when it is given come at every instant up to then?"""
    return "confirmation" in fact.dimensions and case.maker.sites[fact.match].match.counts_from == "confirmation"


def _note_open(view: View, family: Sequence[ComponentKey], found: Possibilities) -> None:
    """For the explanation: what is open about a norm's own acts first, then about what it hangs on."""
    for key in family:
        own = view.open_of.get(key, [])
        others = [fact for member in sorted(view.case.cones[key] - {key}) for fact in view.open_of.get(member, ())]
        if own or others:
            found.acts[key] = [*own, *others]


def _groups(case: Case, view: View, family: Sequence[ComponentKey]) -> list[_Group]:
    open_of = {key: {fact.event for fact in facts} for key, facts in view.open_of.items()}
    built_in_of: dict[str, set[str]] = defaultdict(set)
    for event_ in case.open_built_in:
        built_in_of[str(event_.fields.get("norm"))].add(event_.id)
    groups: dict[tuple[frozenset[str], frozenset[str]], _Group] = {}
    for key in family:
        cone = case.cones[key]
        events = frozenset(event for member in cone for event in open_of.get(member, ()))
        built_in = frozenset(e for member in cone if member[0] == "norm" for e in built_in_of.get(member[1], ()))
        if not events and not built_in:
            continue
        group = groups.setdefault((events, built_in), _Group())
        group.keys.add(key)
        group.cone |= cone
        group.events, group.built_in = tuple(sorted(events)), tuple(sorted(built_in))
    return list(groups.values())


def _try_all(view: View, group: _Group, found: Possibilities) -> bool:
    """Every settlement of the group's open events, one run each; False where they are too many."""
    case = view.case
    if _are_too_many(group):
        return False
    rulings = [case.by_id[id_] for id_ in group.built_in if case.by_id[id_].type == "ruling"]
    if len(rulings) > MOST_RULINGS:
        return False
    trials: list[Run] = []
    for made in (subset for n in range(len(rulings) + 1) for subset in itertools.combinations(rulings, n)):
        more = _trials(view, under_rulings(case, made) if rulings else case, group, MOST_RUNS >> len(rulings))
        if more is None:
            return False
        trials.extend(more)
    _record(case, view.run, group, trials, found)
    found.stand_until = min(found.stand_until, *(trial.wakes_at for trial in trials))
    return True


def _trials(view: View, case: Case, group: _Group, most: int) -> list[Run] | None:
    numbers = frozenset(number for key in group.cone for number in case.book.owned[key])
    open_events = set(group.events)
    fixed = [fact for fact in case.facts if fact.match in numbers and fact.event not in open_events]
    if len(fixed) > MOST_WORK:
        return None
    choices = _choices(case, view.run, group, numbers, fixed)
    if choices is None:
        return None
    of_events, of_built_in = choices
    count = math.prod(map(len, of_events)) * math.prod(map(len, of_built_in))
    if count > most or count * (len(fixed) + 10) > MOST_WORK:
        return None
    certain = [event for event in case.built_in if event.id not in group.built_in or event.type == "ruling"]
    shared = _shared_beginning(case, group, fixed)
    begun = Run(case.book.part(group.cone), case.rulings)
    begun.go(shared, [fact for fact in fixed if fact.hi <= shared], [event for event in certain if event.hi <= shared])
    fixed, certain = [f for f in fixed if f.hi > shared], [event for event in certain if event.hi > shared]
    snapshot = Snapshot(begun)
    trials = []
    for facts, decided in itertools.product(itertools.product(*of_events), itertools.product(*of_built_in)):
        settled_facts = [*fixed, *(fact for option in facts for fact in option)]
        built_in = [*certain, *(event for event in decided if event is not None)]
        trials.append(snapshot.run().go(case.horizon, settled_facts, built_in))
    return trials


def _shared_beginning(case: Case, group: _Group, fixed: Sequence[Fact]) -> Instant:
    """The last instant up to which all settlements are alike: before anything open, and within no span."""
    last = min(case.by_id[id_].lo for id_ in (*group.events, *group.built_in)) - 1
    while any(fact.lo <= last < fact.hi for fact in fixed):
        last = min(fact.lo for fact in fixed if fact.lo <= last < fact.hi) - 1
    return min(last, case.horizon)


def _choices(
    case: Case, run: Run, group: _Group, numbers: frozenset[int], fixed: Sequence[Fact]
) -> tuple[list[list[tuple[Fact, ...]]], list[list[Event | None]]] | None:
    by_id = case.by_id
    near = {fact.event for fact in fixed}
    named = {key[1] for key in group.cone}
    near.update(group.events, group.built_in)
    near.update(event.id for event in case.built_in if event.fields.get("norm") in named)
    if len(near) > 3000:
        return None
    components = [run.norms[key].versions for key in group.cone if key in run.norms]
    states = [run.states[key].bound.state for key in group.cone if key in run.states]
    critical = Critical(case, [by_id[id_] for id_ in near], [*components, *states])
    of_events: list[list[tuple[Fact, ...]]] = []
    for id_ in group.events:
        options = settled(case, by_id[id_], case.open_facts.get(id_, ()), numbers, critical)
        if options is None:
            return None
        of_events.append(options)
    of_built_in: list[list[Event | None]] = []
    for id_ in (id_ for id_ in group.built_in if by_id[id_].type != "ruling"):
        decided = settled_built_in(case, by_id[id_], critical)
        if decided is None:
            return None
        of_built_in.append(decided)
    return of_events, of_built_in


def _record(case: Case, base: Run, group: _Group, trials: Sequence[Run], found: Possibilities) -> None:
    horizon = case.horizon
    for key in group.keys:
        if key[0] == "state":
            found.values[key] = {trial.states[key].value for trial in trials}
    for key in sorted(key for key in group.keys if key[0] == "norm"):
        tables = []
        for trial in trials:
            norm = trial.norms[key]
            tables.append({instance.label: norm.status(instance, horizon) for instance in norm.instances})
        found.bindings[key] = {worst(table.values()) if table else "dormant" for table in tables}
        labels = {instance.label for instance in base.norms[key].instances}
        wanted = labels | {label for table in tables for label in table if _is_row(label, labels)}
        for label in wanted:
            found.instances[key][label] = {table.get(label, "dormant") for table in tables}
    for kind, id_ in {key[:2] for key in group.keys if key[0] == "norm"}:
        family = case.book.families[kind, id_]
        if group.keys.issuperset(family):
            found.norms[id_] = {
                worst([s for key in family for s in _statuses(trial, key, horizon)]) for trial in trials
            }


def _statuses(trial: Run, key: ComponentKey, horizon: int) -> list[Status]:
    norm = trial.norms[key]
    return [norm.status(instance, horizon) for instance in norm.instances] or ["dormant"]


def _is_row(label: str | None, base: Iterable[str | None]) -> bool:
    """An instance that only a settlement has is a row where an event names it. One that an uncertain instant opened has
    no name of its own (there is an instant for every settlement): it shows in the roll-up."""
    return label is not None and not (label[:4].isdigit() and label[4:5] == "-")


def _roll_up_norms(run: Run, family: Sequence[ComponentKey], found: Possibilities) -> None:
    """Bindings that hang on different open events roll up independently: that can only widen."""
    norm = family[0][1]
    if norm in found.norms or not any(key in found.bindings for key in family):
        return
    sets: list[set[Status]] = []
    for key in family:
        norm_run = run.norms[key]
        now: list[Status] = [norm_run.status(i, run.horizon) for i in norm_run.instances] or ["dormant"]
        sets.append(found.bindings.get(key, set()) | {worst(now)})
    found.norms[norm] = _worst_of_each(sets)


def _worst_of_each(sets: Sequence[set[Status]]) -> set[Status]:
    possible = sets[0]
    for other in sets[1:]:
        possible = {worst((a, b)) for a in possible for b in other}
    return possible

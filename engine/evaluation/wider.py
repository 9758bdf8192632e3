"""Where open facts are too many to try one by one: for each norm and state a set that no settlement leaves."""

from __future__ import annotations

from collections.abc import Iterable

from engine.evaluation.facts import ComponentKey
from engine.evaluation.instances import Instance, NormRun
from engine.evaluation.kinds import kind_of
from engine.evaluation.run import StateRun
from engine.evaluation.verdicts import Status, worst
from engine.evaluation.view import OpenActs, View
from engine.language import plan
from engine.time import NEVER, Instant


def wider(
    view: View,
    key: ComponentKey,
    instances: dict[ComponentKey, dict[str | None, set[Status]]],
    bindings: dict[ComponentKey, set[Status]],
    values: dict[ComponentKey, set[bool]],
) -> None:
    """Note for one component what it could be. Until the first open fact can reach it, it is what it is; from then on
    each open fact is applied both ways."""
    if key[0] == "state":
        values[key] = _values(view, view.run.states[key])
        return
    norm_run = view.run.norms[key]
    table = _statuses(view, norm_run)
    for label, could in table.items():
        if label is not _REST:
            instances[key][label] = could
    possible: set[Status] = {"dormant"}
    for could in {frozenset(could): could for could in table.values()}.values():
        possible = {worst((a, b)) for a in possible for b in could}
    bindings[key] = possible


def stands_until(view: View, key: ComponentKey) -> Instant:
    """The first instant at which time alone may make the set another. What opens, closes or falls due in the run itself
    is told by the run."""
    norm_run = view.run.norms.get(key)
    turns = () if norm_run is None else kind_of(norm_run.versions[0]).could_be.turns(view, norm_run)
    return min((at for at in turns if at > view.horizon), default=NEVER)


_REST = "\x00rest"
"""Instances that some settlement has and nothing names."""


def _values(view: View, state: StateRun) -> set[bool]:
    key = state.bound.key
    if view.reached(key) > view.run.horizon:
        return {state.value}
    if state.value and _only_begins_sooner(view, state):
        return {True}
    return {True, False}


def _only_begins_sooner(view: View, state: StateRun) -> bool:
    """A state that holds, whose one simple `begins` is all that is open, and nothing of it in time: it holds anyway."""
    bound = state.bound.state
    if not isinstance(bound.begins, plan.OnMatch) or bound.begins.match.count > 1 or view.needs[state.bound.key]:
        return False
    number = view.run.number_of(bound.begins.match)
    facts = view.open_of.get(state.bound.key, ())
    return all(fact.match == number and not fact.dimensions & {"time", "confirmation"} for fact in facts)


def _statuses(view: View, norm_run: NormRun) -> dict[str | None, set[Status]]:
    base = {i.label: {norm_run.status(i, view.horizon)} for i in norm_run.instances}
    if view.reached(norm_run.key) > view.horizon:
        return base
    could_be = kind_of(norm_run.versions[0]).could_be
    if view.context(norm_run.key, could_be.ACTS) > view.horizon:
        facts = [fact for fact in view.open_of.get(norm_run.key, ()) if view.use(fact) in could_be.ACTS]
        acts = OpenActs(view, facts)
        return {i.label: base[i.label] | could_be.with_acts(view, norm_run, i, acts) for i in norm_run.instances}
    everything: set[Status] = {"dormant", *view.by_others(norm_run.bound.id), *could_be.everything(view, norm_run)}
    if any(norm.grace is not None for norm in norm_run.versions):
        everything.add("in_grace")
    later = view.by_others(norm_run.bound.id)
    table = {
        i.label: base[i.label] | (_after_all(i, later) if _is_over(view, norm_run, i) else everything)
        for i in norm_run.instances
    }
    for label in _labels(view, norm_run):
        table.setdefault(label, everything)
    table[_REST] = everything
    return table


def _after_all(instance: Instance, later: set[Status]) -> set[Status]:
    """What waivers and cures can still make of one that has ended in breach."""
    return later if any(occurrence.status == "open" for occurrence in instance.occurrences) else set()


def _is_over(view: View, norm_run: NormRun, instance: Instance) -> bool:
    """Was it final before anything open can reach it?"""
    final = kind_of(instance.terms).told.final_from(instance, view.horizon)
    return final < min(view.reached(norm_run.key), view.horizon)


def _labels(view: View, norm_run: NormRun) -> list[str]:
    """Instances that only a settlement has, where their events are plain to see."""
    labels: set[str] = set()
    for norm in norm_run.versions:
        if not kind_of(norm).could_be.is_named_by_events(norm):
            continue
        for part in _parts(norm.when):
            if isinstance(part, plan.OnMatch) and part.match.count == 1:
                number = view.run.number_of(part.match)
                labels.update(f.event for f in view.open_of.get(norm_run.key, ()) if f.match == number)
            elif isinstance(part, plan.OnNorm) and part.signal == "breach":
                for key in view.case.book.met("norm", part.norm, part.for_, norm_run.key[2]):
                    labels.update(f.event for f in view.open_of.get(key, ()) if view.use(f) == "ban")
    return sorted(labels)


def _parts(trigger: plan.Trigger | None) -> Iterable[plan.Trigger]:
    if isinstance(trigger, plan.AnyOf):
        for part in trigger.parts:
            yield from _parts(part)
    elif trigger is not None:
        yield trigger

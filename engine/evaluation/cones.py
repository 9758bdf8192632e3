"""What a verdict hangs on: for every norm and state, the components whose facts can reach it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from engine.evaluation.facts import ComponentKey
from engine.evaluation.run import Run
from engine.evaluation.verdicts import Binding
from engine.language import plan
from engine.language.plan import ForRef

Met = Callable[[str, str, ForRef, Binding], list[ComponentKey]]


def direct_needs(run: Run) -> dict[ComponentKey, frozenset[ComponentKey]]:
    """Component -> the components it reads: states asked about, norms whose signals it hears, permissions that override
    it, norms that cure it."""
    needs: dict[ComponentKey, set[ComponentKey]] = {}
    for key, state in run.states.items():
        bound = state.bound.state
        needs[key] = set()
        for trigger in (bound.begins, bound.ends):
            needs[key].update(_of_trigger(trigger, state.bound.binding, run.met))
        needs[key].update(_of_cond(bound.holds_while, state.bound.binding, run.met))
    for key, norm_run in run.norms.items():
        needs[key] = set()
        for norm in norm_run.versions:
            needs[key].update(_of_trigger(norm.when, key[2], run.met))
            for cond in (norm.while_, norm.paused_while, norm.unless):
                needs[key].update(_of_cond(cond, key[2], run.met))
        needs[key].update(asked.key for asked in norm_run.asks())
    for key, norm_run in run.norms.items():
        for norm in norm_run.versions:
            if norm.cures is not None:
                for cured in run.met("norm", norm.cures, (), key[2]):
                    needs[cured].add(key)
    return {key: frozenset(found) for key, found in needs.items()}


def cones(needs: Mapping[ComponentKey, frozenset[ComponentKey]]) -> dict[ComponentKey, frozenset[ComponentKey]]:
    """Everything reachable, the component itself included."""
    found: dict[ComponentKey, frozenset[ComponentKey]] = {}
    for key in needs:
        seen = {key}
        stack = [key]
        while stack:
            for needed in needs[stack.pop()]:
                if needed not in seen:
                    seen.add(needed)
                    stack.append(needed)
        found[key] = frozenset(seen)
    return found


def _of_trigger(trigger: plan.Trigger | None, binding: Binding, met: Met) -> Iterable[ComponentKey]:
    if isinstance(trigger, plan.OnState):
        yield from met("state", trigger.state, trigger.for_, binding)
    elif isinstance(trigger, plan.OnNorm):
        yield from met("norm", trigger.norm, trigger.for_, binding)
    elif isinstance(trigger, (plan.AllOf, plan.AnyOf, plan.InOrder)):
        for part in trigger.parts:
            yield from _of_trigger(part, binding, met)
    elif isinstance(trigger, plan.AfterTrigger):
        yield from _of_trigger(trigger.of, binding, met)


def _of_cond(cond: plan.Cond | None, binding: Binding, met: Met) -> Iterable[ComponentKey]:
    if isinstance(cond, plan.InState):
        yield from met("state", cond.state, cond.for_, binding)
    elif isinstance(cond, plan.NotCond):
        yield from _of_cond(cond.cond, binding, met)
    elif isinstance(cond, (plan.AllCond, plan.AnyCond)):
        for part in cond.parts:
            yield from _of_cond(part, binding, met)

"""What a verdict hangs on: for every norm and state, the components whose facts can reach it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from engine.evaluation.book import Book
from engine.evaluation.facts import ComponentKey
from engine.evaluation.kinds import kind_of
from engine.evaluation.verdicts import Binding
from engine.language import plan
from engine.language.plan import ForRef

Needs = Mapping[ComponentKey, frozenset[ComponentKey]]
"""Component -> others that it reads."""
Met = Callable[[str, str, ForRef, Binding], list[ComponentKey]]


def direct_needs(book: Book) -> Needs:
    """Component -> the components it reads: states asked about, norms whose signals it hears, permissions that override
    it, norms that cure it."""
    needs: dict[ComponentKey, set[ComponentKey]] = {key: set() for key in book.keys}
    for bound_state in book.states:
        state, found = bound_state.state, needs[bound_state.key]
        for trigger in (state.begins, state.ends):
            found.update(_of_trigger(trigger, bound_state.binding, book.met))
        found.update(_of_cond(state.holds_while, bound_state.binding, book.met))
    for bound in book.norms:
        found = needs[bound.key]
        for norm in bound.versions:
            found.update(_of_trigger(norm.when, bound.binding, book.met))
            for cond in (norm.while_, norm.paused_while, norm.unless):
                found.update(_of_cond(cond, bound.binding, book.met))
            if norm.cures is not None:
                for cured in book.met("norm", norm.cures, (), bound.binding):
                    needs[cured].add(bound.key)
        found.update(asked.key for asked in kind_of(bound.versions[0]).run.asks(bound, book.norms))
    return {key: frozenset(found) for key, found in needs.items()}


def cones(needs: Needs) -> Needs:
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

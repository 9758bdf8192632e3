"""Family: measures that can be measured, and bounds that bound."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from engine.language import models
from engine.language.check.parts import Entry, aggregate, bounds, entries, measured_field, measures, word_for
from engine.language.draft import Draft
from engine.language.plan import Var
from engine.problems import Problem
from engine.quantities import EXACT
from engine.vocabulary import Vocabulary


def check(draft: Draft) -> Iterator[Problem]:
    for entry, _ in entries(draft):
        for measure in measures(entry):
            if not draft.damaged_at(measure.node):
                yield from _aggregate(measure)
            yield from _number(measure, draft.vocabulary)
        for _, bound in bounds(entry):
            yield from _units_of_ratio(bound, draft.vocabulary)
            yield from _floor_and_cap(bound)
        yield from _limits(entry, draft)
        yield from _looking_back(entry, draft)
        yield from _quorums(entry)


def _aggregate(measure: models.MeasureSpec) -> Iterator[Problem]:
    found = [word for word in models.AGGREGATES if word in measure.node]
    if not found:
        keys = ", ".join(f'"{key}"' for key in measure.node) or "nothing"
        message = f"{measure.called} has none of latest, sum, max, min, count, only {keys}"
        yield measure.node.place.problem("aggregate", message, "say what is measured: {sum: event.field, …}")
    for extra in found[1:]:
        message = f'"{extra}" stands beside "{found[0]}", but {measure.called} takes exactly one'
        yield measure.node.key(extra).problem("aggregate", message, "keep one of them")


def _number(measure: models.MeasureSpec, vocabulary: Vocabulary) -> Iterator[Problem]:
    field, found = measured_field(measure, vocabulary), aggregate(measure)
    if field is not None and found is not None and field.kind != "number":
        word, path = found
        message = f'"{path}" cannot be measured: "{field.name}" is of type {field.kind}, not number'
        yield measure.node.at(word).problem("not-a-number", message, "count the events, or name a field of numbers")


def _units_of_ratio(bound: models.BoundSpec, vocabulary: Vocabulary) -> Iterator[Problem]:
    if bound.per is None:
        return
    over, under = measured_field(bound, vocabulary), measured_field(bound.per, vocabulary)
    above, below = aggregate(bound), aggregate(bound.per)
    if over is None or under is None or above is None or below is None or over.unit == under.unit:
        return
    message = f'"{above[1]}" is in {_unit(over.unit)} but divided by "{below[1]}" in {_unit(under.unit)}'
    yield bound.per.node.at(below[0]).problem("unlike-units", message, "a ratio needs one unit: divide like by like")


def _unit(unit: str | None) -> str:
    return f'"{unit}"' if unit else "no unit"


def _floor_and_cap(bound: models.BoundSpec) -> Iterator[Problem]:
    floor, cap = bound.at_least, bound.at_most
    if isinstance(floor, models.Written) and isinstance(cap, models.Written) and _size(floor) > _size(cap):
        message = f'the floor "{floor.text}" lies above the cap "{cap.text}"'
        place = max(bound.node.at("at_least"), bound.node.at("at_most"))
        yield place.problem("floor-above-cap", message, "at_least is at most at_most")


def _size(written: models.Written) -> Decimal:
    value = written.quantity.value
    return EXACT.scaleb(value, -2) if written.quantity.unit == "%" else value


def _limits(entry: Entry, draft: Draft) -> Iterator[Problem]:
    """A bound without a limit bounds nothing, unless milestones give it theirs."""
    stepped = isinstance(entry, models.NormSpec) and "milestones" in entry.node
    for role, bound in bounds(entry):
        if bound.at_least is not None or bound.at_most is not None or draft.damaged_at(bound.node):
            continue
        if not (role == "must" and stepped):
            found = aggregate(bound)
            about = f'"{found[1]}"' if found else "it"
            message = f"the bound on {about} in {word_for(entry)} has no limit"
            yield bound.node.place.problem("no-limit", message, "add at_least or at_most")


def _looking_back(entry: Entry, draft: Draft) -> Iterator[Problem]:
    """A condition has no opening to count from: only a rolling window or a fresh reading can hold or not."""
    for _, part in entry.parts:
        if not isinstance(part, models.HoldsCond) or draft.damaged_at(part.holds.node):
            continue
        bound = part.holds
        rolling = bound.over is not None and not isinstance(bound.over, models.Each)
        if not rolling and not (bound.latest is not None and bound.stale_after is not None):
            message = '"holds" needs a rolling window, or "latest" with "stale_after"'
            hint = "add over: 30 days" if bound.latest is None else "add stale_after: 30 days"
            yield part.node.key("holds").problem("holds-without-window", message, hint)


def _quorums(entry: Entry) -> Iterator[Problem]:
    for _, part in entry.parts:
        if isinstance(part, models.AllOfThem) and not part.all:
            yield part.node.at("all").problem("wrong-shape", '"all" is empty', "name who confirms")
        if not isinstance(part, models.SomeOfThem) or any(isinstance(name, Var) for name in part.of):
            continue
        members = len(set(part.of))
        if part.at_least > members:
            message = f'"at_least" asks for "{part.at_least}" confirmations, but "of" lists {members}'
            yield part.node.at("at_least").problem("quorum-too-large", message, f"at_least is at most {members}")

"""Family: what can never happen: norms never triggered, states never begun, deadlines that nothing starts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from engine.language import models
from engine.language.check.parts import Entry, entries, word_for
from engine.language.draft import Draft
from engine.language.models import NormSpec, StateSpec
from engine.problems import Problem

Signal = tuple[str, str]
"""What can happen and to which: begins, ends and holds of a state; opens, breach and met of a norm."""


def check(draft: Draft) -> Iterator[Problem]:
    for norm, _ in draft.norms():
        if not draft.damaged_at(norm.node):
            yield from _never_started(norm)
    yield from _circles(draft)
    if draft.whole:
        in_circles = _in_circles(draft)
        for book in books(draft):
            yield from _never(book, in_circles, draft)
        yield from _unused_states(draft)


# --- deadlines that nothing starts -----------------------------------------------------------------------------------


def _never_started(norm: NormSpec) -> Iterator[Problem]:
    if norm.must is None or norm.when is not None or norm.while_ is not None or norm.valid is not None:
        return
    hint = "add when, while, or valid: {from: …}"
    if norm.every is not None:
        message = f'"every" ("{models.shown(norm.node["every"])}") of {word_for(norm)} has nothing to start it'
        yield norm.node.key("every").problem("every-without-start", message, hint)
    if norm.within is not None:
        length = models.shown(norm.node["within"])
        message = f'the deadline "within" ("{length}") of {word_for(norm)} is started by nothing'
        yield norm.node.key("within").problem("deadline-without-start", message, hint)
    for milestone in norm.milestones or ():
        if milestone.within is not None:
            message = f'the deadline "within" of a milestone of {word_for(norm)} is started by nothing'
            yield milestone.node.key("within").problem("deadline-without-start", message, hint)


# --- the book under one set of readings ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Book:
    norms: tuple[NormSpec, ...]
    states: tuple[StateSpec, ...]


def books(draft: Draft) -> list[Book]:
    """The book as chosen, and with each other option of each reading in its turn."""
    chosen = {reading.id: reading.chosen for reading, _ in draft.readings()}
    settings = [chosen]
    for reading, _ in draft.readings():
        settings.extend({**chosen, reading.id: option.id} for option in reading.options if option.id != reading.chosen)
    written = Book(
        tuple(norm for norm, origin in draft.norms() if origin.reading is None),
        tuple(state for state, origin in draft.states() if origin.reading is None),
    )
    return [_book(written, draft, setting) for setting in settings]


def _book(written: Book, draft: Draft, setting: Mapping[str, str]) -> Book:
    """What is written, but for what the options of `setting` put in its place."""
    options = [
        option for reading, _ in draft.readings() for option in reading.options if setting[reading.id] == option.id
    ]
    new_norms = [norm for option in options for norm in option.norms]
    new_states = [state for option in options for state in option.states]
    replaced = {norm.id for norm in new_norms} | {state.id for state in new_states}
    norms = [norm for norm in written.norms if norm.id not in replaced]
    states = [state for state in written.states if state.id not in replaced]
    return Book((*norms, *new_norms), (*states, *new_states))


# --- the fixpoint ----------------------------------------------------------------------------------------------------


@dataclass
class _Possible:
    """What can happen, grown until nothing is added. Names that the book does not define count as possible: that they
    are unknown is said elsewhere."""

    known: frozenset[str]
    found: set[Signal]

    def can(self, kind: str, name: str) -> bool:
        return (kind, name) in self.found or name not in self.known


def _possible(book: Book) -> _Possible:
    known = frozenset({norm.id for norm in book.norms} | {state.id for state in book.states})
    possible = _Possible(known, set())
    waiting = list(book.norms)
    size = -1
    while size != len(possible.found):
        size = len(possible.found)
        for state in book.states:
            possible.found.update(_state_signals(state, possible))
        waiting = [norm for norm in waiting if not _now_opens(norm, possible)]
    return possible


def _now_opens(norm: NormSpec, possible: _Possible) -> bool:
    """Once it does, nothing that it can do is left to be found."""
    signals = tuple(_norm_signals(norm, possible))
    possible.found.update(signals)
    return bool(signals)


def _state_signals(state: StateSpec, possible: _Possible) -> Iterator[Signal]:
    can_hold = state.initially
    if state.holds_while is not None:
        if _may_hold(state.holds_while, possible):
            yield from (("begins", state.id), ("ends", state.id), ("holds", state.id))
        return
    if state.begins is not None and _may_fire(state.begins, possible):
        can_hold = True
        yield ("begins", state.id)
    if can_hold:
        yield ("holds", state.id)
    if can_hold and state.ends is not None and _may_fire(state.ends, possible):
        yield ("ends", state.id)


def _norm_signals(norm: NormSpec, possible: _Possible) -> Iterator[Signal]:
    if norm.when is not None and not _may_fire(norm.when, possible):
        return
    if norm.while_ is not None and not _may_hold(norm.while_, possible):
        return
    yield ("opens", norm.id)
    if norm.must is not None:
        yield ("met", norm.id)
    if norm.may is None and norm.no_deadline is None:
        yield ("breach", norm.id)


def _may_fire(trigger: models.TriggerSpec, possible: _Possible) -> bool:
    match trigger:
        case models.EntersSpec():
            return possible.can("begins", trigger.enters)
        case models.LeavesSpec():
            return possible.can("ends", trigger.leaves)
        case models.BreachSpec():
            return possible.can("breach", trigger.breach)
        case models.MetSpec():
            return possible.can("met", trigger.met)
        case models.AllTriggers():
            return all(_may_fire(part, possible) for part in trigger.all)
        case models.AnyTrigger():
            return any(_may_fire(part, possible) for part in trigger.any)
        case models.TriggersInOrder():
            return all(_may_fire(part, possible) for part in trigger.in_order)
        case models.AfterSpec():
            return _may_fire(trigger.of, possible)
    return True


def _may_hold(cond: models.CondSpec, possible: _Possible) -> bool:
    match cond:
        case models.StateCond():
            return possible.can("holds", cond.state)
        case models.AllConds():
            return all(_may_hold(part, possible) for part in cond.all)
        case models.AnyConds():
            return any(_may_hold(part, possible) for part in cond.any)
    return True


# --- saying so -------------------------------------------------------------------------------------------------------


def _never(book: Book, in_circles: set[str], draft: Draft) -> Iterator[Problem]:
    """Only the root of what is stuck is reported: what waits for it alone is stuck no more once it is mended."""
    possible = _possible(book)
    stuck: list[Entry] = [norm for norm in book.norms if not any(_norm_signals(norm, possible))]
    stuck += [state for state in book.states if _is_stuck(state, possible)]
    names = {entry.id for entry in stuck}
    waits = {entry.id: _waited_for(entry) & names for entry in stuck}
    for entry in stuck:
        if draft.damaged_at(entry.node) or entry.id in in_circles:
            continue
        if all(entry.id in _closure(other, waits) for other in _closure(entry.id, waits)):
            yield _stuck_problem(entry, waits[entry.id], possible)


def _is_stuck(state: StateSpec, possible: _Possible) -> bool:
    waits = state.begins is not None or state.holds_while is not None
    return waits and ("holds", state.id) not in possible.found


def _waited_for(entry: Entry) -> set[str]:
    names: set[str] = set()
    for role, part in entry.parts:
        if role not in ("when", "while", "begins", "holds_while"):
            continue
        for key in ("enters", "leaves", "state", "breach", "met"):
            name = getattr(part, key, None)
            if isinstance(name, str):
                names.add(name)
    return names


def _closure(start: str, edges: Mapping[str, Iterable[str]]) -> set[str]:
    """Everything reachable from `start` by one step or more."""
    seen: set[str] = set()
    rest = list(edges.get(start, ()))
    while rest:
        name = rest.pop()
        if name not in seen:
            seen.add(name)
            rest.extend(edges.get(name, ()))
    return seen


def _stuck_problem(entry: Entry, waits: set[str], possible: _Possible) -> Problem:
    if isinstance(entry, NormSpec):
        held = entry.when is None or _may_fire(entry.when, possible)
        place = entry.node.at("while" if held else "when")
        what, code = "can never be triggered", "never-triggered"
    else:
        place = entry.node.at("holds_while" if entry.holds_while is not None else "begins")
        what, code = "can never begin", "state-never-begins"
    return place.problem(code, f"{word_for(entry)} {what}: {_reason(entry, waits)}", "let it start from an event")


def _reason(entry: Entry, waits: set[str]) -> str:
    others = sorted(waits - {entry.id})
    names = ", ".join(f'"{name}"' for name in others)
    if entry.id in waits:
        return "it waits for itself" + (f", through {names}" if others else "")
    if others:
        return f"it waits for {names}, which waits for it"
    signals = sorted(_waited_for(entry))
    return "nothing sends what it waits for: " + ", ".join(f'"{name}"' for name in signals)


# --- circles of conditions -------------------------------------------------------------------------------------------


def _condition_edges(draft: Draft) -> dict[str, set[str]]:
    edges: dict[str, set[str]] = {}
    for state, _ in draft.states():
        for role, part in state.parts:
            if role == "holds_while" and isinstance(part, models.StateCond):
                edges.setdefault(state.id, set()).add(part.state)
    return edges


def _in_circles(draft: Draft) -> set[str]:
    edges = _condition_edges(draft)
    return {name for name in edges if name in _closure(name, edges)}


def _circles(draft: Draft) -> Iterator[Problem]:
    """States that hold while each other holds, or does not: no event decides which."""
    edges = _condition_edges(draft)
    for state, _ in draft.states():
        for role, part in state.parts:
            if role != "holds_while" or not isinstance(part, models.StateCond):
                continue
            if part.state == state.id or state.id in _closure(part.state, edges):
                message = (
                    f'"{state.id}" holds by "{part.state}", which holds by "{state.id}": a circle without an event'
                )
                hint = "let one of them begin and end by events"
                yield part.node.at("state").problem("state-circle", message, hint)


# --- unused ----------------------------------------------------------------------------------------------------------


def _unused_states(draft: Draft) -> Iterator[Problem]:
    """A state is used where a norm or another state reads it, or a test asks for it: a state can be an outcome."""
    used = {expected.state for test, _ in draft.tests() for expected in test.expect}
    for entry, _ in entries(draft):
        for _, part in entry.parts:
            for key in ("enters", "leaves", "state"):
                name = getattr(part, key, None)
                used.add(name)
    reported: set[str] = set()
    for state, _ in draft.states():
        if state.id not in used and state.id not in reported:
            reported.add(state.id)
            message = f'nothing reads the state "{state.id}"'
            yield state.node.at("id").problem(
                "unused-state", message, "use it, test it, or leave it out", severity="warning"
            )

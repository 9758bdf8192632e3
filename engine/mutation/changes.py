"""The small changes: what is tried on a norm or a state, a function for each kind."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from typing import Any

from engine.language import plan
from engine.language.plan import Bound, Match, Measure, Milestone, Must, Norm, Quorum, Rulebook, State, Var
from engine.mutation.trees import Path, nodes, rewrites
from engine.quantities import plain
from engine.report.mutation import Kind
from engine.time import DAY, Duration, Instant, format_instant
from engine.vocabulary import BUILT_IN, Vocabulary

NOTHING = "nothing"
_DIGITS = Context(prec=28)
_ENOUGH = Context(prec=12)
"""A limit divided by 1.2 is periodic: twelve digits of it are a change as good as any."""


@dataclass(frozen=True, slots=True)
class Change:
    """`where` is the way to what is changed, in words of the rule language: `when/all/0`."""

    kind: Kind
    where: str
    before: str
    after: str

    def __str__(self) -> str:
        return f"{self.where + ': ' if self.where else ''}{self.before} -> {self.after}"


@dataclass(frozen=True, slots=True)
class Mutant:
    """`old` is the very object in the book; `new` stands in its place. `id` names the change and is the same on every
    run, wherever in the file the rule stands."""

    id: str
    change: Change
    name: str
    old: Norm | State
    new: Norm | State


Changed = tuple[Change, Any]


def mutants(book: Rulebook) -> list[Mutant]:
    """Every change to a norm or state that is in force under the readings chosen or under those of a test."""
    look = _Look(book)
    found: list[Mutant] = []
    taken: dict[str, int] = {}
    for name, entry in _in_force(book):
        for change, new in look.changes(entry):
            wanted = f"{entry.provision} {name}: {change.kind}: {change}"
            taken[wanted] = number = taken.get(wanted, 0) + 1
            found.append(Mutant(wanted if number == 1 else f"{wanted} ~{number}", change, name, entry, new))
    return found


def _in_force(book: Rulebook) -> Iterator[tuple[str, Norm | State]]:
    settings = {(), *(tuple(sorted(test.readings)) for test in book.tests)}
    used = {id(entry) for setting in settings for part in book.with_readings(dict(setting))[:2] for entry in part}
    yield from ((name, entry) for name, entry in _every_entry(book) if id(entry) in used)


def _every_entry(book: Rulebook) -> Iterator[tuple[str, Norm | State]]:
    yield from _all_named(book.norms, book.states)
    for reading in book.readings:
        for option in reading.options:
            yield from _all_named(option.norms, option.states, f"@{reading.id}={option.id}")


def _all_named(norms: Iterable[Norm], states: Iterable[State], origin: str = "") -> Iterator[tuple[str, Norm | State]]:
    yield from ((_named(norm) + origin, norm) for norm in norms)
    yield from ((state.id + origin, state) for state in states)


def _named(norm: Norm) -> str:
    return f"{norm.id}#{norm.version}" if norm.version else norm.id


class _Look:
    """What the changes need to know of the book as a whole."""

    def __init__(self, book: Rulebook):
        entries = [entry for _, entry in _every_entry(book)]
        self.vocabulary = book.vocabulary
        self.counts = book.vocabulary.grade(book.vocabulary.counts)
        self.signals = {s for entry in entries if isinstance(entry, Norm) for s in _signals(entry)}
        self.moves = {m for entry in entries if isinstance(entry, State) for m in _moves(entry)}

    def changes(self, entry: Norm | State) -> Iterator[Changed]:
        grade = entry.grade if isinstance(entry, Norm) else self.counts

        def at(node: Any, above: Any, path: Path) -> Iterator[Changed]:
            return self._of_node(node, above, "/".join(path), grade)

        yield from _of_tables(entry)
        yield from rewrites(entry, at)

    def _of_node(self, node: Any, above: Any, where: str, grade: int) -> Iterator[Changed]:
        if isinstance(node, Norm):
            yield from _left_out(node)
            yield from self._evidence_of_norm(node)
        elif isinstance(node, Must):
            yield from _deadlines(node)
        elif isinstance(node, Bound):
            yield from _limits(node, where)
            yield from _other_limit(node, where)
        elif isinstance(node, Match):
            yield from self._of_match(node, above, where, grade)
        elif isinstance(node, plan.OnState):
            yield from self._other_move(node, where)
        elif isinstance(node, plan.OnNorm):
            yield from self._other_signal(node, where)
        else:
            yield from _all_or_any(node, where)

    def _of_match(self, match: Match, above: Any, where: str, grade: int) -> Iterator[Changed]:
        yield from _without_keys(match, where)
        yield from _quorum(match, where)
        if match.grade != grade:
            before = f"{match.event} evidence {self.vocabulary.evidence[match.grade]}"
            yield Change("evidence", where, before, NOTHING), replace(match, grade=grade)
        yield from _other_event(match, above, where, self.vocabulary)
        yield from _other_actors(match, where, self.vocabulary)

    def _evidence_of_norm(self, norm: Norm) -> Iterator[Changed]:
        """The plan has put the norm's grade into each of its matches that names none."""
        if norm.grade == self.counts:
            return
        new = norm
        while (step := next(_regraded(new, norm.grade, self.counts), None)) is not None:
            new = step
        yield (
            Change("evidence", "", self.vocabulary.evidence[norm.grade], NOTHING),
            replace(new, grade=self.counts),
        )

    def _other_move(self, on: plan.OnState, where: str) -> Iterator[Changed]:
        other: Any = "leaves" if on.moves == "enters" else "enters"
        if (other, on.state) in self.moves:
            change = Change("enters/leaves", where, f"{on.moves} {on.state}", f"{other} {on.state}")
            yield change, replace(on, moves=other)

    def _other_signal(self, on: plan.OnNorm, where: str) -> Iterator[Changed]:
        other: Any = "met" if on.signal == "breach" else "breach"
        if (other, on.norm) in self.signals:
            change = Change("breach/met", where, f"{on.signal} {on.norm}", f"{other} {on.norm}")
            yield change, replace(on, signal=other)


def _signals(norm: Norm) -> Iterator[tuple[str, str]]:
    """What a norm can ever send: a trigger on anything else is an error of its own, and no change to try."""
    if isinstance(norm.modal, Must):
        yield "met", norm.id
    if not isinstance(norm.modal, plan.May) and not isinstance(getattr(norm.modal, "deadline", None), plan.NoDeadline):
        yield "breach", norm.id


def _moves(state: State) -> Iterator[tuple[str, str]]:
    if state.begins is not None or state.holds_while is not None:
        yield "enters", state.id
    if state.ends is not None or state.holds_while is not None:
        yield "leaves", state.id


def _regraded(norm: Norm, old: int, new: int) -> Iterator[Norm]:
    def at(node: Any, above: Any, path: Path) -> Iterator[tuple[None, Any]]:
        if isinstance(node, Match) and node.grade == old:
            yield None, replace(node, grade=new)

    return (changed for _, changed in rewrites(norm, at))


# --- deadlines -------------------------------------------------------------------------------------------------------


def _deadlines(must: Must) -> Iterator[Changed]:
    if isinstance(must.deadline, plan.Milestones):
        yield from _milestones(must, must.deadline)
        return
    for before, after, deadline in _moved(must.deadline):
        yield Change("deadline", "", before, after), replace(must, deadline=deadline)


def _moved(deadline: plan.Deadline) -> Iterator[tuple[str, str, Any]]:
    if isinstance(deadline, plan.By):
        for at in _days_beside(deadline.at):
            yield f"by {_time(deadline.at)}", f"by {_time(at)}", plan.By(at)
    elif isinstance(deadline, (plan.Within, plan.EveryLength)) and isinstance(deadline.duration, Duration):
        word = "within" if isinstance(deadline, plan.Within) else "every"
        for length in _lengths_beside(deadline.duration, zero=word == "within"):
            yield f"{word} {deadline.duration}", f"{word} {length}", replace(deadline, duration=length)


def _lengths_beside(length: Duration, *, zero: bool) -> Iterator[Duration]:
    """One less and one more of its own unit: a deadline in hours is held to the hour. Only `within` may be 0 days."""
    least = 0 if zero and length.unit == "day" else 1
    yield from (Duration(n, length.unit) for n in (length.count - 1, length.count + 1) if n >= least)


def _days_beside(at: date | Instant) -> tuple[date | Instant, date | Instant]:
    if isinstance(at, date):
        return at - timedelta(days=1), at + timedelta(days=1)
    return at - DAY, at + DAY


def _time(at: date | Instant) -> str:
    return at.isoformat() if isinstance(at, date) else format_instant(at)


def _milestones(must: Must, milestones: plan.Milestones) -> Iterator[Changed]:
    assert must.reach is not None
    for number, milestone in enumerate(milestones.of):
        for change, new in _of_milestone(milestone, must.reach):
            of = (*milestones.of[:number], new, *milestones.of[number + 1 :])
            yield change, replace(must, deadline=plan.Milestones(of))


def _of_milestone(milestone: Milestone, reach: Bound) -> Iterator[tuple[Change, Milestone]]:
    """`written` stays: it is what tests call the instance."""
    where = f"milestone {milestone.written}"
    for before, after, deadline in _moved(milestone.deadline):
        yield Change("deadline", where, before, after), replace(milestone, deadline=deadline)
    if isinstance(milestone.at_least, Decimal):
        for limit in _limits_beside(milestone.at_least, whole=_is_count(reach)):
            change = Change("bound", where, f"at_least {plain(milestone.at_least)}", f"at_least {plain(limit)}")
            yield change, replace(milestone, at_least=limit)


# --- limits ----------------------------------------------------------------------------------------------------------


def _limits(bound: Bound, where: str) -> Iterator[Changed]:
    for name in ("at_least", "at_most"):
        limit = getattr(bound, name)
        if not isinstance(limit, Decimal):
            continue
        for other in _limits_beside(limit, whole=_is_count(bound)):
            new = replace(bound, at_least=other) if name == "at_least" else replace(bound, at_most=other)
            if not _floor_above_cap(new):
                yield Change("bound", where, f"{name} {plain(limit)}", f"{name} {plain(other)}"), new


def _limits_beside(limit: Decimal, *, whole: bool) -> Iterator[Decimal]:
    """A count never lies between whole numbers: `at_most: 3.6` would be `at_most: 3`."""
    more = _DIGITS.multiply(limit, Decimal("1.2"))
    less = _ENOUGH.divide(limit, Decimal("1.2"))
    if whole:
        more, less = more.to_integral_value(ROUND_CEILING), less.to_integral_value(ROUND_FLOOR)
    yield from (other for other in (more, less) if other != limit)


def _is_count(bound: Bound) -> bool:
    return bound.measure.aggregate == "count" and bound.per is None


def _floor_above_cap(bound: Bound) -> bool:
    floor, cap = bound.at_least, bound.at_most
    return isinstance(floor, Decimal) and isinstance(cap, Decimal) and floor > cap


def _other_limit(bound: Bound, where: str) -> Iterator[Changed]:
    """Where both are given, a swap would be no bound at all."""
    if (bound.at_least is None) == (bound.at_most is None):
        return
    limit = bound.at_most if bound.at_least is None else bound.at_least
    old, new = ("at_most", "at_least") if bound.at_least is None else ("at_least", "at_most")
    change = Change("at_least/at_most", where, f"{old} {_shown(limit)}", f"{new} {_shown(limit)}")
    yield change, replace(bound, at_least=bound.at_most, at_most=bound.at_least)


# --- values that stand in a table ------------------------------------------------------------------------------------


def _of_tables(entry: Norm | State) -> Iterator[Changed]:
    """`within: $row.days`: the deadline stands in the row of the table, and is changed there."""
    for kind, var, where in dict.fromkeys(_from_tables(entry)):
        for number, family in enumerate(entry.for_each):
            if family.var == var.name:
                for change, new in _of_family(family, kind, var, where):
                    families = (*entry.for_each[:number], new, *entry.for_each[number + 1 :])
                    yield change, replace(entry, for_each=families)


def _from_tables(entry: Norm | State) -> Iterator[tuple[Kind, Var, str]]:
    for node in nodes(entry):
        if isinstance(node, (plan.Within, plan.EveryLength)) and isinstance(node.duration, Var):
            yield "deadline", node.duration, "within" if isinstance(node, plan.Within) else "every"
        elif isinstance(node, (Bound, Milestone)):
            for name in ("at_least", "at_most"):
                limit = getattr(node, name, None)
                if isinstance(limit, Var):
                    yield "bound", limit, name


def _of_family(family: plan.Family, kind: Kind, var: Var, where: str) -> Iterator[tuple[Change, plan.Family]]:
    for number, (row, cells) in enumerate(family.rows):
        for place, (column, value) in enumerate(cells):
            if column != var.column:
                continue
            for other in _values_beside(value):
                new = (row, (*cells[:place], (column, other), *cells[place + 1 :]))
                change = Change(kind, f"{family.var}={row}", f"{where} {_shown(value)}", f"{where} {_shown(other)}")
                yield change, replace(family, rows=(*family.rows[:number], new, *family.rows[number + 1 :]))


def _values_beside(value: Any) -> Iterator[Any]:
    if isinstance(value, Duration):
        yield from _lengths_beside(value, zero=False)
    elif isinstance(value, Decimal):
        yield from _limits_beside(value, whole=False)


# --- left out --------------------------------------------------------------------------------------------------------


def _left_out(norm: Norm) -> Iterator[Changed]:
    if norm.while_ is not None and not _would_never_start(norm):
        yield Change("while", "", _cond(norm.while_), NOTHING), replace(norm, while_=None)
    if norm.unless is not None:
        yield Change("unless", "", _cond(norm.unless), NOTHING), replace(norm, unless=None)
    if norm.grace is not None:
        yield Change("grace", "", _shown(norm.grace), NOTHING), replace(norm, grace=None)
    if norm.observed_by is not None:
        change = Change("observed_by", "", norm.observed_by.event, NOTHING)
        yield change, replace(norm, observed_by=None, observe_every=None)


def _would_never_start(norm: Norm) -> bool:
    """A length of time needs something to count from."""
    if norm.when is not None or norm.valid is not None:
        return False
    return any(isinstance(node, (plan.Within, plan.EveryLength, plan.EveryCalendar)) for node in nodes(norm))


def _without_keys(match: Match, where: str) -> Iterator[Changed]:
    for name in dict.fromkeys(pred.field for pred in match.preds):
        own = [pred for pred in match.preds if pred.field == name]
        change = Change("where", where, f"{match.event} where {'; '.join(map(_pred, own))}", NOTHING)
        yield change, replace(match, preds=tuple(pred for pred in match.preds if pred.field != name))


def _quorum(match: Match, where: str) -> Iterator[Changed]:
    quorum = match.quorum
    if quorum is None:
        return
    alone = replace(match, quorum=None, counts_from="event")
    yield Change("confirmed_by", where, f"{match.event} confirmed_by {_members(quorum)}", NOTHING), alone
    if quorum.needed == len(quorum.of) > 1:
        one = Quorum(1, quorum.of)
        change = Change("all/any", where, f"confirmed_by {_members(quorum)}", f"confirmed_by {_members(one)}")
        yield change, replace(match, quorum=one)


# --- swapped ---------------------------------------------------------------------------------------------------------

_SWAPS: dict[type, tuple[str, str, Any]] = {
    plan.AllOf: ("all", "any", plan.AnyOf),
    plan.AnyOf: ("any", "all", plan.AllOf),
    plan.AllCond: ("all", "any", plan.AnyCond),
    plan.AnyCond: ("any", "all", plan.AllCond),
}


def _all_or_any(node: Any, where: str) -> Iterator[Changed]:
    if type(node) in _SWAPS and len(node.parts) > 1:
        before, after, other = _SWAPS[type(node)]
        yield Change("all/any", where, before, after), other(node.parts)


def _other_event(match: Match, above: Any, where: str, vocabulary: Vocabulary) -> Iterator[Changed]:
    """The one most like it of those that have every field that is read."""
    read = {pred.field for pred in match.preds}
    if isinstance(above, Measure) and above.field is not None:
        read.add(above.field)
    if match.event in BUILT_IN:
        return
    fields = vocabulary.events[match.event].fields

    def unlike(name: str) -> int:
        return len(vocabulary.events[name].fields.keys() ^ fields.keys())

    fit = [name for name in vocabulary.events if name != match.event and _has(name, match.event, read, vocabulary)]
    if fit:
        other = min(fit, key=unlike)
        yield Change("event", where, match.event, other), replace(match, event=other)


def _has(name: str, like: str, read: Iterable[str], vocabulary: Vocabulary) -> bool:
    own, wanted = vocabulary.events[name].fields, vocabulary.events[like].fields
    return all(
        field in own
        and (own[field].kind, own[field].unit, own[field].values)
        == (wanted[field].kind, wanted[field].unit, wanted[field].values)
        for field in read
    )


def _other_actors(match: Match, where: str, vocabulary: Vocabulary) -> Iterator[Changed]:
    for number, pred in enumerate(match.preds):
        if pred.field != "by" or pred.op not in ("in", "not"):
            continue
        for place, value in enumerate(pred.values):
            other = None if isinstance(value, Var) else _another(str(value), pred.values, vocabulary)
            if other is not None:
                values = (*pred.values[:place], other, *pred.values[place + 1 :])
                preds = (*match.preds[:number], replace(pred, values=values), *match.preds[number + 1 :])
                change = Change("by", where, f"{match.event} by {value}", f"{match.event} by {other}")
                yield change, replace(match, preds=preds)


def _another(name: str, taken: Iterable[plan.Operand], vocabulary: Vocabulary) -> str | None:
    """Of the same group where there is one, else of the same kind."""
    groups = [member for group in vocabulary.groups.values() if name in group for member in group]
    alike, others = vocabulary.parties, vocabulary.bodies
    if name in vocabulary.bodies:
        alike, others = others, alike
    return next((other for other in (*groups, *alike, *others) if other not in taken), None)


# --- in words --------------------------------------------------------------------------------------------------------


def _shown(value: Any) -> str:
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, date) else str(value)


def _pred(pred: plan.Pred) -> str:
    op = "" if pred.op == "in" else f"{pred.op} "
    return f"{pred.field}: {op}{', '.join(map(_shown, pred.values))}"


def _members(quorum: Quorum) -> str:
    """`US and FR`; `2 of US, FR, unifil`."""
    names = [str(name) for name in quorum.of]
    return " and ".join(names) if quorum.needed == len(names) else f"{quorum.needed} of {', '.join(names)}"


def _cond(cond: plan.Cond) -> str:
    match cond:
        case plan.InState():
            bound = ", ".join(f"{name}={_shown(value)}" for name, value in cond.for_)
            return f"{cond.state}({bound})" if bound else cond.state
        case plan.Happened():
            return f"happened {cond.match.event}"
        case plan.Holds():
            measure = cond.bound.measure
            return f"holds {measure.aggregate} {measure.match.event}{f'.{measure.field}' if measure.field else ''}"
        case plan.NotCond():
            return f"not {_cond(cond.cond)}"
        case plan.AllCond():
            return f"({' and '.join(map(_cond, cond.parts))})"
    return f"({' or '.join(map(_cond, cond.parts))})"

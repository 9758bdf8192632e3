"""A checked draft to the plan: names resolved, numbers in the units of their fields, dates in the agreement's zone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any, Literal, cast

from engine.language import models
from engine.language.draft import Draft, Origin
from engine.language.locate import Fields, Items, Number
from engine.language.plan import (
    AfterTrigger,
    AllCond,
    AllOf,
    AnyCond,
    AnyOf,
    AtTime,
    Bound,
    By,
    Cond,
    Deadline,
    EveryCalendar,
    EveryLength,
    Extendable,
    Family,
    ForRef,
    Happened,
    Holds,
    InOrder,
    InState,
    Keep,
    Match,
    May,
    Measure,
    Milestone,
    Milestones,
    Modal,
    Must,
    MustNot,
    NoDeadline,
    Norm,
    NotCond,
    OnMatch,
    OnNorm,
    OnState,
    Operand,
    Pred,
    Provision,
    Quorum,
    Reading,
    ReadingOption,
    Rulebook,
    RuleTest,
    State,
    Trigger,
    Valid,
    Value,
    Var,
    Within,
)
from engine.problems import Problem
from engine.quantities import EXACT, parse_quantity
from engine.time import Duration, Instant, parse_date, parse_duration
from engine.vocabulary import FieldType, Vocabulary

Use = Literal["name", "amount", "share", "duration", "date"]


def compile_draft(draft: Draft, sha256: str, problems: tuple[Problem, ...]) -> Rulebook:
    """The plan of a draft without errors."""
    prefixes = _Prefixes()
    vocabulary = draft.vocabulary
    return Rulebook(
        vocabulary=vocabulary,
        provisions=tuple(_provision(part.model, part.document.name) for part in draft.provisions),
        norms=tuple(
            _norm(spec, Origin(part.model.provision), vocabulary, prefixes)
            for part in draft.provisions
            for spec in part.model.norms
        ),
        states=tuple(
            _state(spec, Origin(part.model.provision), vocabulary, prefixes)
            for part in draft.provisions
            for spec in part.model.states
        ),
        readings=tuple(_reading(spec, provision, vocabulary, prefixes) for spec, provision in draft.readings()),
        tests=tuple(_test(spec, provision) for spec, provision in draft.tests()),
        sha256=sha256,
        problems=problems,
    )


def _provision(model: models.ProvisionFile, file: str) -> Provision:
    return Provision(
        id=model.provision,
        title=model.title or model.provision,
        text=_plain(model.text),
        source=_plain(model.source),
        file=file,
        declaratory=_plain(model.declaratory) or None,
        covers=model.covers,
    )


def _plain(text: Any) -> str:
    """One text of a text or a map of languages: the first."""
    if isinstance(text, dict):
        return str(next(iter(text.values()), ""))
    return str(text or "")


@dataclass
class _Prefixes:
    """Hands out prefixes of match keys, each once: two versions may carry one label."""

    taken: set[str] = field(default_factory=set)

    def take(self, wanted: str) -> str:
        prefix, number = wanted, 1
        while prefix in self.taken:
            number += 1
            prefix = f"{wanted}~{number}"
        self.taken.add(prefix)
        return prefix


def _prefix(id_: str, version: str | None, origin: Origin) -> str:
    reading = f"@{origin.reading}={origin.option}" if origin.reading else ""
    return id_ + (f"#{version}" if version else "") + reading


@dataclass
class _Writer:
    """What one norm or state is compiled with. `uses`: how each variable is used, so that its values are parsed so."""

    vocabulary: Vocabulary
    prefix: str
    grade: int
    ranges: models.ForEach
    uses: dict[Var, dict[Use, Var]] = field(default_factory=dict)

    def used(self, var: Var, use: Use) -> Var:
        """The variable as the plan names it: the same text may be a name here and a quantity there."""
        uses = self.uses.setdefault(var, {})
        if use not in uses:
            uses[use] = self._named(var, use, first=not uses)
        return uses[use]

    def _named(self, var: Var, use: Use, *, first: bool) -> Var:
        given = self.ranges.get(var.name)
        if var.column is not None:
            return var if first else Var(var.name, f"{var.column} as {use}")
        if use == "name" or not isinstance(given, list) or all(isinstance(value, Number) for value in given):
            return var
        return Var(var.name, f"as {use}")


# --- norms and states ------------------------------------------------------------------------------------------------


def _norm(spec: models.NormSpec, origin: Origin, vocabulary: Vocabulary, prefixes: _Prefixes) -> Norm:
    valid = _valid(spec.valid, vocabulary) if spec.valid else None
    prefix = prefixes.take(_prefix(spec.id, valid.version if valid else None, origin))
    grade = vocabulary.grade(spec.evidence or vocabulary.counts)
    w = _Writer(vocabulary, prefix, grade, spec.for_each)
    norm = Norm(
        id=spec.id,
        provision=origin.provision,
        who=_actor(spec.who, w),
        modal=_modal(spec, w),
        grade=grade,
        to=_owed_to(spec.to, w),
        when=_trigger(spec.when, "when", w) if spec.when else None,
        while_=_cond(spec.while_, "while", w) if spec.while_ else None,
        paused_while=_cond(spec.paused_while, "paused_while", w) if spec.paused_while else None,
        unless=_cond(spec.unless, "unless", w) if spec.unless else None,
        grace=_duration(spec.grace, w),
        early=spec.early if isinstance(spec.early, bool) else cast("Duration | Var", _duration(spec.early, w)),
        extendable=_extendable(spec.extendable, w) if spec.extendable else None,
        overrides=spec.overrides,
        waived_by=_actors(spec.waived_by, w),
        cures=spec.cures,
        observed_by=_match(spec.observed_by, "observed_by", w) if spec.observed_by else None,
        observe_every=_duration(spec.observe_every, w),
        severity=spec.severity,
        soft=spec.modality == "soft",
        valid=valid,
        covers=spec.covers,
        title=spec.title,
        note=spec.note,
        place=str(spec.node.at("id")),
    )
    return cast(Norm, _with_families(norm, w))


def _with_families(entry: Any, w: _Writer) -> Any:
    """Last, because how a variable is used says how its values are read."""
    return replace(entry, for_each=tuple(_family(name, given, w) for name, given in w.ranges.items()))


def _state(spec: models.StateSpec, origin: Origin, vocabulary: Vocabulary, prefixes: _Prefixes) -> State:
    prefix = prefixes.take("state:" + _prefix(spec.id, None, origin))
    w = _Writer(vocabulary, prefix, vocabulary.grade(vocabulary.counts), spec.for_each)
    state = State(
        id=spec.id,
        provision=origin.provision,
        begins=_trigger(spec.begins, "begins", w) if spec.begins else None,
        ends=_trigger(spec.ends, "ends", w) if spec.ends else None,
        holds_while=_cond(spec.holds_while, "holds_while", w) if spec.holds_while else None,
        initially=spec.initially,
        title=spec.title,
        place=str(spec.node.at("id")),
    )
    return cast(State, _with_families(state, w))


def _modal(spec: models.NormSpec, w: _Writer) -> Modal:
    if spec.must_not is not None:
        return MustNot(_match(spec.must_not, "must_not", w))
    if spec.keep is not None:
        return Keep(_bound(spec.keep, "keep", w))
    if spec.may is not None:
        return May(_match(spec.may, "may", w))
    assert spec.must is not None
    if isinstance(spec.must, models.MatchSpec):
        return Must(_deadline(spec, w, None), act=_match(spec.must, "must", w))
    reach = spec.must.reach
    return Must(_deadline(spec, w, reach), reach=_bound(reach, "must/reach", w))


def _deadline(spec: models.NormSpec, w: _Writer, reach: models.BoundSpec | None) -> Deadline:
    if spec.within is not None:
        return Within(w.used(spec.within, "duration") if isinstance(spec.within, Var) else spec.within)
    if spec.by is not None:
        return By(spec.by)
    if spec.milestones is not None:
        assert reach is not None
        return Milestones(tuple(_milestone(part, reach, w) for part in spec.milestones))
    if isinstance(spec.every, models.Each):
        return EveryCalendar(cast(Any, spec.every.unit))
    if spec.every is not None:
        return EveryLength(cast("Duration | Var", _duration(spec.every, w)))
    return NoDeadline()


def _milestone(spec: models.MilestoneSpec, reach: models.BoundSpec, w: _Writer) -> Milestone:
    written = spec.at_least.text if isinstance(spec.at_least, models.Written) else str(spec.at_least)
    at_least = _limit(spec.at_least, reach, w)
    assert at_least is not None
    if spec.by is not None:
        return Milestone(written, at_least, By(spec.by))
    assert spec.within is not None
    return Milestone(
        written, at_least, Within(w.used(spec.within, "duration") if isinstance(spec.within, Var) else spec.within)
    )


def _extendable(spec: models.ExtendableSpec, w: _Writer) -> Extendable:
    return Extendable(_actors(spec.by, w), _duration(spec.at_most, w), spec.late == "allowed")


def _valid(spec: models.ValidSpec, vocabulary: Vocabulary) -> Valid:
    return Valid(
        start=_first_instant(spec.from_, vocabulary),
        end=_end(spec.to, vocabulary),
        version=spec.version,
        amended_by=spec.amended_by,
        open_instances=spec.open_instances,
    )


def _first_instant(time: date | Instant, vocabulary: Vocabulary) -> Instant:
    return vocabulary.calendar.start_of(time) if isinstance(time, date) else time


def _end(time: date | Instant | None, vocabulary: Vocabulary) -> Instant | None:
    """`to` is inclusive: the first instant that is no longer in it."""
    if isinstance(time, date):
        return vocabulary.calendar.end_of(time)
    return None if time is None else time + 1


# --- names and values ------------------------------------------------------------------------------------------------


def _actor(name: str | Var, w: _Writer) -> str | Var:
    return w.used(name, "name") if isinstance(name, Var) else name


def _actors(names: Iterable[str | Var], w: _Writer) -> tuple[str | Var, ...]:
    return tuple(_actor(name, w) for name in names)


def _owed_to(names: Iterable[str | Var], w: _Writer) -> tuple[str | Var, ...]:
    """A group stands for its members."""
    found: list[str | Var] = []
    for name in names:
        found.extend(w.vocabulary.groups.get(name, (name,)) if isinstance(name, str) else [_actor(name, w)])
    return tuple(dict.fromkeys(found))


def _duration(value: Duration | Var | None, w: _Writer) -> Duration | Var | None:
    return w.used(value, "duration") if isinstance(value, Var) else value


_USE_OF: Mapping[str, Use] = {"number": "amount", "date": "date"}


def _operand(value: Any, kind: FieldType, w: _Writer) -> Operand:
    if isinstance(value, Var):
        return w.used(value, _USE_OF.get(kind.kind, "name"))
    if kind.kind == "number":
        return parse_quantity(models.shown(value)).value
    if kind.kind == "date":
        return parse_date(models.shown(value))
    return value if kind.kind == "bool" else models.shown(value)


def _for(given: models.ForSpec, w: _Writer) -> ForRef:
    return tuple((name, w.used(v, "name") if isinstance(v, Var) else _decoded(v)) for name, v in sorted(given.items()))


def _decoded(value: Any) -> Any:
    return Decimal(value) if isinstance(value, Number) else value


def _family(name: str, given: Any, w: _Writer) -> Family:
    if isinstance(given, models.EachSpec):
        return Family(name, each=tuple(cast("tuple[str, str]", tuple(path.split(".", 1))) for path in given.each))
    if isinstance(given, dict):
        return Family(name, rows=tuple((row, tuple(_cells(name, cells, w))) for row, cells in given.items()))
    if isinstance(given, list):
        hidden = [(use, var) for use, var in w.uses.get(Var(name), {}).items() if var.column is not None]
        if not hidden:
            return Family(name, values=tuple(_decoded(value) for value in given))
        return Family(
            name,
            rows=tuple(
                (models.shown(value), tuple((str(var.column), _read_as(value, use)) for use, var in hidden))
                for value in given
            ),
        )
    return Family(name, values=w.vocabulary.groups[given])


def _cells(name: str, cells: Mapping[str, Any], w: _Writer) -> Iterator[tuple[str, Value | Duration]]:
    for column, value in cells.items():
        uses = w.uses.get(Var(name, column), {"name": Var(name, column)})
        for use, var in uses.items():
            yield str(var.column), _read_as(value, use)


def _read_as(value: Any, use: Use) -> Any:
    if use == "duration":
        return parse_duration(models.shown(value), zero_days=True)
    if use == "date":
        return parse_date(models.shown(value))
    if use in ("amount", "share"):
        quantity = parse_quantity(models.shown(value))
        return _as_share(quantity.value, quantity.unit) if use == "share" else quantity.value
    return _decoded(value)


# --- matches, measures -----------------------------------------------------------------------------------------------


def _match(spec: models.MatchSpec, key: str, w: _Writer) -> Match:
    return Match(
        key=f"{w.prefix}/{key}",
        event=spec.event,
        preds=_preds(spec.event, spec.where, w),
        count=spec.count or 1,
        grade=w.vocabulary.grade(spec.evidence) if spec.evidence else w.grade,
        quorum=_quorum(spec.confirmed_by, w),
        counts_from=spec.counts_from,
    )


def _quorum(spec: Any, w: _Writer) -> Quorum | None:
    if spec is None:
        return None
    if isinstance(spec, models.AllOfThem):
        members = tuple(dict.fromkeys(_actors(spec.all, w)))
        return Quorum(len(members), members)
    return Quorum(spec.at_least, tuple(dict.fromkeys(_actors(spec.of, w))))


def _preds(event: str, where: Mapping[str, Any], w: _Writer) -> tuple[Pred, ...]:
    fields = w.vocabulary.event_types[event].fields
    return tuple(pred for name, spec in where.items() for pred in _tests(fields[name], spec, w))


def _tests(kind: FieldType, spec: Any, w: _Writer) -> Iterator[Pred]:
    if not isinstance(spec, models.Comparison):
        values = spec if isinstance(spec, list) else [spec]
        yield Pred(kind.name, "in", tuple(_operand(value, kind, w) for value in values))
        return
    for op, value in (("in", spec.in_), ("not", spec.not_)):
        if value is not None:
            yield Pred(kind.name, cast(Any, op), tuple(_operand(part, kind, w) for part in value))
    for op in ("gt", "gte", "lt", "lte"):
        value = getattr(spec, op)
        if value is not None:
            yield Pred(kind.name, cast(Any, op), (_operand(value, kind, w),))
    if spec.exists is not None:
        yield Pred(kind.name, "exists", (spec.exists,))


def _measure(spec: models.MeasureSpec, key: str, w: _Writer) -> Measure:
    aggregate = next(word for word in models.AGGREGATES if getattr(spec, word) is not None)
    event, _, name = getattr(spec, aggregate).partition(".")
    match = Match(f"{w.prefix}/{key}", event, _preds(event, spec.where, w), grade=w.grade)
    return Measure(cast(Any, aggregate), match, name or None)


def _bound(spec: models.BoundSpec, key: str, w: _Writer) -> Bound:
    over = spec.over
    return Bound(
        measure=_measure(spec, key, w),
        per=_measure(spec.per, f"{key}/per", w) if spec.per else None,
        rolling=None if isinstance(over, models.Each) else _duration(over, w),
        window=cast(Any, over.unit) if isinstance(over, models.Each) else None,
        at_least=_limit(spec.at_least, spec, w),
        at_most=_limit(spec.at_most, spec, w),
        stale_after=_duration(spec.stale_after, w),
    )


def _limit(limit: models.Written | Var | None, bound: models.BoundSpec, w: _Writer) -> Decimal | Var | None:
    """In the measure's own unit; of a ratio as a fraction."""
    if limit is None:
        return None
    if isinstance(limit, Var):
        return w.used(limit, "share" if bound.per else "amount")
    quantity = limit.quantity
    return _as_share(quantity.value, quantity.unit) if bound.per else quantity.value


def _as_share(value: Decimal, unit: str | None) -> Decimal:
    return EXACT.scaleb(value, -2) if unit == "%" else value


# --- triggers, conditions --------------------------------------------------------------------------------------------


def _trigger(spec: Any, key: str, w: _Writer) -> Trigger:
    match spec:
        case models.MatchSpec():
            return OnMatch(_match(spec, key, w))
        case models.EntersSpec():
            return OnState("enters", spec.enters, _for(spec.for_, w))
        case models.LeavesSpec():
            return OnState("leaves", spec.leaves, _for(spec.for_, w))
        case models.BreachSpec():
            return OnNorm("breach", spec.breach, _for(spec.for_, w))
        case models.MetSpec():
            return OnNorm("met", spec.met, _for(spec.for_, w))
        case models.AllTriggers():
            return AllOf(_triggers(spec.all, f"{key}/all", w))
        case models.AnyTrigger():
            return AnyOf(_triggers(spec.any, f"{key}/any", w))
        case models.TriggersInOrder():
            return InOrder(_triggers(spec.in_order, f"{key}/in_order", w), _duration(spec.within, w))
        case models.TimeSpec():
            return AtTime(_first_instant(spec.time, w.vocabulary))
        case models.AfterSpec():
            return AfterTrigger(cast("Duration | Var", _duration(spec.after, w)), _trigger(spec.of, f"{key}/of", w))
    raise AssertionError(spec)


def _triggers(specs: list[Any], key: str, w: _Writer) -> tuple[Trigger, ...]:
    return tuple(_trigger(spec, f"{key}/{number}", w) for number, spec in enumerate(specs))


def _cond(spec: Any, key: str, w: _Writer) -> Cond:
    match spec:
        case models.StateCond():
            return InState(spec.state, _for(spec.for_, w))
        case models.HappenedCond():
            happened = _match(spec.happened, f"{key}/happened", w)
            return Happened(happened, _duration(spec.last, w), _duration(spec.earlier_than, w))
        case models.HoldsCond():
            return Holds(_bound(spec.holds, f"{key}/holds", w))
        case models.NotSpec():
            return NotCond(_cond(spec.not_, f"{key}/not", w))
        case models.AllConds():
            return AllCond(_conds(spec.all, f"{key}/all", w))
        case models.AnyConds():
            return AnyCond(_conds(spec.any, f"{key}/any", w))
    raise AssertionError(spec)


def _conds(specs: list[Any], key: str, w: _Writer) -> tuple[Cond, ...]:
    return tuple(_cond(spec, f"{key}/{number}", w) for number, spec in enumerate(specs))


# --- readings, tests -------------------------------------------------------------------------------------------------


def _reading(spec: models.ReadingSpec, provision: str, vocabulary: Vocabulary, prefixes: _Prefixes) -> Reading:
    return Reading(
        id=spec.id,
        provision=provision,
        question=_plain(spec.question),
        options=tuple(
            _option(option, Origin(provision, spec.id, option.id), vocabulary, prefixes) for option in spec.options
        ),
        chosen=spec.chosen,
        because=_plain(spec.because),
        about=spec.about,
        decided_by=spec.decided_by,
    )


def _option(spec: models.OptionSpec, origin: Origin, vocabulary: Vocabulary, prefixes: _Prefixes) -> ReadingOption:
    return ReadingOption(
        id=spec.id,
        title=spec.title,
        norms=tuple(_norm(norm, origin, vocabulary, prefixes) for norm in spec.norms),
        states=tuple(_state(state, origin, vocabulary, prefixes) for state in spec.states),
    )


_TEXT_KEYS = frozenset({"id", "corrects", "retracts", "confirms", "norm", "state", "instance", "breach_by", "event"})
"""Ids and names: text, even where they are written as numbers."""


def _test(spec: models.TestSpec, provision: str) -> RuleTest:
    given = spec.node["given"]
    return RuleTest(
        name=spec.name,
        provision=provision,
        readings=tuple(sorted(spec.reading.items())),
        given=tuple(plain_row(row) for row in given),
        expect=tuple(plain_row(expected.node) for expected in spec.expect),
        place=str(spec.node.at("name")),
        given_places=tuple(str(place) for place in given.items_at),
        expect_places=tuple(str(expected.node.place) for expected in spec.expect),
    )


def plain_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row as plain decoded values: text, exact numbers, true and false, lists, maps."""
    return {key: _plain_cell(key, value) for key, value in row.items()}


def _plain_cell(key: str, value: Any) -> Any:
    if key in _TEXT_KEYS and isinstance(value, Number):
        return value.literal
    if key == "because" and isinstance(value, Items):
        return [models.shown(part) for part in value]
    return _plain_value(value)


def _plain_value(value: Any) -> Any:
    if isinstance(value, Fields):
        return {key: _plain_value(part) for key, part in value.items()}
    if isinstance(value, Items):
        return [_plain_value(part) for part in value]
    return _decoded(value)


__all__ = ["compile_draft", "plain_row"]

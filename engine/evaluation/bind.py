"""Put values into variables: from norms and states with `for_each` to one copy for every binding."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar, cast

from engine.evaluation.verdicts import Binding
from engine.events import Event
from engine.language.plan import Family, Match, Norm, State, Value, Var
from engine.quantities import plain
from engine.time import Duration

Columns = Mapping[str, Value | Duration]


@dataclass(frozen=True, slots=True)
class Bound:
    """What a variable stands for: a value, or a row of a table by name."""

    value: Value
    columns: Columns


Env = Mapping[str, Bound]


@dataclass(frozen=True)
class BoundNorm:
    """Every version of one norm in one binding, oldest first; no variable is left in them."""

    id: str
    binding: Binding
    versions: tuple[Norm, ...]

    @property
    def key(self) -> tuple[str, str, Binding]:
        return ("norm", self.id, self.binding)


@dataclass(frozen=True)
class BoundState:
    id: str
    binding: Binding
    state: State

    @property
    def key(self) -> tuple[str, str, Binding]:
        return ("state", self.id, self.binding)


def as_text(value: Value) -> str:
    """A bound value as bindings print it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, date):
        return value.isoformat()
    return value


Seen = Mapping[tuple[str, str], Sequence[Value]]
"""(event type, field) -> the values that the log brings."""


def bind_norms(norms: Sequence[Norm], seen: Seen) -> list[BoundNorm]:
    versions: dict[str, list[Norm]] = defaultdict(list)
    for norm in norms:
        versions[norm.id].append(norm)
    bound: list[BoundNorm] = []
    for id_, group in versions.items():
        group.sort(key=lambda n: n.valid.start if n.valid else 0)
        copies: dict[Binding, list[Norm]] = defaultdict(list)
        for norm in group:
            for env in environments(norm.for_each, seen):
                copies[_binding(env)].append(_in_env(norm, env))
        bound.extend(BoundNorm(id_, binding, tuple(copy)) for binding, copy in sorted(copies.items()))
    return bound


def bind_states(states: Sequence[State], seen: Seen) -> list[BoundState]:
    bound = []
    for state in states:
        for env in environments(state.for_each, seen):
            bound.append(BoundState(state.id, _binding(env), _in_env(state, env)))
    return bound


def environments(families: Sequence[Family], seen: Seen) -> list[Env]:
    """The product of the families; one empty environment where there are none."""
    choices: list[list[tuple[str, Bound]]] = []
    for family in families:
        if family.each:
            values = sorted({v for source in family.each for v in seen.get(source, ())}, key=as_text)
            choices.append([(family.var, Bound(value, {})) for value in values])
        elif family.rows:
            choices.append([(family.var, Bound(name, dict(columns))) for name, columns in family.rows])
        else:
            choices.append([(family.var, Bound(value, {})) for value in family.values])
    return [dict(combination) for combination in itertools.product(*choices)]


def values_seen(events: Iterable[Event], families: Iterable[Family]) -> Seen:
    wanted: dict[str, set[str]] = defaultdict(set)
    for family in families:
        for type_, field in family.each:
            wanted[type_].add(field)
    seen: dict[tuple[str, str], dict[Value, None]] = defaultdict(dict)
    if wanted:
        for event in events:
            for field in wanted.get(event.type, ()):
                if field in event.fields:
                    seen[event.type, field][event.fields[field]] = None
    return {source: list(values) for source, values in seen.items()}


def _binding(env: Env) -> Binding:
    return tuple(sorted((name, as_text(bound.value)) for name, bound in env.items()))


Entry = TypeVar("Entry", Norm, State)


def _in_env(entry: Entry, env: Env) -> Entry:
    if not env:
        return entry
    suffix = "|" + ",".join(f"{name}={value}" for name, value in _binding(env))
    return cast(Entry, _substituted(entry, env, suffix))


def _substituted(node: Any, env: Env, suffix: str) -> Any:
    if isinstance(node, Var):
        return _value_of(node, env)
    if isinstance(node, tuple):
        return tuple(_substituted(item, env, suffix) for item in node)
    if is_dataclass(node) and not isinstance(node, (Family, Duration, type)):
        changed = {}
        for f in fields(node):
            old = getattr(node, f.name)
            if old is None or isinstance(old, (str, int, Decimal, date)):
                continue
            new = _substituted(old, env, suffix)
            if new is not old:
                changed[f.name] = new
        if isinstance(node, Match):
            changed["key"] = node.key + suffix
        return replace(node, **changed) if changed else node
    return node


def _value_of(var: Var, env: Env) -> Value | Duration:
    bound = env[var.name]
    return bound.columns[var.column] if var.column else bound.value

"""Family: references between norms and states meet in their variables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from engine.language import models
from engine.language.check.parts import Entry, entries, named, range_of
from engine.language.draft import Draft
from engine.language.locate import Place
from engine.language.models import shown
from engine.language.plan import Var
from engine.problems import Problem, nearest
from engine.vocabulary import Vocabulary


@dataclass(frozen=True)
class Reference:
    kind: str
    name: str
    given: dict[str, Any]
    at: Place
    node: Any


def check(draft: Draft) -> Iterator[Problem]:
    targets: dict[tuple[str, str], Entry] = {}
    for entry, _ in entries(draft):
        targets.setdefault((entry.called, entry.id), entry)
    for entry, _ in entries(draft):
        for reference in references(entry):
            target = targets.get((reference.kind, reference.name))
            if target is not None and target is not entry:
                yield from _binding(reference, target, draft)
                yield from _shared_names(reference, entry, target, draft.vocabulary)


def references(entry: Entry) -> Iterator[Reference]:
    """Every other norm or state that a norm or state names."""
    for _, part in entry.parts:
        for key, kind in (
            ("enters", "state"),
            ("leaves", "state"),
            ("state", "state"),
            ("breach", "norm"),
            ("met", "norm"),
        ):
            name = getattr(part, key, None)
            if isinstance(name, str):
                yield Reference(kind, name, getattr(part, "for_", {}), part.node.at(key), part.node.get("for"))
    if isinstance(entry, models.NormSpec):
        for name, place in named(entry, "overrides", entry.overrides):
            yield Reference("norm", name, {}, place, None)
        if entry.cures is not None:
            yield Reference("norm", entry.cures, {}, entry.node.at("cures"), None)


def _binding(reference: Reference, target: Entry, draft: Draft) -> Iterator[Problem]:
    for name, value in reference.given.items():
        if draft.damaged_at(target.node):
            continue
        if name not in target.for_each:
            known = ", ".join(target.for_each) or "none"
            hint = nearest(name, target.for_each) or f"its variables: {known}"
            message = f'{target.called} "{target.id}" has no variable "{name}"'
            yield reference.node.key(name).problem("unknown-variable", message, hint)
        elif not isinstance(value, Var):
            yield from value_in_range(name, value, reference.node.at(name), target, draft.vocabulary)


def value_in_range(name: str, value: Any, place: Place, target: Entry, vocabulary: Vocabulary) -> Iterator[Problem]:
    """A binding names one of the values that the variable ranges over."""
    values = range_of(target, Var(name), vocabulary)
    if values and shown(value) not in {shown(known) for known, _ in values}:
        words = [shown(known) for known, _ in values]
        hint = nearest(shown(value), words) or f"one of: {', '.join(words)}"
        message = f'"{shown(value)}" is not among the values of "{name}" in {target.called} "{target.id}"'
        yield place.problem("unknown-binding", message, hint)


def _shared_names(reference: Reference, entry: Entry, target: Entry, vocabulary: Vocabulary) -> Iterator[Problem]:
    """A variable of the same name means the same binding, so it must range over the same values at both ends."""
    for name in entry.for_each:
        if name not in target.for_each or name in reference.given:
            continue
        here, there = range_of(entry, Var(name), vocabulary), range_of(target, Var(name), vocabulary)
        if here is None or there is None or {shown(v) for v, _ in here} == {shown(v) for v, _ in there}:
            continue
        for one, other in ((entry, target), (target, entry)):
            message = (
                f'"{name}" ranges over {_range(one, name)} in {one.called} "{one.id}" but over {_range(other, name)} '
                f'in {other.called} "{other.id}", which meet'
            )
            place = one.node["for_each"].key(name)
            yield place.problem("shared-variable", message, "rename one of the variables, or say which with for")


def _range(entry: Entry, name: str) -> str:
    given = entry.for_each[name]
    if isinstance(given, str):
        return f'"{given}"'
    return "[" + ", ".join(shown(value) for value in given) + "]" if isinstance(given, (list, dict)) else "the log"

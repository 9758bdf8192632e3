"""The rules of one question: norms and states in their bindings, every match numbered, and who names whom."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from engine.evaluation.bind import BoundNorm, BoundState, as_text
from engine.evaluation.facts import ComponentKey, Site, sites_of
from engine.evaluation.verdicts import Binding
from engine.language import plan
from engine.language.plan import ForRef, Use
from engine.time import Calendar

Family = tuple[str, str]
"""A norm or a state with all its bindings: ("norm" or "state", id)."""


@dataclass(frozen=True)
class Book:
    """What a run runs. `numbers`: of each match, its place among `sites`. `owned`: the numbers of each component;
    `taken`: those by which a norm takes acts, readings and observations."""

    norms: tuple[BoundNorm, ...]
    states: tuple[BoundState, ...]
    sites: tuple[Site, ...]
    numbers: Mapping[str, int]
    owned: Mapping[ComponentKey, Sequence[int]]
    taken: Mapping[ComponentKey, Sequence[tuple[int, Use]]]
    calendar: Calendar

    @cached_property
    def keys(self) -> tuple[ComponentKey, ...]:
        return (*(norm.key for norm in self.norms), *(state.key for state in self.states))

    @cached_property
    def families(self) -> Mapping[Family, Sequence[ComponentKey]]:
        found: dict[Family, list[ComponentKey]] = defaultdict(list)
        for key in self.keys:
            found[key[0], key[1]].append(key)
        return dict(found)

    def part(self, keys: Collection[ComponentKey]) -> Book:
        """The same with some of the components only (and the same numbers)."""
        norms = tuple(norm for norm in self.norms if norm.key in keys)
        states = tuple(state for state in self.states if state.key in keys)
        return replace(self, norms=norms, states=states)

    def met(self, kind: str, id_: str, for_: ForRef, binding: Binding) -> list[ComponentKey]:
        """The bindings of a family that a reference meets: named in `for`, else the same for every shared variable."""
        asked = {name: as_text(value) for name, value in for_ if not isinstance(value, plan.Var)} if for_ else {}
        here = dict(binding)
        found = []
        for key in self.families.get((kind, id_), ()):
            there = dict(key[2])
            wanted = asked if for_ else {name: here[name] for name in there if name in here}
            if all(there.get(name) == value for name, value in wanted.items()):
                found.append(key)
        return found


_TAKEN: frozenset[Use] = frozenset({"act", "ban", "measure", "per", "observation"})


def book_of(norms: Sequence[BoundNorm], states: Sequence[BoundState], calendar: Calendar) -> Book:
    sites = tuple(sites_of(norms, states))
    owned: dict[ComponentKey, list[int]] = defaultdict(list)
    taken: dict[ComponentKey, list[tuple[int, Use]]] = defaultdict(list)
    for number, site in enumerate(sites):
        owned[site.owner].append(number)
        if site.use in _TAKEN:
            taken[site.owner].append((number, site.use))
    numbers = {site.match.key: number for number, site in enumerate(sites)}
    return Book(tuple(norms), tuple(states), sites, numbers, owned, taken, calendar)

"""Every static check, in one list: a family a module."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from engine.language.check import (
    clauses,
    cures,
    measures,
    names,
    observation,
    permissions,
    reach,
    references,
    shape,
    tests,
    values,
    variables,
    versions,
    vocabulary,
)
from engine.language.draft import Draft
from engine.problems import Problem

FAMILIES: tuple[Callable[[Draft], Iterable[Problem]], ...] = (
    vocabulary.check,
    shape.check,
    names.check,
    values.check,
    variables.check,
    measures.check,
    references.check,
    reach.check,
    versions.check,
    cures.check,
    permissions.check,
    observation.check,
    clauses.check,
    tests.check,
)


def every_check(draft: Draft) -> Iterator[Problem]:
    """Everything that can be said about a rule book before it runs."""
    for family in FAMILIES:
        yield from family(draft)

"""Family: every variable is bound, and every column stands in its table."""

from __future__ import annotations

from collections.abc import Iterator

from engine.language.check.parts import Entry, entries, variables, word_for
from engine.language.draft import Draft
from engine.language.locate import Fields, Place
from engine.language.plan import Var
from engine.problems import Problem, nearest


def check(draft: Draft) -> Iterator[Problem]:
    for entry, _ in entries(draft):
        columns_used: dict[Var, Place] = {}
        for var, place in variables(entry, draft.vocabulary):
            if var.name not in entry.for_each:
                yield from _unbound(var, place, entry, draft)
            elif var.column is not None:
                columns_used.setdefault(var, place)
        for var, place in columns_used.items():
            yield from _column(var, place, entry)


def _unbound(var: Var, place: Place, entry: Entry, draft: Draft) -> Iterator[Problem]:
    if "for_each" in entry.node and draft.damaged_at(entry.node):
        return
    hint = nearest(f"${var.name}", [f"${name}" for name in entry.for_each])
    if not hint and entry.for_each:
        hint = "bound here: " + ", ".join(f"${name}" for name in entry.for_each)
    message = f'the variable "{var}" is not bound in {word_for(entry)}'
    yield place.problem("unbound-variable", message, hint or f"bind it: for_each: {{{var.name}: …}}")


def _column(var: Var, place: Place, entry: Entry) -> Iterator[Problem]:
    given = entry.for_each[var.name]
    if not isinstance(given, dict):
        message = f'"{var}" asks for a column, but "{var.name}" does not range over a table'
        yield place.problem("missing-column", message, f'write "${var.name}"')
        return
    known = {column for cells in given.values() for column in cells}
    if var.column not in known:
        hint = nearest(str(var.column), known) or f"its columns: {', '.join(sorted(known))}"
        yield place.problem("missing-column", f'"{var}": no row of "{var.name}" has a column "{var.column}"', hint)
        return
    rows = entry.node["for_each"][var.name]
    for row, cells in given.items():
        if var.column not in cells and isinstance(rows, Fields):
            message = f'row "{row}" of "{var.name}" has no column "{var.column}", which "{var}" asks for'
            yield rows.key(row).problem("missing-column", message, f'add "{var.column}" to the row')

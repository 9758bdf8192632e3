"""Coverage: for each clause and each row of the coverage list, what encodes it and what tests that."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from engine.language.plan import May, Norm, Provision, Rulebook, State
from engine.report import words
from engine.report.layout import Cell, Line, paragraph, table

Word = Literal["tested", "encoded", "declaratory", "missing"]
_STYLES: dict[Word, str] = {"tested": "green", "encoded": "yellow", "declaratory": "", "missing": "bold red"}
_SYMBOLS: dict[Word, str] = {"tested": "✓", "encoded": "…", "declaratory": "◇", "missing": "✗"}


@dataclass(frozen=True, slots=True)
class Covered:
    """`rows`: of a clause, the rows of the coverage list that it covers. `readings`: those of its provisions that are
    asked about it. `untested`: norms and states that no test asks about."""

    id: str
    title: str
    word: Word
    provisions: tuple[str, ...]
    rows: tuple[str, ...]
    norms: tuple[str, ...]
    states: tuple[str, ...]
    tests: int
    readings: tuple[str, ...]
    untested: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "title": self.title,
            "is": self.word,
            "provisions": list(self.provisions),
            "rows": list(self.rows),
            "norms": list(self.norms),
            "states": list(self.states),
            "tests": self.tests,
            "readings": list(self.readings),
            "untested": list(self.untested),
        }


@dataclass(frozen=True, slots=True)
class Coverage:
    clauses: tuple[Covered, ...]
    rows: tuple[Covered, ...]

    @property
    def missing(self) -> list[Covered]:
        return [entry for entry in (*self.clauses, *self.rows) if entry.word == "missing"]

    def as_json(self) -> dict[str, Any]:
        return {
            "clauses": [clause.as_json() for clause in self.clauses],
            "rows": [row.as_json() for row in self.rows],
        }


def coverage(book: Rulebook) -> Coverage:
    norms = _every_norm(book)
    files = {provision.id for provision in book.provisions}
    listed = book.vocabulary.clauses or tuple(provision.id for provision in book.provisions)
    clauses = [*listed, *(p.id for p in book.provisions if p.id not in listed)]
    rows = book.vocabulary.coverage or _rows_named(book, norms)
    return Coverage(
        tuple(_clause(book, norms, clause, clause in files) for clause in clauses),
        tuple(_row(book, norms, row) for row in rows),
    )


def _every_norm(book: Rulebook) -> list[Norm]:
    """Those of the options of readings too."""
    options = (option for reading in book.readings for option in reading.options)
    return [*book.norms, *(norm for option in options for norm in option.norms)]


def readings_of(book: Rulebook) -> dict[str, tuple[str, ...]]:
    """Norm or state -> the readings that have it otherwise in one of their options."""
    found: dict[str, dict[str, None]] = {}
    for reading in book.readings:
        for option in reading.options:
            for id_ in (*(norm.id for norm in option.norms), *(state.id for state in option.states)):
                found.setdefault(id_, {})[reading.id] = None
    return {id_: tuple(ids) for id_, ids in found.items()}


def _rows_named(book: Rulebook, norms: Iterable[Norm]) -> tuple[str, ...]:
    named = [row for norm in norms for row in norm.covers] + [row for p in book.provisions for row in p.covers]
    return tuple(dict.fromkeys(named))


def _clause(book: Rulebook, norms: Iterable[Norm], clause: str, has_file: bool) -> Covered:
    provisions = [p for p in book.provisions if p.id == clause]
    own = [norm for norm in norms if norm.provision == clause]
    states = [state for state in book.states if state.provision == clause]
    rows = [*(row for norm in own for row in norm.covers), *(row for p in provisions for row in p.covers)]
    return _covered(book, clause, provisions, own, states if has_file else [], rows)


def _row(book: Rulebook, norms: Iterable[Norm], row: str) -> Covered:
    own = [norm for norm in norms if row in norm.covers]
    whole = [p for p in book.provisions if row in p.covers]
    ids = {p.id for p in whole} | {norm.provision for norm in own}
    provisions = [p for p in book.provisions if p.id in ids]
    states = [state for state in book.states if state.provision in {p.id for p in whole}]
    return _covered(book, row, provisions, own, states)


def _covered(
    book: Rulebook,
    id_: str,
    provisions: list[Provision],
    norms: list[Norm],
    states: list[State],
    rows: Iterable[str] = (),
) -> Covered:
    norm_ids = tuple(dict.fromkeys(norm.id for norm in norms))
    state_ids = tuple(dict.fromkeys(state.id for state in states))
    asked, tests = _asked(book, {*norm_ids}, {*state_ids})
    permissions = {norm.id for norm in norms if isinstance(norm.modal, May)}
    untested = tuple(name for name in (*norm_ids, *state_ids) if name not in asked and name not in permissions)
    read = readings_of(book)
    return Covered(
        id_,
        words.in_english(provisions[0].title) if provisions else "",
        _word(provisions, norm_ids, state_ids, untested),
        tuple(p.id for p in provisions),
        _in_order(rows, book.vocabulary.coverage),
        norm_ids,
        state_ids,
        tests,
        tuple(dict.fromkeys(reading for name in (*norm_ids, *state_ids) for reading in read.get(name, ()))),
        untested,
    )


def _in_order(rows: Iterable[str], listed: Sequence[str]) -> tuple[str, ...]:
    """As the vocabulary lists them; rows that it does not list stand last, as they come."""
    named = dict.fromkeys(rows)
    return tuple(dict.fromkeys([*(row for row in listed if row in named), *named]))


def _word(
    provisions: list[Provision], norms: tuple[str, ...], states: tuple[str, ...], untested: tuple[str, ...]
) -> Word:
    if norms or states:
        return "encoded" if untested else "tested"
    return "declaratory" if any(p.declaratory for p in provisions) else "missing"


def _asked(book: Rulebook, norms: set[str], states: set[str]) -> tuple[set[str], int]:
    """Which of these norms and states some test asks about, and how many tests do."""
    named = [
        {str(e["norm"]) for e in test.expect if "norm" in e} & norms
        | {str(e["state"]) for e in test.expect if "state" in e} & states
        for test in book.tests
    ]
    return {name for names in named for name in names}, sum(bool(names) for names in named)


def coverage_lines(found: Coverage, book: Rulebook, width: int) -> list[Line]:
    lines = paragraph(f"Coverage of {book.vocabulary.agreement}", width, style="bold")
    lines += _list("Clause", found.clauses, width)
    if found.rows:
        lines += [Line(""), *_list("Row", found.rows, width)]
    return lines


def _list(name: str, entries: tuple[Covered, ...], width: int) -> list[Line]:
    told = [f"{sum(e.word == word for e in entries)} {word}" for word in _SYMBOLS]
    lines = paragraph(f"{words.counted(len(entries), name.lower())}: {', '.join(told)}", width)
    first = [entry for entry in entries if entry.word == "missing"]
    cells = [_cells(entry) for entry in [*first, *(entry for entry in entries if entry.word != "missing")]]
    return [*lines, *table((name, "", "Title", "Norms and states", "Tests", "Untested"), cells, width)]


def _cells(entry: Covered) -> list[Cell]:
    return [
        Cell(entry.id),
        Cell(f"{_SYMBOLS[entry.word]} {entry.word}", _STYLES[entry.word]),
        Cell(entry.title),
        Cell(", ".join((*entry.norms, *entry.states))),
        Cell(str(entry.tests)),
        Cell(", ".join(entry.untested), "yellow"),
    ]

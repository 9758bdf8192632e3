"""Coverage as a page in Markdown: from each clause to its rows, norms, tests and readings, and back from each row."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from engine.evaluation.verdicts import WORST_FIRST
from engine.language.plan import May, Norm, Rulebook, State
from engine.report import words
from engine.report.coverage import Coverage, Covered, readings_of


def coverage_page(found: Coverage, book: Rulebook) -> str:
    title = words.in_english(book.vocabulary.title) if book.vocabulary.title else book.vocabulary.agreement
    lines = [f"## {_plain(title)} (`{book.vocabulary.agreement}`)", "", _counted("clause", found.clauses), ""]
    lines += _table(("Clause", "Rows", "Norm or state", "Tests", "Expected in them", "Readings"), _clauses(found, book))
    if found.rows:
        lines += ["", _counted("row", found.rows), ""]
        lines += _table(("Row", "", "Clause", "Norms and states", "Tests", "Readings"), map(_row, found.rows))
    return "\n".join(lines) + "\n"


def _counted(name: str, entries: Sequence[Covered]) -> str:
    told = [
        f"{sum(e.word == word for e in entries)} {word}" for word in ("tested", "encoded", "declaratory", "missing")
    ]
    return f"{words.counted(len(entries), name)}: {', '.join(told)}."


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    lines = [heads, ["---"] * len(heads), *rows]
    return [re.sub(" +", " ", f"| {' | '.join(cells)} |") for cells in lines]


def _clauses(found: Coverage, book: Rulebook) -> Iterator[list[str]]:
    for clause in found.clauses:
        first = f"**{clause.id}** {_plain(clause.title)}"
        for cells in _lines_of(clause, book):
            yield [first, *cells]
            first = ""


def _lines_of(clause: Covered, book: Rulebook) -> Iterator[list[str]]:
    """A line for each norm and state, and one for what the clause only declares, or that it has no file."""
    read = readings_of(book)
    asked = _asked(book)
    for parts in _parts(clause, book):
        tests, expected = asked.get(parts[0].id, (0, ""))
        readings = _code(read.get(parts[0].id, ()))
        yield [_rows(parts), _named(parts[0], book), str(tests or ""), expected or _instead(parts[0]), readings]
    for provision in (p for p in book.provisions if p.id == clause.id and p.declaratory):
        yield [", ".join(provision.covers), f"declaratory: {_plain(provision.declaratory or '')}", "", "", ""]
    if clause.word == "missing":
        yield ["", "**missing**", "", "", ""]


def _parts(clause: Covered, book: Rulebook) -> Iterator[list[Norm | State]]:
    """What goes by one id: its versions, and what it is under the options of readings."""
    options = [option for reading in book.readings for option in reading.options]
    norms: list[Norm | State] = [*book.norms, *(norm for option in options for norm in option.norms)]
    states: list[Norm | State] = [*book.states, *(state for option in options for state in option.states)]
    for ids, kind in ((clause.norms, norms), (clause.states, states)):
        for id_ in ids:
            yield [part for part in kind if part.id == id_]


def _rows(parts: Iterable[Norm | State]) -> str:
    return ", ".join(dict.fromkeys(row for part in parts if isinstance(part, Norm) for row in part.covers))


def _named(part: Norm | State, book: Rulebook) -> str:
    title = _plain(words.in_english(part.title)) if part.title else ""
    kind = "" if isinstance(part, Norm) else "state "
    known = {norm.id for norm in book.norms} | {state.id for state in book.states}
    return f"{kind}`{part.id}` {title}{'' if part.id in known else ' (under another reading)'}"


def _instead(part: Norm | State) -> str:
    """A permission has no verdict: it is tested by what it permits."""
    if isinstance(part, Norm) and isinstance(part.modal, May):
        return f"permits what {_code(part.overrides)} forbids" if part.overrides else ""
    return ""


def _asked(book: Rulebook) -> dict[str, tuple[int, str]]:
    """Norm or state -> how many tests ask about it, and what they expect of it."""
    counts: dict[str, int] = {}
    statuses: dict[str, set[str]] = {}
    for test in book.tests:
        for id_ in {str(e.get("norm") or e.get("state")) for e in test.expect}:
            counts[id_] = counts.get(id_, 0) + 1
        for expected in test.expect:
            said = str(expected["is"]).lower()
            statuses.setdefault(str(expected.get("norm") or expected.get("state")), set()).add(_STATE.get(said, said))
    return {id_: (count, ", ".join(sorted(statuses[id_], key=_rank))) for id_, count in counts.items()}


_STATE = {"true": "holds", "false": "does not hold"}


def _rank(status: str) -> int:
    order: list[str] = [*WORST_FIRST, *_STATE.values()]
    return order.index(status) if status in order else len(order)


def _row(row: Covered) -> list[str]:
    named = _code((*row.norms, *row.states))
    clauses = ", ".join(row.provisions)
    return [row.id, row.word, clauses, named, str(row.tests or ""), _code(row.readings)]


def _code(ids: Iterable[str]) -> str:
    return ", ".join(f"`{id_}`" for id_ in ids)


def _plain(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")

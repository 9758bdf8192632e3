"""Tables of text, however they were stored: a header, rows, and the raw rows that they spell without a mapping."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from engine.intake.gate import ROW_LIMIT, check_texts, not_utf8, too_long
from engine.intake.rows import fields_by_name
from engine.problems import Problem, nearest
from engine.quantities import QuantityError, parse_number
from engine.vocabulary import KEPT_KEYS, FieldType, Vocabulary

_NESTED = frozenset({"at", "for", "location"})
_ROW_WORDS = frozenset(
    {"id", "event", "corrects", "retracts", "confirms", "at", "known", "evidence", "why", "by", "for"}
)


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a table as text, with its number (the header is usually row 1); `problem`: why it cannot be read."""

    number: int
    cells: Sequence[str]
    problem: str = ""


@dataclass(frozen=True, slots=True)
class TableRow:
    """The cells of one row by column, empty ones left out; a cell that was refused is BROKEN."""

    place: str
    cells: Mapping[str, Any]


def table_rows(
    lines: Iterator[Line], name: str, header: int = 1
) -> Iterator[tuple[Sequence[str] | TableRow | None, list[Problem]]]:
    """First the names of the columns, then each row that is not empty; None where it cannot be read."""
    columns, problems = _columns(lines, name, header)
    yield columns, problems
    if columns is None:
        return
    for line in lines:
        if line.problem or any(line.cells):
            yield _row(line, columns, f"{name}:{line.number}")


def _columns(lines: Iterator[Line], name: str, header: int) -> tuple[list[str] | None, list[Problem]]:
    line = next((line for line in lines if line.number >= header), None)
    if line is None or not any(line.cells):
        return None, [Problem("no-header", "error", f"{name}:{header}", "the table has no header row")]
    place = f"{name}:{line.number}"
    if line.problem:
        return None, [Problem("bad-row", "error", place, line.problem)]
    columns = [cell.strip() for cell in line.cells]
    while columns and not columns[-1]:
        columns.pop()
    problems = _bad_texts(dict.fromkeys(columns, ""), place)
    if any(problem.severity == "error" for problem in problems):
        return None, problems
    twice = sorted(column for column, count in Counter(columns).items() if column and count > 1)
    if twice:
        return None, [
            Problem("duplicate-column", "error", f"{place}:{column}", f'two columns are called "{column}"')
            for column in twice
        ]
    return columns, problems


def _row(line: Line, columns: list[str], place: str) -> tuple[TableRow | None, list[Problem]]:
    if line.problem:
        return None, [Problem("bad-row", "error", place, line.problem)]
    cells = list(line.cells)
    while len(cells) > len(columns) and not cells[-1]:
        cells.pop()
    if len(cells) != len(columns):
        message = f"the row has {len(cells)} cells and the header {len(columns)}"
        return None, [Problem("ragged-row", "error", place, message, "put text that holds a comma in double quotes")]
    if sum(map(len, cells)) > ROW_LIMIT:
        return None, [too_long(place)]
    found: dict[str, Any] = {column: cell for column, cell in zip(columns, cells, strict=False) if cell}
    return TableRow(place, found), _bad_texts(found, place)


def _bad_texts(cells: dict[str, Any], place: str) -> list[Problem]:
    """Bytes that are no UTF-8 come as half surrogates (`surrogateescape`), which no valid text can hold."""
    joined = "".join((*cells, *cells.values()))
    if joined.isascii() and "\0" not in joined:
        return []
    problems = check_texts(cells, place)
    return [
        not_utf8(problem.place, "the cell") if problem.code == "lone-surrogate" else problem for problem in problems
    ]


# --- a table without a mapping: its columns are row keys and fields ------------------------------------------------


def raw_rows(
    lines: Iterator[Line], name: str, vocabulary: Vocabulary
) -> Iterator[tuple[dict[str, Any] | None, str, list[Problem]]]:
    """Raw rows of a table whose columns carry the names of row keys and fields; `for.p`, `at.from`, `location.lat`
    name one value inside a key."""
    table = table_rows(lines, name)
    columns, problems = next(table)
    fields = fields_by_name(vocabulary)
    if columns is not None and not isinstance(columns, TableRow):
        problems = [*problems, *_unknown_columns(columns, fields, f"{name}:1")]
    yield None, name, problems
    for row, problems in table:
        if isinstance(row, TableRow):
            said_twice = _said_twice(row)
            raw = None if said_twice else _raw(row.cells, fields, vocabulary)
            yield raw, row.place, [*problems, *said_twice]
        else:
            yield None, name, problems


def _unknown_columns(columns: Sequence[str], fields: Mapping[str, FieldType], place: str) -> list[Problem]:
    known = {*fields, *_ROW_WORDS, *KEPT_KEYS}
    return [
        Problem("unknown-column", "error", f"{place}:{column}", _stray(column), nearest(column, known))
        for column in columns
        if column not in known and column.partition(".")[0] not in _NESTED
    ]


def _stray(column: str) -> str:
    if not column:
        return "a column has no name"
    return f'column "{column}" is no row key and no field of any event: rows with a value in it are left out'


def _said_twice(row: TableRow) -> list[Problem]:
    """`at` and `at.from` both filled: neither may be dropped for the other."""
    return [
        Problem("said-twice", "error", f"{row.place}:{column}", f'"{key}" and "{column}" both have a value', "keep one")
        for column in row.cells
        for key, dot, _ in [column.partition(".")]
        if dot and key in _NESTED and key in row.cells
    ]


def _raw(cells: Mapping[str, Any], fields: Mapping[str, FieldType], vocabulary: Vocabulary) -> dict[str, Any]:
    type_ = vocabulary.event_types.get(str(cells.get("event")))
    own = type_.fields if type_ is not None else {}
    raw: dict[str, Any] = {}
    for column, cell in cells.items():
        key, dot, inner = column.partition(".")
        if dot and key in _NESTED:
            raw.setdefault(key, {})[inner] = as_number(cell) if key == "location" else cell
        else:
            raw[column] = as_typed(cell, own.get(column) or fields.get(column), column)
    return raw


def as_typed(cell: Any, field: FieldType | None, column: str) -> Any:
    """The text of a cell as what its field holds; text that is none stays as it is, for the rows to refuse."""
    if column == "credibility" or (field is not None and field.kind == "number"):
        return as_number(cell)
    if field is not None and field.kind == "bool":
        return {"true": True, "false": False}.get(cell, cell)
    return cell


def as_number(cell: Any) -> Decimal | Any:
    try:
        return parse_number(cell) if isinstance(cell, str) else cell
    except QuantityError:
        return cell
